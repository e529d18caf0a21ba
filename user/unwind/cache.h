/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unwind rows kept on disk, one file for each build ID and owner of what they were made of. A
 * cache that cannot be used costs time, never a result. What is in it is believed only if none
 * but root and the user could have written it, and if it is complete and unchanged.
 */
#ifndef PK_ROWS_CACHE_H
#define PK_ROWS_CACHE_H

#include "base/cache_dir.h"
#include "base/err.h"
#include "unwind/rows.h"

/* To be raised when the same file gives other rows than before. */
#define PK_ROWS_CACHE_VERSION 4

/* Its directory, in which the recorder has a list, too. */
extern const struct pk_cache_kind pk_rows_cache_kind;

struct pk_rows_cache_opt {
	const char *dir;    /* NULL: /var/cache/pkprof/rows of root, else in ~/.cache */
	uint64_t max_bytes; /* of all files; what was used last longest ago goes. 0: 512 MB */
};

struct pk_rows_cache;

/*
 * Opens the directory, or makes it. -EPERM: somebody else could write in it; other errors as of
 * mkdir() and open(). One thread may use a cache at a time.
 */
int pk_rows_cache_open(const struct pk_rows_cache_opt *opt, struct pk_rows_cache **ret,
		       struct pk_err *err);
void pk_rows_cache_close(struct pk_rows_cache *c); /* NULL is fine */

/* Who makes rows that are not kept yet. */
struct pk_rows_maker {
	/* As pk_rows_compile(); @fd is taken over. */
	int (*make)(void *ctx, int fd, struct pk_rows_blob *ret, struct pk_err *err);
	void *ctx;
};

/*
 * As pk_rows_compile(), from the cache where it has the file's rows, else made by @m and kept
 * for the next time. @c NULL: no cache; @m NULL: made here.
 */
int pk_rows_cached(struct pk_rows_cache *c, int fd, const struct pk_rows_maker *m,
		   const char *name, struct pk_rows_blob *ret, struct pk_err *err);

#endif
