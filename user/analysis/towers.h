/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Towers: weighted stacks, from which call trees grow. The simplest tower is a
 * stack of the model. Others are built upon one: a marker such as "[still waiting]"
 * or "[woken by NAME]", and the stack of somebody else on top of that.
 *
 * Equal towers are one, so their numbers may be compared. A tower's number is
 * that of the stack node, or beyond all of these; 0 is the empty tower.
 */
#ifndef PK_TOWERS_H
#define PK_TOWERS_H

#include "base/map64.h"
#include "model/model.h"

/* One part that stands on another tower. */
struct pk_tower_part {
	uint32_t below;		/* tower, 0: none */
	uint32_t marker;	/* string id, 0: the part is a stack */
	uint32_t stack, stop;	/* the stack's nodes from the leaf down to, without, stop */
};

/* What all that has one tower in a process (or thread) of one name weighs. */
struct pk_tower_sum {
	uint32_t base;		/* string id of the name */
	uint32_t tower;
	uint64_t weight;
	double variance;	/* of the weight, where that is an estimate without pieces */
};

/*
 * A span of time whose weight was estimated from instants of a period of
 * 2^period_log2 ns: what a sum's sampling error is told from.
 */
struct pk_tower_piece {
	uint64_t from_ns, to_ns, weight;
	uint64_t span_weight;	/* of all that was in the span, of which this is a part */
	uint32_t sum;		/* index in sums */
	uint8_t period_log2;
};

struct pk_towers {
	const struct pk_model *model;
	PK_VEC(struct pk_tower_part) parts;
	PK_VEC(struct pk_tower_sum) sums;
	PK_VEC(struct pk_tower_piece) pieces;	/* none where nothing was estimated so */
	size_t nr_items;	/* waits that the pieces are of, or bios */
	uint64_t left_out;	/* weight that is not in them, on purpose */
	bool *plumbing;		/* by frame: parts leave it out; NULL: none */
	struct pk_map64 by_marker, by_stack;	/* (below, string or node) to part */
	struct pk_map64 by_sum;			/* (base, tower) to sum */
};

/* Functions return 0 or -ENOMEM. */
void pk_towers_init(struct pk_towers *t, const struct pk_model *m);
void pk_towers_deinit(struct pk_towers *t);

/* @text in brackets on top of a tower, for example "woken by " and a name (or NULL). */
int pk_towers_mark(struct pk_towers *t, uint32_t below, const char *text, const char *name,
		   uint32_t *tower_ret);
/*
 * A stack on top of a tower, from its leaf to its frame above node @stop, 0: all of
 * it. For one (below, stack) @stop must be always the same.
 */
int pk_towers_stack(struct pk_towers *t, uint32_t below, uint32_t stack, uint32_t stop,
		    uint32_t *tower_ret);

/* Add weight to a tower; @sum_ret may be NULL. */
int pk_towers_add(struct pk_towers *t, uint32_t base, uint32_t tower, uint64_t weight,
		  uint32_t *sum_ret);
/* Likewise the weight of a piece, whose sum is filled in. */
int pk_towers_add_piece(struct pk_towers *t, uint32_t base, uint32_t tower,
			struct pk_tower_piece *piece);

/* The part that a tower's top is, or NULL: it is a stack of the model. */
static inline const struct pk_tower_part *pk_tower_top(const struct pk_towers *t, uint32_t tower)
{
	return tower < t->model->nodes.nr ? NULL : &t->parts.data[tower - t->model->nodes.nr];
}

#endif
