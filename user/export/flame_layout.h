/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Layout of a flame graph: which calls are wide enough to be drawn, where, and
 * in which colour. Pure arithmetic.
 */
#ifndef PK_FLAME_LAYOUT_H
#define PK_FLAME_LAYOUT_H

#include "analysis/calltree.h"

enum pk_flame_kind {
	PK_FLAME_USER,	/* the first values are those of enum pk_frame_kind */
	PK_FLAME_KERNEL,
	PK_FLAME_JIT,
	PK_FLAME_PYTHON,
	PK_FLAME_MARKER,
	PK_FLAME_BASE,	/* name of a process or thread */
	PK_FLAME_NR_KINDS
};

#define PK_FLAME_NR_SHADES 10	/* of one kind, by hash of the name */

/* One frame that is drawn. */
struct pk_flame_box {
	uint32_t call;		/* index in the tree */
	uint32_t label;		/* index in layout->labels */
	uint32_t depth;
	uint64_t x;		/* weight (samples or ns) to the left of it */
	uint64_t total;		/* its weight, its width */
	uint64_t narrow;	/* weight of calls right above it that are left out */
};

struct pk_flame_layout {
	const struct pk_calltree *tree;
	PK_VEC(struct pk_flame_box) boxes;	/* preorder, [0] is the root */
	PK_VEC(uint32_t) labels;		/* of the tree, those that are drawn */
	uint32_t max_depth;			/* of boxes */
	uint64_t nr_narrow, narrow_weight;	/* calls left out */
};

/* Leave out calls with less than @min_share of all weight. 0 or -ENOMEM. */
int pk_flame_layout_init(const struct pk_calltree *t, double min_share,
			 struct pk_flame_layout *ret);
void pk_flame_layout_deinit(struct pk_flame_layout *l);

enum pk_flame_kind pk_flame_kind_of(const struct pk_calltree *t, uint32_t label);
/* Below PK_FLAME_NR_SHADES; the same for a name in each graph. */
unsigned int pk_flame_shade(const char *name);
/* 0xRRGGBB, light enough for dark text. */
uint32_t pk_flame_colour(enum pk_flame_kind kind, unsigned int shade);

#endif
