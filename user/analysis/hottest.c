// SPDX-License-Identifier: GPL-2.0-or-later
/* The hottest stacks; see hottest.h. */
#include "analysis/hottest.h"
#include "analysis/kind.h"
#include "base/strbuf.h"

static int by_weight(const void *a, const void *b)
{
	const struct pk_tower_sum *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	if (x->base != y->base)
		return x->base < y->base ? -1 : 1;
	return x->tower < y->tower ? -1 : x->tower > y->tower;
}

static bool is_kernel(const struct pk_model *m, uint32_t node)
{
	return m->frames.data[m->nodes.data[node].frame].kind == PK_FRAME_KERNEL;
}

/* Where user code begins, if any does. */
static uint32_t skip_kernel(const struct pk_model *m, uint32_t leaf)
{
	uint32_t at = leaf;

	while (at && is_kernel(m, at))
		at = m->nodes.data[at].parent;
	return at ? at : leaf;
}

char *pk_stack_text(const struct pk_model *m, uint32_t leaf, bool user)
{
	struct pk_strbuf b = { 0 };

	if (user)
		leaf = skip_kernel(m, leaf);
	if (!leaf)
		pk_strbuf_puts(&b, "[no stack]");
	for (uint32_t at = leaf; at; at = m->nodes.data[at].parent) {
		const struct pk_frame *f = &m->frames.data[m->nodes.data[at].frame];

		if (at != leaf)
			pk_strbuf_puts(&b, " < ");
		pk_strbuf_puts(&b, pk_model_string(m, f->text));
	}
	if (pk_strbuf_failed(&b)) {
		pk_strbuf_deinit(&b);
		return NULL;
	}
	return b.data;
}

static int copy(const struct pk_model *m, const struct pk_tower_sum *sum, struct pk_hottest *ret)
{
	struct pk_hot_stack *h = pk_vec_push(&ret->stacks);

	if (!h)
		return -ENOMEM;
	h->nr_samples = sum->weight;
	h->process = strdup(pk_model_string(m, sum->base));
	h->stack = pk_stack_text(m, sum->tower, false);
	return h->process && h->stack ? 0 : -ENOMEM;
}

int pk_hottest_init(const struct pk_scope *s, size_t max, struct pk_hottest *ret)
{
	const struct pk_kind_choice cpu = { 0 };
	struct pk_towers towers;
	int rc;

	*ret = (struct pk_hottest){ .nr_samples = s->weight };
	pk_towers_init(&towers, s->model);
	rc = pk_kind_collect(s, &cpu, false, &towers);
	if (!rc && towers.sums.nr)
		qsort(towers.sums.data, towers.sums.nr, sizeof(*towers.sums.data), by_weight);
	for (size_t i = 0; !rc && i < towers.sums.nr && i < max; i++)
		rc = copy(s->model, &towers.sums.data[i], ret);
	pk_towers_deinit(&towers);
	if (rc)
		pk_hottest_deinit(ret);
	return rc;
}

void pk_hottest_deinit(struct pk_hottest *h)
{
	PK_VEC_FOREACH(&h->stacks, s) {
		free(s->process);
		free(s->stack);
	}
	pk_vec_deinit(&h->stacks);
}
