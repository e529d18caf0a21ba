// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Call tree; see calltree.h. Samples are counted per (base, stack) first, so
 * the tree is built once per distinct stack: O(samples + stacks x depth).
 */
#include "analysis/calltree.h"
#include "base/cleanup.h"

#define NONE UINT32_MAX

/* A node while the tree grows: in the order of first sight. */
struct grown {
	uint32_t parent, label;
	uint32_t child, sibling;	/* NONE */
	uint64_t self;
};

struct growth {
	struct pk_calltree *t;
	const struct pk_calltree_opts *o;
	PK_VEC(struct grown) nodes;
	struct pk_map64 by_edge;	/* (parent, label) -> node */
	struct pk_map64 bases;		/* string id -> index in t->bases */
	struct pk_map64 by_stack;	/* (base, leaf) -> index in counts */
	PK_VEC(struct stack_count) counts;
	PK_VEC(uint32_t) path;		/* labels of one stack, leaf first */
};

struct stack_count {
	uint32_t base, leaf;
	uint64_t n;
};

static uint64_t pair(uint32_t high, uint32_t low)
{
	return (uint64_t)high << 32 | low;
}

static int base_label(struct growth *g, uint32_t string, uint32_t *ret)
{
	uint32_t *idx = pk_map64_at(&g->bases, string);

	if (!idx)
		return -ENOMEM;
	if (*idx == PK_MAP64_NONE) {
		*idx = g->t->bases.nr;
		if (pk_vec_add(&g->t->bases, string))
			return -ENOMEM;
	}
	*ret = g->t->model->frames.nr + *idx;
	return 0;
}

static int count_stack(struct growth *g, uint32_t base, uint32_t leaf)
{
	uint32_t *idx = pk_map64_at(&g->by_stack, pair(base, leaf));
	struct stack_count *c;

	if (!idx)
		return -ENOMEM;
	if (*idx == PK_MAP64_NONE) {
		*idx = g->counts.nr;
		c = pk_vec_push(&g->counts);
		if (!c)
			return -ENOMEM;
		c->base = base;
		c->leaf = leaf;
	}
	g->counts.data[*idx].n++;
	return 0;
}

static int count_stacks(struct growth *g, const struct pk_scope *s)
{
	const struct pk_model *m = s->model;
	PK_AUTO_FREE uint32_t *label = malloc((m->threads.nr + 1) * sizeof(*label));

	if (!label)
		return -ENOMEM;
	memset(label, 0xff, (m->threads.nr + 1) * sizeof(*label));
	for (size_t n = 0; n < s->nr_samples; n++) {
		size_t i = s->samples[n];
		uint32_t thread = m->sample_thread[i];
		const struct pk_thread *th = &m->threads.data[thread];

		if (label[thread] == NONE &&
		    base_label(g, g->o->threads ? th->comm : m->processes.data[th->process].comm,
			       &label[thread]))
			return -ENOMEM;
		if (count_stack(g, label[thread], m->sample_stack[i]))
			return -ENOMEM;
	}
	return 0;
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

static int grow_stack(struct growth *g, const struct stack_count *c)
{
	const struct pk_model *m = g->t->model;
	uint32_t node;

	g->path.nr = 0;
	for (uint32_t at = c->leaf; at; at = m->nodes.data[at].parent)
		if (pk_vec_add(&g->path, m->nodes.data[at].frame))
			return -ENOMEM;
	if (step(g, 0, c->base, &node))
		return -ENOMEM;
	for (size_t i = 0; i < g->path.nr; i++) {
		size_t at = g->o->reverse ? i : g->path.nr - 1 - i;

		if (step(g, node, g->path.data[at], &node))
			return -ENOMEM;
	}
	g->nodes.data[node].self += c->n;
	return 0;
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
	size_t nr_labels = g->t->model->frames.nr + g->t->bases.nr;
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

	if (pk_vec_reserve(&t->calls, g->nodes.nr))
		return -ENOMEM;
	for (;;) {
		const struct grown *n = &g->nodes.data[at];
		uint32_t idx = t->calls.nr++;

		t->calls.data[idx] = (struct pk_call){ parent, n->label, depth, 0, n->self,
						       n->self };
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

static void growth_deinit(struct growth *g)
{
	pk_vec_deinit(&g->nodes);
	pk_vec_deinit(&g->counts);
	pk_vec_deinit(&g->path);
	pk_map64_deinit(&g->by_edge);
	pk_map64_deinit(&g->bases);
	pk_map64_deinit(&g->by_stack);
}

int pk_calltree_init(const struct pk_scope *s, const struct pk_calltree_opts *o,
		     struct pk_calltree *ret)
{
	struct growth g = { .t = ret, .o = o };
	int rc;

	*ret = (struct pk_calltree){ .model = s->model };
	rc = pk_vec_add(&g.nodes, ((struct grown){ 0, 0, NONE, NONE, 0 }));
	if (!rc)
		rc = count_stacks(&g, s);
	for (size_t i = 0; !rc && i < g.counts.nr; i++)
		rc = grow_stack(&g, &g.counts.data[i]);
	if (!rc)
		rc = link_nodes(&g);
	if (!rc)
		rc = emit(&g);
	growth_deinit(&g);
	if (rc)
		pk_calltree_deinit(ret);
	return rc;
}

void pk_calltree_deinit(struct pk_calltree *t)
{
	pk_vec_deinit(&t->calls);
	pk_vec_deinit(&t->bases);
}

const char *pk_calltree_name(const struct pk_calltree *t, uint32_t label)
{
	size_t nr = t->model->frames.nr;

	if (label >= nr)
		return pk_model_string(t->model, t->bases.data[label - nr]);
	return label ? pk_model_string(t->model, t->model->frames.data[label].name) : "all";
}
