// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Samples by frame; see frame_weights.h. One pass over the samples weighs the
 * nodes of the stack tree, one walk over the tree sums the frames up: time
 * O(samples + nodes), whatever the depth.
 */
#include "analysis/frame_weights.h"
#include "base/cleanup.h"

#define NONE UINT32_MAX

/* The stack tree with links to walk it downwards. */
struct walk {
	const struct pk_model *m;
	uint64_t *weight;		/* samples at or below each node */
	uint32_t *child, *sibling;	/* node indices, NONE */
	uint32_t *on_path;		/* occurrences of a frame on the way to the root */
};

static int walk_init(const struct pk_model *m, struct walk *ret)
{
	size_t nr = m->nodes.nr;

	*ret = (struct walk){
		.m = m,
		.weight = calloc(nr + 1, sizeof(uint64_t)),
		.child = malloc((nr + 1) * sizeof(uint32_t)),
		.sibling = malloc((nr + 1) * sizeof(uint32_t)),
		.on_path = calloc(m->frames.nr + 1, sizeof(uint32_t)),
	};
	return ret->weight && ret->child && ret->sibling && ret->on_path ? 0 : -ENOMEM;
}

static void walk_deinit(struct walk *w)
{
	free(w->weight);
	free(w->child);
	free(w->sibling);
	free(w->on_path);
}

/* Parents have smaller indices: backwards, a node is complete when it is met. */
static void sum_up(struct walk *w)
{
	memset(w->child, 0xff, w->m->nodes.nr * sizeof(*w->child));
	for (size_t i = w->m->nodes.nr; i-- > 1;) {
		uint32_t parent = w->m->nodes.data[i].parent;

		if (!w->weight[i])
			continue;
		w->weight[parent] += w->weight[i];
		w->sibling[i] = w->child[parent];
		w->child[parent] = i;
	}
}

static void enter(struct walk *w, uint32_t node, uint64_t *total)
{
	uint32_t frame = w->m->nodes.data[node].frame;

	if (!w->on_path[frame]++)
		total[frame] += w->weight[node];
}

static void sum_totals(struct walk *w, uint64_t *total)
{
	uint32_t node = w->m->nodes.nr ? w->child[0] : NONE;

	while (node != NONE) {
		enter(w, node, total);
		if (w->child[node] != NONE) {
			node = w->child[node];
			continue;
		}
		/* up to the next branch that was not walked */
		for (;;) {
			w->on_path[w->m->nodes.data[node].frame]--;
			if (w->sibling[node] != NONE) {
				node = w->sibling[node];
				break;
			}
			node = w->m->nodes.data[node].parent;
			if (!node)
				return;
		}
	}
}

int pk_frame_weights_init(const struct pk_scope *s, struct pk_frame_weights *ret)
{
	const struct pk_model *m = s->model;
	struct walk w;
	int rc = walk_init(m, &w);

	*ret = (struct pk_frame_weights){
		.self = calloc(m->frames.nr + 1, sizeof(uint64_t)),
		.total = calloc(m->frames.nr + 1, sizeof(uint64_t)),
	};
	if (!ret->self || !ret->total)
		rc = -ENOMEM;
	for (size_t i = 0; !rc && i < s->nr_samples; i++) {
		uint32_t leaf = m->sample_stack[s->samples[i]];
		uint32_t weight = pk_scope_weight(s, s->samples[i]);

		w.weight[leaf] += weight;
		if (leaf)
			ret->self[m->nodes.data[leaf].frame] += weight;
		else
			ret->nr_without_stack += weight;
	}
	if (!rc) {
		sum_up(&w);
		sum_totals(&w, ret->total);
	} else {
		pk_frame_weights_deinit(ret);
	}
	walk_deinit(&w);
	return rc;
}

void pk_frame_weights_deinit(struct pk_frame_weights *w)
{
	free(w->self);
	free(w->total);
	*w = (struct pk_frame_weights){ 0 };
}
