/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Block requests of a scope: pieces put together by what is to be told apart, as far as
 * the filter leaves them; and the devices that they are of. A piece that the filter's
 * time cuts counts in proportion. What is not told by process knows nothing of it, so
 * a filter on process or name leaves only what is.
 */
#ifndef PK_BLOCK_GROUPS_H
#define PK_BLOCK_GROUPS_H

#include "analysis/scope.h"
#include "model/distribution.h"

/* A device, and what it did in the scope. */
struct pk_block_device {
	uint32_t id;
	const char *name;
	uint32_t dev, flags;	/* major << 20 | minor; PKPROF_BLOCK_* */
	uint32_t max_depth;	/* in pieces that the scope has part of */
	double depth_ns[PKPROF_BLOCK_DEPTHS];	/* [0] is not known: idle pieces are not told */
	double load_ns;
};

struct pk_block_devices {
	PK_VEC(struct pk_block_device) all;	/* by name */
};

int pk_block_devices_init(const struct pk_scope *s, struct pk_block_devices *ret);
void pk_block_devices_deinit(struct pk_block_devices *d);
const struct pk_block_device *pk_block_devices_find(const struct pk_block_devices *d, uint32_t id);

/* Time with something in flight, ns. */
double pk_block_busy_ns(const struct pk_block_device *d);

/* What is told apart. */
#define PK_BY_DEVICE	(1u << 0)	/* without it: those at the bottom only, all together */
#define PK_BY_OP	(1u << 1)
#define PK_BY_SIZE	(1u << 2)
#define PK_BY_PROCESS	(1u << 3)
#define PK_BY_CGROUP	(1u << 4)	/* those of all its processes together */

/* Requests of one kind; what is not told apart is 0. */
struct pk_block_group {
	const struct pk_block_device *device;	/* NULL: not told apart */
	uint8_t op, size, by;	/* with a tgid: enum pkprof_block_by */
	uint32_t tgid, owner;	/* process index, PK_NO_OWNER: not known */
	uint32_t cgroup;	/* string id of its path, 0: not known */
	double nr, bytes, nr_untimed, nr_failed, nr_partial, nr_requeued, nr_merged, nr_split;
	struct pk_dist time[PKPROF_NR_BLOCK_TIMES];	/* by process or cgroup: only the total */
};

struct pk_block_groups {
	PK_VEC(struct pk_block_group *) all;	/* by device, process and its role, operation, size */
};

/* 0 or -ENOMEM; to be deinitialised in any case. @by: mask of PK_BY_*. */
int pk_block_groups_init(const struct pk_scope *s, const struct pk_block_devices *devices,
			 unsigned int by, struct pk_block_groups *ret);
void pk_block_groups_deinit(struct pk_block_groups *g);

#endif
