/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names in files: collects what is wanted of which file, takes what the cache has, has the files
 * asked for the rest, all at once, and adds the names in the order in which they were wanted.
 */
#ifndef PK_FILE_NAMES_H
#define PK_FILE_NAMES_H

#include "symbol/answer_cache.h"
#include "symbol/harvest.h"
#include "symbol/symbolizer.h"

struct pk_file_wanted;

struct pk_file_names {
	struct pk_harvest *h;
	const struct pk_symbolizer_config *cfg;
	struct pk_symbolizer_stats *stats;
	struct pk_debug_search where;
	struct pk_answer_cache *cache;	/* NULL: none */
	/* Called with @ctx when a file is done; may be NULL. */
	void (*step)(void *ctx);
	void *ctx;
	PK_VEC(struct pk_file_wanted *) wanted;
};

void pk_file_names_deinit(struct pk_file_names *n);
/* Want the names at @nr offsets, ascending, in a file; they are copied. 0 or -ENOMEM. */
int pk_file_names_want(struct pk_file_names *n, uint32_t file, const uint64_t *off, size_t nr);
/* Get them all. 0 or -ENOMEM; a file that cannot be asked costs nobody else a name. */
int pk_file_names_get(struct pk_file_names *n);

/* Add the names that an answer has for @nr addresses of a file. 0 or -ENOMEM. */
int pk_file_names_add(struct pk_harvest *h, uint32_t file, const struct pk_answer *a,
		      const uint64_t *off, size_t nr);

/* A new descriptor of a recorded file, the one held or that at its path; or below 0. */
int pk_file_open_recorded(const struct pk_profile *p, const struct pk_symbolizer_config *cfg,
			  uint32_t file, bool *held_ret);
/* Is it the inode that was recorded? */
bool pk_file_is_inode(const struct pk_file *f, const struct stat *st);

#endif
