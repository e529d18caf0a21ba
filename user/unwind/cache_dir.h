/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The directory of the cache of unwind rows: whose it is, and how much is in it. */
#ifndef PK_CACHE_DIR_H
#define PK_CACHE_DIR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"

#define PK_CACHE_TEMPORARY "tmp."

struct pk_cache_dir {
	int fd;
	uint64_t bytes, max_bytes; /* since it was looked at; others may use it too */
};

/* @path NULL: the user's. See pk_rows_cache_open() for errors. */
int pk_cache_dir_open(struct pk_cache_dir *d, const char *path, uint64_t max_bytes,
		      struct pk_err *err);
void pk_cache_dir_close(struct pk_cache_dir *d);
/* Nobody but root and we can have written what @st describes. */
bool pk_cache_is_trusted(const struct stat *st);
/* Look how much is there: the oldest files go where that is too much. */
void pk_cache_dir_shrink(struct pk_cache_dir *d);
/* A file of @bytes was added: the oldest go where there are too many. */
void pk_cache_dir_added(struct pk_cache_dir *d, uint64_t bytes);

#endif
