// SPDX-License-Identifier: GPL-2.0-or-later
/* Operations on files of a scope; see vfs_groups.h. */
#include <errno.h>
#include <stdlib.h>

#include "analysis/vfs_groups.h"

/* The share of [from, to) that is in the scope. */
static double inside(const struct pk_scope *s, uint64_t from_ns, uint64_t to_ns)
{
	uint64_t length = to_ns - from_ns;

	if (!s->filtered)
		return 1;
	return length ? (double)pk_filter_clip_ns(s->filter, from_ns, to_ns) / length : 0;
}

static bool wanted(const struct pk_scope *s, uint32_t owner)
{
	if (!s->filter->tgid && !s->filter->comm)
		return true;
	return owner != PK_NO_OWNER && pk_scope_has_process(s, owner);
}

static struct pk_vfs_group key_of(const struct pk_vfs_ops *x, unsigned int by, uint32_t owner)
{
	return (struct pk_vfs_group){
		.below = x->flags & PKPROF_VFS_BELOW,
		.op = by & PK_VFS_BY_OP ? x->op : 0,
		.fs = by & PK_VFS_BY_FS ? x->fs : 0,
		.tgid = by & PK_VFS_BY_PROCESS ? x->tgid : 0,
		.owner = by & PK_VFS_BY_PROCESS ? owner : PK_NO_OWNER,
	};
}

#define ORDER(field)                                                                               \
	do {                                                                                       \
		if (x->field != y->field)                                                          \
			return x->field < y->field ? -1 : 1;                                       \
	} while (0)

static int order_of(const struct pk_vfs_group *x, const struct pk_vfs_group *y)
{
	ORDER(below);
	ORDER(fs);
	ORDER(tgid);
	ORDER(owner);
	ORDER(op);
	return 0;
}

/* The group of a piece, made if it is the first, in its place. */
static struct pk_vfs_group *group_of(struct pk_vfs_groups *g, const struct pk_vfs_group *key)
{
	size_t low = 0, high = g->all.nr;
	struct pk_vfs_group *new;

	while (low < high) {
		size_t mid = (low + high) / 2;
		int order = order_of(key, g->all.data[mid]);

		if (!order)
			return g->all.data[mid];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	new = malloc(sizeof(*new));
	if (!new || pk_vec_add(&g->all, new)) {
		free(new);
		return NULL;
	}
	*new = *key;
	for (size_t i = g->all.nr - 1; i > low; i--)
		g->all.data[i] = g->all.data[i - 1];
	g->all.data[low] = new;
	return new;
}

/* The largest one so far may be of an earlier piece: then the last bucket's end is known. */
static void add_max(struct pk_dist *d, uint64_t max_ns, unsigned int last)
{
	uint64_t low, high;

	pk_dist_bounds(last, &low, &high);
	if (max_ns >= high && last != PKPROF_HIST_BUCKETS - 1)
		max_ns = high - 1;
	if (max_ns > d->max_ns)
		d->max_ns = max_ns;
}

static void add_times(struct pk_dist *d, const struct pk_profile *p, const struct pk_vfs_ops *x,
		      double share)
{
	for (uint32_t i = 0; i < x->nr_buckets; i++) {
		const struct pk_hist_bucket *b = &p->vfs_buckets.data[x->first_bucket + i];

		pk_dist_add_bucket(d, b->bucket, b->nr * share);
		d->count += b->nr * share;
		add_max(d, x->max_ns, b->bucket);
	}
	d->sum_ns += x->sum_ns * share;
}

static int add_piece(const struct pk_scope *s, unsigned int by, struct pk_vfs_groups *ret, size_t i)
{
	const struct pk_vfs_ops *x = &s->model->profile->vfs_ops.data[i];
	uint32_t owner = s->model->vfs_owner[i];
	double share = inside(s, x->from_ns, x->to_ns);
	struct pk_vfs_group key = key_of(x, by, owner), *group;

	if (!(share > 0) || !wanted(s, owner))
		return 0;
	group = group_of(ret, &key);
	if (!group)
		return -ENOMEM;
	group->nr += x->nr * share;
	group->bytes += x->bytes * share;
	group->nr_untimed += x->nr_untimed * share;
	group->nr_failed += x->nr_failed * share;
	group->added_bytes += x->added_bytes * share;
	group->nr_missed += x->nr_missed * share;
	group->nr_ahead += x->nr_ahead * share;
	add_times(&group->time, s->model->profile, x, share);
	return 0;
}

int pk_vfs_groups_init(const struct pk_scope *s, unsigned int by, struct pk_vfs_groups *ret)
{
	int rc = 0;

	*ret = (struct pk_vfs_groups){ 0 };
	for (size_t i = 0; !rc && i < s->model->profile->vfs_ops.nr; i++)
		rc = add_piece(s, by, ret, i);
	return rc;
}

void pk_vfs_groups_deinit(struct pk_vfs_groups *g)
{
	PK_VEC_FOREACH(&g->all, it)
		free(*it);
	pk_vec_deinit(&g->all);
}
