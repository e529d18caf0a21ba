/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers of files kept on disk, so that the next recording of the same programs need not open
 * them. They are told by build ID, owner and length of the file, and go with the debug files that
 * were there: when those change the answer is of no use. A cache that cannot be used costs time,
 * never a name; what is in it is believed as little as what a file says.
 */
#ifndef PK_ANSWER_CACHE_H
#define PK_ANSWER_CACHE_H

#include "base/err.h"
#include "symbol/answer.h"
#include "symbol/debug_search.h"
#include "symbol/file_origin.h"

struct pk_answer_cache;

/*
 * @dir NULL: /var/cache/pkprof/names of root, else in ~/.cache; @max_bytes 0: 256 MB, of which
 * what was used last longest ago goes first. Errors as of pk_cache_dir_open().
 */
int pk_answer_cache_open(const char *dir, uint64_t max_bytes, struct pk_answer_cache **ret,
			 struct pk_err *err);
void pk_answer_cache_close(struct pk_answer_cache *c); /* NULL is fine */
/* How many files there were, or -errno. */
int pk_answer_cache_clear(struct pk_answer_cache *c);

/* Where debug files of the file at @path would be. */
struct pk_answer_place {
	const struct pk_debug_search *where;
	const char *path;
};

/*
 * What is kept about a file, while the same debug files are there. @ret is initialised here.
 * -ENOENT: nothing; -ENOMEM.
 */
int pk_answer_cache_load(const struct pk_answer_cache *c, const struct pk_file_origin *o,
			 const struct pk_answer_place *place, struct pk_answer *ret);
/* Keep an answer; @fingerprint: of the debug files before it was asked for. */
void pk_answer_cache_store(struct pk_answer_cache *c, const struct pk_file_origin *o,
			   uint64_t fingerprint, const struct pk_answer *a);
/* The debug files of a file with that build ID whose answer is @a, NULL: not known. */
uint64_t pk_answer_fingerprint(const struct pk_file_origin *o, const struct pk_answer_place *place,
			       const struct pk_answer *a, uint64_t *bytes_ret);

#endif
