// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Call tree; see calltree.h. Weights are summed per (base, tower) first, so the
 * tree is built once per distinct stack: O(samples + stacks x depth).
 */
#include <math.h>

#include "analysis/calltree.h"
#include "analysis/wait_error.h"
#include "base/cleanup.h"

#define NONE UINT32_MAX

/* A node while the tree grows: in the order of first sight. */
struct grown {
	uint32_t parent, label;
	uint32_t child, sibling;	/* NONE */
	uint64_t self;
};

/* What of a node is of one source line. */
struct line_weight {
	uint32_t node, source;
	uint64_t weight;
};

struct growth {
	struct pk_calltree *t;
	const struct pk_calltree_opts *o;
	struct pk_towers towers;
	PK_VEC(struct grown) nodes;
	struct pk_map64 by_edge;	/* (parent, label) -> node */
	struct pk_map64 bases, markers;	/* string id -> index in t->bases, t->markers */
	PK_VEC(uint32_t) path;		/* labels of one tower, leaf first */
	PK_VEC(uint32_t) sources;	/* parallel to path, 0: not known */
	PK_VEC(struct line_weight) lines;
	struct pk_map64 line_of;	/* (node, source) to index in lines */
	uint32_t *top;			/* by sum: the node of its leaf */
	uint32_t *call_of;		/* by node: its call */
};

static uint64_t pair(uint32_t high, uint32_t low)
{
	return (uint64_t)high << 32 | low;
}

/* Give a string the next number of its sort: 1; 0: it has one; -ENOMEM. */
static int number(struct pk_map64 *map, uint32_t string, uint32_t next)
{
	uint32_t *at = pk_map64_at(map, string);

	if (!at)
		return -ENOMEM;
	if (*at != PK_MAP64_NONE)
		return 0;
	*at = next;
	return 1;
}

/* Labels are numbered before the tree grows: bases, then markers. */
static int number_labels(struct growth *g)
{
	struct pk_calltree *t = g->t;
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < g->towers.sums.nr; i++) {
		uint32_t base = g->towers.sums.data[i].base;

		rc = number(&g->bases, base, t->bases.nr);
		if (rc > 0)
			rc = pk_vec_add(&t->bases, base);
	}
	for (size_t i = 0; rc >= 0 && i < g->towers.parts.nr; i++) {
		uint32_t marker = g->towers.parts.data[i].marker;

		if (marker)
			rc = number(&g->markers, marker, t->markers.nr);
		if (marker && rc > 0)
			rc = pk_vec_add(&t->markers, marker);
	}
	return rc < 0 ? rc : 0;
}

static int step(struct growth *g, uint32_t parent, uint32_t label, uint32_t *ret)
{
	uint32_t *idx = pk_map64_at(&g->by_edge, pair(parent, label));
	struct grown *n;

	if (!idx)
		return -ENOMEM;
	if (*idx == PK_MAP64_NONE) {
		*idx = g->nodes.nr;
		n = pk_vec_push(&g->nodes);
		if (!n)
			return -ENOMEM;
		*n = (struct grown){ parent, label, NONE, NONE, 0 };
	}
	*ret = *idx;
	return 0;
}

/* @without: by frame, those that are left out; NULL: none. */
static int push_stack(struct growth *g, uint32_t leaf, uint32_t stop, const bool *without)
{
	const struct pk_model *m = g->t->model;

	for (uint32_t at = leaf; at && at != stop; at = m->nodes.data[at].parent) {
		uint32_t frame = m->nodes.data[at].frame;

		if (without && without[frame])
			continue;
		if (pk_vec_add(&g->path, frame) || pk_vec_add(&g->sources, m->nodes.data[at].source))
			return -ENOMEM;
	}
	return 0;
}

static int push_tower(struct growth *g, uint32_t tower)
{
	const struct pk_tower_part *part;
	size_t first_marker = g->t->model->frames.nr + g->t->bases.nr;
	int rc = 0;

	g->path.nr = g->sources.nr = 0;
	while (!rc && (part = pk_tower_top(&g->towers, tower))) {
		if (part->marker)
			rc = pk_vec_add(&g->sources, 0) ||
			     pk_vec_add(&g->path, first_marker +
						  pk_map64_get(&g->markers, part->marker)) ?
				     -ENOMEM : 0;
		else
			rc = push_stack(g, part->stack, part->stop, g->towers.plumbing);
		tower = part->below;
	}
	return rc ? rc : push_stack(g, tower, 0, NULL);
}

/* What the topmost frame of the path is; what a tower is marked with is none. */
static enum pk_frame_kind leaf_kind(const struct growth *g, uint32_t base)
{
	const struct pk_frame *f;
	uint32_t leaf = base;

	for (size_t i = 0; i < g->path.nr && leaf == base; i++)
		if (!pk_calltree_is_marker(g->t, g->path.data[i]))
			leaf = g->path.data[i];
	f = pk_calltree_frame(g->t, leaf);
	return f ? f->kind : PK_FRAME_MARKER;
}

static int add_to_line(struct growth *g, uint32_t node, uint32_t source, uint64_t weight)
{
	uint32_t *at;

	if (!source)
		return 0;
	at = pk_map64_at(&g->line_of, pair(node, source));
	if (!at)
		return -ENOMEM;
	if (*at == PK_MAP64_NONE) {
		*at = g->lines.nr;
		if (pk_vec_add(&g->lines, ((struct line_weight){ node, source, 0 })))
			return -ENOMEM;
	}
	g->lines.data[*at].weight += weight;
	return 0;
}

static int grow_tower(struct growth *g, size_t idx)
{
	const struct pk_tower_sum *sum = &g->towers.sums.data[idx];
	uint32_t node, base = g->t->model->frames.nr + pk_map64_get(&g->bases, sum->base);

	if (push_tower(g, sum->tower) || step(g, 0, base, &node))
		return -ENOMEM;
	for (size_t i = 0; i < g->path.nr; i++) {
		size_t at = g->o->reverse ? i : g->path.nr - 1 - i;

		if (step(g, node, g->path.data[at], &node) ||
		    add_to_line(g, node, g->sources.data[at], sum->weight))
			return -ENOMEM;
	}
	g->nodes.data[node].self += sum->weight;
	g->top[idx] = node;
	g->t->by_kind[leaf_kind(g, base)] += sum->weight;
	return 0;
}

static int grow(struct growth *g)
{
	int rc = 0;

	g->top = malloc((g->towers.sums.nr + 1) * sizeof(*g->top));
	if (!g->top)
		return -ENOMEM;
	for (size_t i = 0; !rc && i < g->towers.sums.nr; i++)
		rc = grow_tower(g, i);
	return rc;
}

/* Labels in the order of their names: (name, DSO, label). */
static int by_name(const void *a, const void *b, void *tree)
{
	const struct pk_calltree *t = tree;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	const struct pk_frame *fx = pk_calltree_frame(t, x), *fy = pk_calltree_frame(t, y);
	int order = strcmp(pk_calltree_name(t, x), pk_calltree_name(t, y));

	if (!order && fx && fy)
		order = strcmp(pk_model_string(t->model, fx->dso),
			       pk_model_string(t->model, fy->dso));
	return order ? order : x < y ? -1 : x > y;
}

/*
 * Hang the nodes below their parents in the order of their names: a counting
 * sort by the labels' ranks, the last rank first, each put before its siblings.
 */
static int link_nodes(struct growth *g)
{
	size_t nr_labels = g->t->model->frames.nr + g->t->bases.nr + g->t->markers.nr;
	PK_AUTO_FREE uint32_t *sorted = malloc((nr_labels + 1) * sizeof(*sorted));
	PK_AUTO_FREE uint32_t *first = malloc((nr_labels + 1) * sizeof(*first));
	PK_AUTO_FREE uint32_t *next = malloc((g->nodes.nr + 1) * sizeof(*next));

	if (!sorted || !first || !next)
		return -ENOMEM;
	for (size_t i = 0; i < nr_labels; i++) {
		sorted[i] = i;
		first[i] = NONE;
	}
	qsort_r(sorted, nr_labels, sizeof(*sorted), by_name, g->t);
	for (size_t i = 1; i < g->nodes.nr; i++) {
		next[i] = first[g->nodes.data[i].label];
		first[g->nodes.data[i].label] = i;
	}
	for (size_t rank = nr_labels; rank-- > 0;) {
		for (uint32_t i = first[sorted[rank]]; i != NONE; i = next[i]) {
			struct grown *n = &g->nodes.data[i], *parent = &g->nodes.data[n->parent];

			n->sibling = parent->child;
			parent->child = i;
		}
	}
	return 0;
}

/* Copy into preorder. */
static int emit(struct growth *g)
{
	struct pk_calltree *t = g->t;
	uint32_t at = 0, parent = 0, depth = 0;

	g->call_of = malloc(g->nodes.nr * sizeof(*g->call_of));
	if (!g->call_of || pk_vec_reserve(&t->calls, g->nodes.nr))
		return -ENOMEM;
	for (;;) {
		const struct grown *n = &g->nodes.data[at];
		uint32_t idx = t->calls.nr++;

		g->call_of[at] = idx;
		t->calls.data[idx] = (struct pk_call){ parent, n->label, depth, 0, n->self,
						       n->self, 0, 0, 0 };
		if (depth > t->max_depth)
			t->max_depth = depth;
		if (n->child != NONE) {
			at = n->child;
			parent = idx;
			depth++;
			continue;
		}
		while (at && g->nodes.data[at].sibling == NONE) {
			at = g->nodes.data[at].parent;
			parent = t->calls.data[parent].parent;
			depth--;
		}
		if (!at)
			break;
		at = g->nodes.data[at].sibling;
	}
	for (size_t i = t->calls.nr; i-- > 1;) {
		struct pk_call *c = &t->calls.data[i], *p = &t->calls.data[c->parent];

		p->total += c->total;
		p->nr_below += c->nr_below + 1;
	}
	return 0;
}

/* Of lines of equal weight the one that was met first. */
static void choose_lines(struct growth *g)
{
	PK_VEC_FOREACH(&g->lines, l) {
		struct pk_call *c = &g->t->calls.data[g->call_of[l->node]];

		if (l->weight <= c->source_weight)
			continue;
		c->source = l->source;
		c->source_weight = l->weight;
	}
}

/* How far off the totals may be, where they are estimates. */
static int estimate_errors(struct growth *g)
{
	struct pk_calltree *t = g->t;
	PK_AUTO_FREE uint32_t *parent = malloc(t->calls.nr * sizeof(*parent));
	PK_AUTO_FREE double *error = malloc(t->calls.nr * sizeof(*error));
	struct pk_wait_steps steps = { 0 };
	int rc = parent && error ? 0 : -ENOMEM;

	for (size_t i = 0; !rc && i < t->calls.nr; i++)
		parent[i] = t->calls.data[i].parent;
	for (size_t i = 0; !rc && i < g->towers.pieces.nr; i++) {
		const struct pk_tower_piece *p = &g->towers.pieces.data[i];

		rc = pk_wait_steps_add(&steps, g->call_of[g->top[p->sum]], p->from_ns, p->to_ns,
				       p->weight, p->span_weight, p->period_log2,
				       t->model->profile->start_ns);
	}
	if (!rc)
		rc = pk_wait_steps_error(&steps, parent, t->calls.nr, error);
	for (size_t i = 0; !rc && i < t->calls.nr; i++)
		t->calls.data[i].error = error[i];
	pk_vec_deinit(&steps.v);
	return rc;
}

/* Likewise, where the variance of each sum is known. */
static void sum_variances(struct growth *g)
{
	struct pk_calltree *t = g->t;

	for (size_t i = 0; i < g->towers.sums.nr; i++)
		t->calls.data[g->call_of[g->top[i]]].error += g->towers.sums.data[i].variance;
	for (size_t i = t->calls.nr; i-- > 1;)
		t->calls.data[t->calls.data[i].parent].error += t->calls.data[i].error;
	PK_VEC_FOREACH(&t->calls, c)
		c->error = sqrt(c->error);
}

static void growth_deinit(struct growth *g)
{
	pk_towers_deinit(&g->towers);
	pk_vec_deinit(&g->nodes);
	pk_vec_deinit(&g->path);
	pk_vec_deinit(&g->sources);
	pk_vec_deinit(&g->lines);
	pk_map64_deinit(&g->line_of);
	pk_map64_deinit(&g->by_edge);
	pk_map64_deinit(&g->bases);
	pk_map64_deinit(&g->markers);
	free(g->top);
	free(g->call_of);
}

int pk_calltree_init(const struct pk_scope *s, const struct pk_calltree_opts *o,
		     struct pk_calltree *ret)
{
	struct growth g = { .t = ret, .o = o };
	int rc;

	*ret = (struct pk_calltree){
		.model = s->model,
		.unit = pk_kind_of(&o->kind)->unit,
		.source = pk_kind_of(&o->kind)->source,
	};
	pk_towers_init(&g.towers, s->model);
	rc = pk_vec_add(&g.nodes, ((struct grown){ 0, 0, NONE, NONE, 0 }));
	if (!rc)
		rc = pk_kind_collect(s, &o->kind, o->threads, &g.towers);
	if (!rc)
		rc = number_labels(&g);
	if (!rc)
		rc = grow(&g);
	if (!rc)
		rc = link_nodes(&g);
	if (!rc)
		rc = emit(&g);
	if (!rc)
		choose_lines(&g);
	if (!rc && g.towers.pieces.nr)
		rc = estimate_errors(&g);
	else if (!rc)
		sum_variances(&g);
	ret->nr_items = g.towers.nr_items;
	ret->left_out = g.towers.left_out;
	growth_deinit(&g);
	if (rc)
		pk_calltree_deinit(ret);
	return rc;
}

void pk_calltree_deinit(struct pk_calltree *t)
{
	pk_vec_deinit(&t->calls);
	pk_vec_deinit(&t->bases);
	pk_vec_deinit(&t->markers);
}

const char *pk_calltree_name(const struct pk_calltree *t, uint32_t label)
{
	size_t nr = t->model->frames.nr;

	if (pk_calltree_is_marker(t, label))
		return pk_model_string(t->model, t->markers.data[label - nr - t->bases.nr]);
	if (label >= nr)
		return pk_model_string(t->model, t->bases.data[label - nr]);
	return label ? pk_model_string(t->model, t->model->frames.data[label].text) : "all";
}
