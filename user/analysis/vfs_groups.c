// SPDX-License-Identifier: GPL-2.0-or-later
/* Operations on files of a scope; see vfs_groups.h. */
#include <errno.h>

#include "analysis/vfs_groups.h"

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

static int order_of(const void *a, const void *b)
{
	const struct pk_vfs_group *x = a, *y = b;

	ORDER(below);
	ORDER(fs);
	ORDER(tgid);
	ORDER(owner);
	ORDER(op);
	return 0;
}

static void add_times(struct pk_dist *d, const struct pk_profile *p, const struct pk_vfs_ops *x,
		      double share)
{
	for (uint32_t i = 0; i < x->nr_buckets; i++) {
		const struct pk_hist_bucket *b = &p->vfs_buckets.data[x->first_bucket + i];

		pk_dist_add_values(d, b->bucket, b->nr * share, x->max_ns);
	}
	d->sum_ns += x->sum_ns * share;
}

static int add_piece(const struct pk_scope *s, unsigned int by, struct pk_vfs_groups *ret, size_t i)
{
	const struct pk_vfs_ops *x = &s->model->profile->vfs_ops.data[i];
	uint32_t owner = s->model->vfs_owner[i];
	double share = pk_scope_part(s, x->from_ns, x->to_ns);
	struct pk_vfs_group key = key_of(x, by, owner), *group;

	if (!(share > 0) || !pk_scope_has_owner(s, owner))
		return 0;
	group = pk_group_list_get(&ret->all, &key, sizeof(key), order_of);
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
	pk_group_list_deinit(&g->all);
}
