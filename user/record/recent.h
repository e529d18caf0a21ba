/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs and libraries that began during recordings of late, so that the next recording has
 * their unwind rows before they begin again. A list in the directory of unwind/cache.h; without it
 * a file's first tens of milliseconds have short stacks.
 *
 * Invariant: a file is given out only under the identity by which the kernel knew it in this
 * boot, and if its path still leads to the same inode.
 */
#ifndef PK_RECENT_H
#define PK_RECENT_H

#include <stdbool.h>

#include "base/vec.h"
#include "record/files.h"

#define PK_RECENT_MAX 128 /* files remembered; what was used last longest ago goes */

struct pk_recent_file {
	struct pk_file_key key;	/* as the kernel has it */
	uint64_t shown_ino;	/* inode as stat() tells it, which an overlay may change */
	char *path;
};

/* All-zero is an empty list. */
struct pk_recent {
	PK_VEC(struct pk_recent_file) files;	/* that which was used last is the last one */
	bool changed;
};

/* The list as it was left; @dir NULL: the user's. One that cannot be read is empty. */
void pk_recent_load(struct pk_recent *r, const char *dir);
/* Leave it for the next time, if it changed. A list that cannot be written costs time only. */
void pk_recent_save(const struct pk_recent *r, const char *dir);
void pk_recent_deinit(struct pk_recent *r);

/* @fd was mapped just now, as @key. */
void pk_recent_note(struct pk_recent *r, const struct pk_file_key *key, int fd);
/* Opens each of them in turn; the descriptor is valid during the call of @opened only. */
void pk_recent_open_all(const struct pk_recent *r,
			void (*opened)(void *ctx, const struct pk_file_key *key, int fd), void *ctx);

#endif
