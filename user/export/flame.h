/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flame graph: a call tree as one SVG file that needs nothing
 * else. It holds the tree as data and a script (flame.js) that draws, zooms and
 * searches it, and a still picture of the whole for viewers without scripts.
 */
#ifndef PK_FLAME_H
#define PK_FLAME_H

#include "analysis/calltree.h"
#include "base/sink.h"

#define PK_FLAME_WIDTH	   1200	/* px of the still picture */
#define PK_FLAME_MIN_WIDTH 0.01	/* px in it, narrower frames are left out: at a zoom of 10, 0.1 px */

struct pk_flame_opts {
	const char *title;	/* NULL: what the graph shows */
	bool inverted;		/* root on top */
	const struct pk_calltree_opts *tree;	/* what the tree was made with */
};

/* What was drawn, for a closing sentence. */
struct pk_flame_stats {
	uint64_t nr_frames, nr_narrow;	/* calls drawn, and left out as too narrow */
	uint64_t narrow_weight;	/* in the latter */
};

/* -ENOMEM, or the sink's code. The caller flushes. */
int pk_flame_write(const struct pk_scope *s, const struct pk_calltree *t,
		   const struct pk_flame_opts *o, struct pk_sink *out, struct pk_flame_stats *ret,
		   struct pk_err *err);

#endif
