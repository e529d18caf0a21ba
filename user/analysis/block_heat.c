// SPDX-License-Identifier: GPL-2.0-or-later
/* Times of block requests against time; see block_heat.h. */
#include <stdlib.h>

#include "analysis/block_heat.h"
#include "model/distribution.h"

void pk_heat_bounds(unsigned int row, uint64_t *from_ns_ret, uint64_t *to_ns_ret)
{
	uint64_t unused;

	pk_dist_bounds(2 * row, from_ns_ret, &unused);
	pk_dist_bounds(2 * row + 1, &unused, to_ns_ret);
}

static bool by_process(const struct pk_scope *s)
{
	return s->filter->tgid || s->filter->comm;
}

/* Of the two ways in which each request is told, the one that the filter can judge. */
static bool wanted(const struct pk_scope *s, size_t i)
{
	const struct pk_block_ops *x = &s->model->profile->block_ops.data[i];
	uint32_t owner = s->model->block_owner[i];
	bool own = x->tgid || x->flags & PK_BLOCK_ANY_PROCESS;

	if (!by_process(s))
		return !own && x->nr_buckets;
	return own && x->nr_buckets && owner != PK_NO_OWNER && pk_scope_has_process(s, owner);
}

/* From the first piece to the last, in as many columns as there were readings. */
static void lay_columns(const struct pk_scope *s, struct pk_heat *h)
{
	uint64_t shortest = UINT64_MAX, length;

	for (size_t i = 0; i < s->model->profile->block_ops.nr; i++) {
		const struct pk_block_ops *x = &s->model->profile->block_ops.data[i];
		uint64_t from_ns = x->from_ns, to_ns = x->to_ns;

		if (!wanted(s, i))
			continue;
		pk_filter_hull(s->filter, &from_ns, &to_ns);
		if (from_ns >= to_ns)
			continue;
		if (!h->to_ns || from_ns < h->from_ns)
			h->from_ns = from_ns;
		if (to_ns > h->to_ns)
			h->to_ns = to_ns;
		if (x->to_ns - x->from_ns < shortest)
			shortest = x->to_ns - x->from_ns;
	}
	length = h->to_ns - h->from_ns;
	h->nr_columns = length / PK_HEAT_COLUMNS >= shortest ? PK_HEAT_COLUMNS :
							       (length + shortest - 1) / shortest;
	if (!h->nr_columns || h->nr_columns > PK_HEAT_COLUMNS)
		h->nr_columns = h->nr_columns ? PK_HEAT_COLUMNS : 1;
}

static struct pk_heat_panel *panel_of(struct pk_heat *h, const struct pk_block_device *d, uint8_t op)
{
	struct pk_heat_panel *new;

	PK_VEC_FOREACH(&h->panels, it)
		if ((*it)->device == d && (*it)->op == op)
			return *it;
	new = calloc(1, sizeof(*new));
	if (!new || pk_vec_add(&h->panels, new)) {
		free(new);
		return NULL;
	}
	new->device = d;
	new->op = op;
	new->low = PK_HEAT_ROWS;
	return new;
}

static void add_to_column(struct pk_heat_panel *p, unsigned int column, const struct pk_profile *from,
			  const struct pk_block_ops *x, double share)
{
	for (uint32_t i = 0; i < x->nr_buckets; i++) {
		const struct pk_hist_bucket *b = &from->block_buckets.data[x->first_bucket + i];
		unsigned int row = b->bucket % PKPROF_HIST_BUCKETS / 2;
		double *cell = &p->cell[column][row];

		if (b->bucket / PKPROF_HIST_BUCKETS != PKPROF_BLOCK_TOTAL)
			continue;
		*cell += b->nr * share;
		p->nr += b->nr * share;
		if (*cell > p->max)
			p->max = *cell;
		p->low = row < p->low ? row : p->low;
		p->high = row > p->high ? row : p->high;
	}
}

/* Column @i begins here. */
static uint64_t begin_of(const struct pk_heat *h, unsigned int i)
{
	return h->from_ns + (uint64_t)((double)(h->to_ns - h->from_ns) * i / h->nr_columns);
}

static int add_piece(const struct pk_scope *s, struct pk_heat *h, size_t i)
{
	const struct pk_block_ops *x = &s->model->profile->block_ops.data[i];
	double width = (double)(h->to_ns - h->from_ns) / h->nr_columns;
	unsigned int first = x->from_ns > h->from_ns ? (x->from_ns - h->from_ns) / width : 0;
	struct pk_heat_panel *p;

	p = panel_of(h, pk_block_devices_find(&h->devices, x->device), x->op);
	if (!p)
		return -ENOMEM;
	for (unsigned int c = first; c < h->nr_columns && begin_of(h, c) < x->to_ns; c++) {
		uint64_t from_ns = begin_of(h, c), to_ns = begin_of(h, c + 1);

		if (c == h->nr_columns - 1)
			to_ns = h->to_ns;
		from_ns = from_ns > x->from_ns ? from_ns : x->from_ns;
		to_ns = to_ns < x->to_ns ? to_ns : x->to_ns;
		if (from_ns >= to_ns)
			continue;
		add_to_column(p, c, s->model->profile, x,
			      (double)(s->filtered ? pk_filter_clip_ns(s->filter, from_ns, to_ns) :
						     to_ns - from_ns) / (x->to_ns - x->from_ns));
	}
	return 0;
}

static int by_requests(const void *a, const void *b)
{
	const struct pk_heat_panel *x = *(struct pk_heat_panel *const *)a;
	const struct pk_heat_panel *y = *(struct pk_heat_panel *const *)b;

	if (x->nr != y->nr)
		return x->nr > y->nr ? -1 : 1;
	if (x->device != y->device)
		return x->device < y->device ? -1 : 1;
	return x->op < y->op ? -1 : x->op > y->op;
}

/* Panels of pieces that the filter left nothing of. */
static void drop_empty(struct pk_heat *h)
{
	size_t nr = 0;

	for (size_t i = 0; i < h->panels.nr; i++) {
		if (h->panels.data[i]->max > 0)
			h->panels.data[nr++] = h->panels.data[i];
		else
			free(h->panels.data[i]);
	}
	h->panels.nr = nr;
}

int pk_heat_init(const struct pk_scope *s, struct pk_heat *ret)
{
	int rc;

	*ret = (struct pk_heat){ 0 };
	rc = pk_block_devices_init(s, &ret->devices);
	lay_columns(s, ret);
	for (size_t i = 0; !rc && ret->to_ns && i < s->model->profile->block_ops.nr; i++)
		if (wanted(s, i))
			rc = add_piece(s, ret, i);
	drop_empty(ret);
	if (ret->panels.nr)
		qsort(ret->panels.data, ret->panels.nr, sizeof(*ret->panels.data), by_requests);
	return rc;
}

void pk_heat_deinit(struct pk_heat *h)
{
	PK_VEC_FOREACH(&h->panels, it)
		free(*it);
	pk_vec_deinit(&h->panels);
	pk_block_devices_deinit(&h->devices);
}
