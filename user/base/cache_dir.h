/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A directory of files that are kept because making them again takes time: whose it is, how much
 * is in it, and reading and writing its files. Files are named by hexadecimal digits, a dot and a
 * number. A file is believed only if none but root and the user could have written it, and if it
 * is complete, unchanged and about what is asked for.
 */
#ifndef PK_CACHE_DIR_H
#define PK_CACHE_DIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"

#define PK_CACHE_TEMPORARY "tmp."

/* What a directory is for. */
struct pk_cache_kind {
	const char *name;	/* below /var/cache/pkprof of root, ~/.cache/pkprof of others */
	const char *what;	/* for messages: "unwind rows" */
	char magic[8];		/* of its files */
	uint32_t version;	/* of what is in them */
};

struct pk_cache_dir {
	const struct pk_cache_kind *kind;
	int fd;
	uint64_t bytes, max_bytes; /* since it was looked at; others may use it too */
	unsigned int nr_stored;
};

/*
 * Opens the directory, or makes it; @path NULL: the user's. -EPERM: somebody else could write in
 * it; other errors as of mkdir() and open().
 */
int pk_cache_dir_open(struct pk_cache_dir *d, const struct pk_cache_kind *kind, const char *path,
		      uint64_t max_bytes, struct pk_err *err);
void pk_cache_dir_close(struct pk_cache_dir *d);
/* Removes all its files. How many there were, or -errno. */
int pk_cache_dir_clear(struct pk_cache_dir *d);

/* What a file was made from, which it must be about: some bytes without holes. */
struct pk_cache_origin {
	const void *data;
	uint32_t bytes;		/* at most PK_CACHE_MAX_ORIGIN */
};

#define PK_CACHE_MAX_ORIGIN 256

/*
 * The bytes of a file, at most @max_bytes; to be freed. -ENOENT: not there, or nothing that we
 * believe; -ENOMEM.
 */
int pk_cache_load(const struct pk_cache_dir *d, const char *name,
		  const struct pk_cache_origin *origin, size_t max_bytes, void **data_ret,
		  size_t *bytes_ret);
/* Write a file, under its name at once or not at all: a cache that is full is no error. */
void pk_cache_store(struct pk_cache_dir *d, const char *name,
		    const struct pk_cache_origin *origin, const void *data, size_t bytes);

/* Nobody but root and we can have written what @st describes. */
bool pk_cache_is_trusted(const struct stat *st);
/* Look how much is there: the oldest files go where that is too much. */
void pk_cache_dir_shrink(struct pk_cache_dir *d);
/* A file of @bytes was added: the oldest go where there are too many. */
void pk_cache_dir_added(struct pk_cache_dir *d, uint64_t bytes);

#endif
