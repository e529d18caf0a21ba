/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions about files to a confined child (confined.h), one at a time: it reads the file that
 * comes along and answers. It stays for the next question, unless it died, took too long, or the
 * next file is another user's, as a file may take it over and then answer for those that follow.
 */
#ifndef PK_ERRAND_H
#define PK_ERRAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/confined.h"
#include "base/strbuf.h"

/* All-zero but for the first part, which is the caller's. */
struct pk_errands {
	/* In the child: takes @file over, appends what there is to be said. 0 or -errno. */
	int (*run)(int file, const void *question, size_t bytes, struct pk_strbuf *out);
	uint64_t cpu_ms;	/* for one question */
	uint64_t memory_bytes;	/* beyond the parent's */
	size_t max_answer_bytes;

	struct pk_confined child;
	uid_t owner;		/* of the files that it was given */
	bool is_spent;		/* it must not get another one */
};

/*
 * Ask about @file, which stays the caller's and open. 0: *answer has what the child appended, to
 * be believed no more than the file; -ENOMEM; -EIO: the child died or made no sense; -ETIME: it
 * took too long; -EFBIG: for its memory; else what run() returned, or -errno.
 */
int pk_errand(struct pk_errands *e, int file, const void *question, size_t bytes,
	      struct pk_strbuf *answer);
/* Ends the child. Fine if there is none. */
void pk_errands_end(struct pk_errands *e);

#endif
