/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Call tree: the stacks of a scope merged from the root (or from the leaf),
 * each below the name of the process or thread it was seen in. What flame
 * graphs and folded stacks are made of. Of which kind of time, and so in which
 * unit, is one of its options.
 *
 * Nodes are stored in preorder: a node's parent and all its subtree are at
 * known places, siblings come in the order of their names, so equal stacks are
 * at equal places in any two recordings.
 */
#ifndef PK_CALLTREE_H
#define PK_CALLTREE_H

#include "analysis/kind.h"
#include "analysis/scope.h"

struct pk_calltree_opts {
	struct pk_kind_choice kind;
	bool threads;	/* the base is the thread's name, not the process's */
	bool reverse;	/* merged from the leaf: callers above the executing function */
};

struct pk_call {
	uint32_t parent;	/* index; of the root itself: 0 */
	uint32_t label;		/* see pk_calltree_name() */
	uint32_t depth;		/* 0 is the root, 1 the names of processes */
	uint32_t nr_below;	/* calls in its subtree: they follow it */
	uint64_t self, total;	/* samples, ns or bytes */
	double error;		/* standard error of total; samples: 0 */
	uint32_t source;	/* of the model: the line that most of total is of, 0: not known */
	uint64_t source_weight;	/* what of total is of that line */
};

struct pk_calltree {
	const struct pk_model *model;
	PK_VEC(struct pk_call) calls;	/* [0] is the root, "all" */
	/* labels from frames.nr on: first the bases, then the markers; string ids */
	PK_VEC(uint32_t) bases, markers;
	uint32_t max_depth;
	enum pk_weight_unit unit;
	uint32_t source;		/* enum pkprof_source, whose items it is made from */
	size_t nr_items;		/* waits or bios that the weights are estimated from; samples: 0 */
	uint64_t left_out;		/* weight of idle kernel threads or stacked devices, not in it */
	uint64_t by_kind[PK_FRAME_MARKER + 1];	/* weight by what a stack's leaf is */
};

int pk_calltree_init(const struct pk_scope *s, const struct pk_calltree_opts *o,
		     struct pk_calltree *ret);	/* 0 or -ENOMEM */
void pk_calltree_deinit(struct pk_calltree *t);

/* The frame of a label, or NULL for the root, names of processes and markers of towers. */
static inline const struct pk_frame *pk_calltree_frame(const struct pk_calltree *t, uint32_t label)
{
	return label && label < t->model->frames.nr ? &t->model->frames.data[label] : NULL;
}
static inline bool pk_calltree_is_marker(const struct pk_calltree *t, uint32_t label)
{
	return label >= t->model->frames.nr + t->bases.nr;
}
/* "all" for the root. */
const char *pk_calltree_name(const struct pk_calltree *t, uint32_t label);

#endif
