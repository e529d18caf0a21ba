/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ranges laid over one another in a sequence: which one is on top at a point
 * after the first k of them. Later ranges hide earlier ones.
 *
 * A segment tree over the ranges' ends holds, in each tree node, the ascending
 * numbers of the ranges that cover it: O(n log n) memory and O(log^2 n) per
 * question, whatever the ranges look like.
 */
#ifndef PK_OVERLAY_H
#define PK_OVERLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"

#define PK_OVERLAY_NONE UINT32_MAX

struct pk_range {
	uint64_t start, end;	/* [start, end); empty when end <= start */
};

struct pk_overlay {
	PK_VEC(uint64_t) points;	/* ascending ends of ranges */
	uint32_t *first;	/* per tree node: where its list starts in item */
	uint32_t *item;		/* numbers of ranges, ascending within a list */
	uint32_t nr_leaves;	/* power of two; leaf i is tree node nr_leaves + i */
};

/* 0 or -ENOMEM; an all-zero one has no ranges. */
int pk_overlay_init(struct pk_overlay *o, const struct pk_range *ranges, uint32_t nr);
void pk_overlay_deinit(struct pk_overlay *o);
/* Highest number below @k of a range with @point in it, or PK_OVERLAY_NONE. */
uint32_t pk_overlay_top(const struct pk_overlay *o, uint32_t k, uint64_t point);

#endif
