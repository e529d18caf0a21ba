/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Perf maps and jitdumps, which the profiled programs write, read by a confined child
 * (base/errand.h).
 */
#ifndef PK_JIT_READER_H
#define PK_JIT_READER_H

#include "base/errand.h"
#include "symbol/answer.h"

struct pk_jit_reader {
	struct pk_errands errands;
	unsigned int nr_failed; /* files whose child crashed, took too long or made no sense */
};

void pk_jit_reader_init(struct pk_jit_reader *r);
void pk_jit_reader_deinit(struct pk_jit_reader *r);

/*
 * Functions of a perf map at the @nr addresses, ascending: pieces with names, to be
 * deinitialised; of a map that cannot be read none. 0 or -ENOMEM.
 */
int pk_jit_reader_map(struct pk_jit_reader *r, int fd, const uint64_t *addr, size_t nr,
		      struct pk_answer *ret);
/* Append what pk_jit_scan() has to say, or nothing. 0 or -ENOMEM. */
int pk_jit_reader_dump(struct pk_jit_reader *r, int fd, const uint64_t *addr, size_t nr,
		       struct pk_strbuf *out);

/* What the child does about a map: an answer, encoded. 0 or -errno. */
int pk_perf_map_answer(int fd, const uint64_t *addr, size_t nr, struct pk_strbuf *out);

#endif
