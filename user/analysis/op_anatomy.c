// SPDX-License-Identifier: GPL-2.0-or-later
/* The anatomy of operations on files; see op_anatomy.h. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/op_anatomy.h"
#include "analysis/vfs_groups.h"

const double pk_op_band_ends[PK_OP_NR_BANDS] = { 0.5, 0.9, 0.99, 0.999, 1 };

static const struct pk_op *op_at(const struct pk_scope *s, uint32_t i)
{
	return &s->model->profile->ops.data[i];
}

bool pk_op_in_scope(const struct pk_scope *s, size_t i)
{
	uint64_t time_ns = op_at(s, i)->time_ns;

	if (!s->filtered)
		return true;
	return pk_filter_clip_ns(s->filter, time_ns, time_ns + 1) &&
	       pk_filter_match_thread(s->filter, s->model, s->model->op_thread[i]);
}

static int take_op(struct pk_op_anatomy *a, const struct pk_scope *s, size_t i)
{
	const struct pk_op *x = op_at(s, i);
	struct pk_op_kind *k = &a->kinds[x->op];
	struct pk_op_bucket *b = &k->told[pk_dist_bucket(x->length_ns)];

	if (x->flags & PKPROF_OP_WHOLE) {
		a->nr_whole++;
		return 0;
	}
	k->nr_told++;
	b->nr += x->nr;
	for (unsigned int part = 0; part < PKPROF_NR_OP_PARTS; part++)
		b->parts_ns[part] += (double)x->parts_ns[part] * x->nr;
	return pk_vec_add(&a->ops, (uint32_t)i);
}

/* The bucket in which the @q of all are reached. */
static unsigned int bucket_of(const struct pk_dist *d, double q)
{
	double sum = 0;

	for (unsigned int b = 0; b < PKPROF_HIST_BUCKETS; b++) {
		sum += d->nr[b];
		if (sum >= q * d->count * (1 - 1e-12))
			return b;
	}
	return PKPROF_HIST_BUCKETS - 1;
}

static int take_distributions(struct pk_op_anatomy *a, const struct pk_scope *s)
{
	struct pk_vfs_groups groups;
	int rc = pk_vfs_groups_init(s, PK_VFS_BY_OP, &groups);

	for (size_t i = 0; !rc && i < groups.all.nr; i++) {
		const struct pk_vfs_group *g = groups.all.data[i];
		struct pk_op_kind *k = &a->kinds[g->op];

		if (g->below || !(g->time.count > 0))
			continue;
		k->any = true;
		k->time = g->time;
		for (unsigned int band = 0; band < PK_OP_NR_BANDS; band++)
			k->ends[band] = bucket_of(&k->time, pk_op_band_ends[band]);
		k->ends[PK_OP_NR_BANDS - 1] = PKPROF_HIST_BUCKETS - 1;
	}
	pk_vfs_groups_deinit(&groups);
	return rc;
}

int pk_op_anatomy_init(const struct pk_scope *s, struct pk_op_anatomy *ret)
{
	int rc;

	*ret = (struct pk_op_anatomy){ .kinds = calloc(PKPROF_NR_VFS_OPS, sizeof(*ret->kinds)) };
	rc = ret->kinds ? take_distributions(ret, s) : -ENOMEM;
	for (size_t i = 0; !rc && i < s->model->profile->ops.nr; i++)
		if (pk_op_in_scope(s, i))
			rc = take_op(ret, s, i);
	return rc;
}

void pk_op_anatomy_deinit(struct pk_op_anatomy *a)
{
	free(a->kinds);
	a->kinds = NULL;
	pk_vec_deinit(&a->ops);
}

static uint64_t told_in(const struct pk_op_anatomy *a, const struct pk_scope *s, unsigned int op,
			unsigned int from, unsigned int to)
{
	uint64_t nr = 0;

	PK_VEC_FOREACH(&a->ops, i) {
		unsigned int bucket = pk_dist_bucket(op_at(s, *i)->length_ns);

		nr += op_at(s, *i)->op == op && bucket >= from && bucket <= to;
	}
	return nr;
}

void pk_op_band(const struct pk_op_anatomy *a, const struct pk_scope *s, unsigned int op,
		unsigned int from, unsigned int to, struct pk_op_band *ret)
{
	const struct pk_op_kind *k = &a->kinds[op];
	double known = 0;

	*ret = (struct pk_op_band){ .nr_told = told_in(a, s, op, from, to) };
	for (unsigned int b = from; b <= to; b++) {
		const struct pk_op_bucket *told = &k->told[b];

		ret->nr += k->time.nr[b];
		if (!(told->nr > 0))
			continue;
		known += k->time.nr[b];
		for (unsigned int part = 0; part < PKPROF_NR_OP_PARTS; part++)
			ret->parts_ns[part] += told->parts_ns[part] / told->nr * k->time.nr[b];
	}
	/* the last operations of a recording may be told, and not be in its sums yet */
	if (!(known > 0)) {
		ret->nr_told = 0;
		return;
	}
	for (unsigned int part = 0; part < PKPROF_NR_OP_PARTS; part++) {
		ret->parts_ns[part] /= known;
		ret->mean_ns += ret->parts_ns[part];
	}
}

long pk_op_near(const struct pk_op_anatomy *a, const struct pk_scope *s, unsigned int op, double q)
{
	double wanted_ns = pk_dist_quantile(&a->kinds[op].time, q), least = INFINITY;
	long found = -1;

	PK_VEC_FOREACH(&a->ops, i) {
		const struct pk_op *x = op_at(s, *i);
		double off = fabs((double)x->length_ns - wanted_ns);

		if (x->op == op && off < least) {
			least = off;
			found = *i;
		}
	}
	return found;
}
