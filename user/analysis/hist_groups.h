/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Distributions of a scope: pieces of one CPU, process or thread put together, as far as
 * the filter leaves them. A piece that the filter's time cuts counts in proportion.
 * CPUs know nothing of processes, so a filter on process or name leaves none of them.
 */
#ifndef PK_HIST_GROUPS_H
#define PK_HIST_GROUPS_H

#include "analysis/scope.h"
#include "model/distribution.h"

/* One piece, and the share of it that is inside. */
struct pk_hist_ref {
	uint32_t piece;
	double share;
};

struct pk_hist_group {
	uint8_t key;		/* enum pkprof_hist_key */
	uint32_t owner;		/* CPU, index of process or thread; PK_NO_OWNER: those of
				 * which it is not known */
	uint32_t first, nr;	/* in refs */
	double count, sum_ns;
};

struct pk_hist_groups {
	const struct pk_profile *profile;
	PK_VEC(struct pk_hist_ref) refs;
	PK_VEC(struct pk_hist_group) groups;	/* by key, owner */
	bool of_all;	/* no filter on process or name */
};

/* 0 or -ENOMEM; to be deinitialised in any case. */
int pk_hist_groups_init(const struct pk_scope *s, enum pkprof_hist_what what,
			struct pk_hist_groups *ret);
void pk_hist_groups_deinit(struct pk_hist_groups *g);
void pk_hist_group_dist(const struct pk_hist_groups *g, const struct pk_hist_group *group,
			struct pk_dist *ret);
/* All together: of the CPUs, or of the processes that the filter leaves. */
void pk_hist_groups_all(const struct pk_hist_groups *g, struct pk_dist *ret);

#endif
