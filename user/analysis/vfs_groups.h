/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operations on files of a scope: pieces put together by what is to be told apart, as far
 * as the filter leaves them. A piece that the filter's time cuts counts in proportion.
 * What began within another operation stays apart always: it is in no sum with others.
 */
#ifndef PK_VFS_GROUPS_H
#define PK_VFS_GROUPS_H

#include "analysis/group_list.h"
#include "analysis/scope.h"
#include "model/distribution.h"

/* What is told apart. */
#define PK_VFS_BY_FS		(1u << 0)
#define PK_VFS_BY_OP		(1u << 1)
#define PK_VFS_BY_PROCESS	(1u << 2)

/* What is not told apart is 0. */
struct pk_vfs_group {
	bool below;		/* within another operation: counted only */
	uint8_t op;
	uint32_t fs;		/* id of a struct pk_vfs_fs */
	uint32_t tgid, owner;	/* process index, PK_NO_OWNER: not known */
	double nr, bytes, nr_untimed, nr_failed, added_bytes, nr_missed, nr_ahead;
	struct pk_dist time;
};

struct pk_vfs_groups {
	pk_group_list all;	/* of struct pk_vfs_group; by below, file system, process, operation */
};

/* 0 or -ENOMEM; to be deinitialised in any case. @by: mask of PK_VFS_BY_*. */
int pk_vfs_groups_init(const struct pk_scope *s, unsigned int by, struct pk_vfs_groups *ret);
void pk_vfs_groups_deinit(struct pk_vfs_groups *g);

#endif
