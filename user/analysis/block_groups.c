// SPDX-License-Identifier: GPL-2.0-or-later
/* Block requests and devices of a scope; see block_groups.h. */
#include <stdlib.h>
#include <string.h>

#include "analysis/block_groups.h"
#include "base/map64.h"

/* --- devices ------------------------------------------------------------------------ */

static struct pk_block_device *device_of(struct pk_block_devices *d, uint32_t id)
{
	struct pk_block_device *new;

	PK_VEC_FOREACH(&d->all, it)
		if (it->id == id)
			return it;
	new = pk_vec_push(&d->all);
	if (new)
		new->id = id;
	return new;
}

static int by_name(const void *a, const void *b)
{
	const struct pk_block_device *x = a, *y = b;
	int order = strverscmp(x->name, y->name);

	if (!x->id != !y->id)
		return x->id ? -1 : 1;
	return order ? order : x->id < y->id ? -1 : x->id > y->id;
}

static void add_load(const struct pk_scope *s, struct pk_block_device *d,
		     const struct pk_block_load *x)
{
	double share = pk_scope_part(s, x->from_ns, x->to_ns);

	d->name = pk_model_string(s->model, x->name);
	d->dev = x->dev;
	d->flags = x->flags;
	if (!(share > 0))
		return;
	if (x->max_depth > d->max_depth)
		d->max_depth = x->max_depth;
	d->load_ns += x->load_ns * share;
	for (unsigned int i = 1; i < PKPROF_BLOCK_DEPTHS; i++)
		d->depth_ns[i] += x->depth_ns[i] * share;
}

int pk_block_devices_init(const struct pk_scope *s, struct pk_block_devices *ret)
{
	const struct pk_profile *p = s->model->profile;
	struct pk_block_device *d;

	*ret = (struct pk_block_devices){ 0 };
	PK_VEC_FOREACH(&p->block_loads, x) {
		d = device_of(ret, x->device);
		if (!d)
			return -ENOMEM;
		add_load(s, d, x);
	}
	/* a file may tell of requests of a device that it does not describe */
	PK_VEC_FOREACH(&p->block_ops, x) {
		d = device_of(ret, x->device);
		if (!d)
			return -ENOMEM;
		if (!d->name)
			d->name = "(not known)";
	}
	if (ret->all.nr)
		qsort(ret->all.data, ret->all.nr, sizeof(*ret->all.data), by_name);
	return 0;
}

void pk_block_devices_deinit(struct pk_block_devices *d)
{
	pk_vec_deinit(&d->all);
}

const struct pk_block_device *pk_block_devices_find(const struct pk_block_devices *d, uint32_t id)
{
	PK_VEC_FOREACH(&d->all, it)
		if (it->id == id)
			return it;
	return NULL;
}

double pk_block_busy_ns(const struct pk_block_device *d)
{
	double sum = 0;

	for (unsigned int i = 1; i < PKPROF_BLOCK_DEPTHS; i++)
		sum += d->depth_ns[i];
	return sum;
}

/* --- requests ----------------------------------------------------------------------- */

struct grouping {
	const struct pk_scope *s;
	const struct pk_block_devices *devices;
	unsigned int by;
	struct pk_block_groups *ret;
	struct pk_map64 where;
};

static bool wanted(const struct grouping *g, const struct pk_block_ops *x, uint32_t owner,
		   const struct pk_block_device *d)
{
	bool own = x->tgid || x->flags & PK_BLOCK_ANY_PROCESS;

	if (own != !!(g->by & (PK_BY_PROCESS | PK_BY_CGROUP)))
		return false;
	if (!(g->by & PK_BY_DEVICE) && d->flags & PKPROF_BLOCK_STACKED)
		return false;
	return pk_scope_has_owner(g->s, own ? owner : PK_NO_OWNER);
}

/* The cgroup of a process; string id, 0: not known. */
static uint32_t cgroup_of(const struct grouping *g, uint32_t owner)
{
	return owner != PK_NO_OWNER ? g->s->model->processes.data[owner].cgroup : 0;
}

/* Whom of those that are told apart a piece is of. */
static uint64_t who_of(const struct grouping *g, const struct pk_block_ops *x, uint32_t owner)
{
	if (g->by & PK_BY_CGROUP)
		return cgroup_of(g, owner);
	return owner != PK_NO_OWNER ? owner + 1ULL : x->tgid ? 1ULL << 32 | x->tgid : 0;
}

/* The group of a piece, made if it is the first. Owners are fewer than 2^24. */
static struct pk_block_group *group_of(struct grouping *g, const struct pk_block_ops *x,
				       uint32_t owner, const struct pk_block_device *d)
{
	uint64_t device = g->by & PK_BY_DEVICE ? d - g->devices->all.data + 1 : 0;
	unsigned int op = g->by & PK_BY_OP ? x->op : 0, size = g->by & PK_BY_SIZE ? x->size : 0;
	unsigned int role = g->by & PK_BY_PROCESS ? PK_BLOCK_BY(x->flags) : 0;
	uint32_t *at = pk_map64_at(&g->where, device << 45 | (uint64_t)op << 41 |
						      (uint64_t)size << 37 |
						      (uint64_t)role << 34 |
						      who_of(g, x, owner));
	struct pk_block_group *new;

	if (!at)
		return NULL;
	if (*at != PK_MAP64_NONE)
		return g->ret->all.data[*at];
	new = calloc(1, sizeof(*new));
	if (!new || pk_vec_add(&g->ret->all, new)) {
		free(new);
		return NULL;
	}
	*at = g->ret->all.nr - 1;
	new->device = device ? d : NULL;
	new->op = op;
	new->size = size;
	new->by = role;
	new->owner = PK_NO_OWNER;
	if (g->by & PK_BY_CGROUP) {
		new->cgroup = cgroup_of(g, owner);
	} else {
		new->tgid = x->tgid;
		new->owner = owner;
	}
	return new;
}

static void add_times(struct pk_block_group *group, const struct pk_profile *p,
		      const struct pk_block_ops *x, double share)
{
	for (uint32_t i = 0; i < x->nr_buckets; i++) {
		const struct pk_hist_bucket *b = &p->block_buckets.data[x->first_bucket + i];
		unsigned int time = b->bucket / PKPROF_HIST_BUCKETS;

		pk_dist_add_values(&group->time[time], b->bucket % PKPROF_HIST_BUCKETS,
				   b->nr * share, x->max_ns[time]);
	}
	for (unsigned int t = 0; t < PKPROF_NR_BLOCK_TIMES; t++)
		group->time[t].sum_ns += x->sum_ns[t] * share;
}

static int add_piece(struct grouping *g, size_t i)
{
	const struct pk_block_ops *x = &g->s->model->profile->block_ops.data[i];
	const struct pk_block_device *d = pk_block_devices_find(g->devices, x->device);
	uint32_t owner = g->s->model->block_owner[i];
	double share = pk_scope_part(g->s, x->from_ns, x->to_ns);
	struct pk_block_group *group;

	if (!(share > 0) || !wanted(g, x, owner, d))
		return 0;
	group = group_of(g, x, owner, d);
	if (!group)
		return -ENOMEM;
	group->nr += x->nr * share;
	group->bytes += x->bytes * share;
	group->nr_untimed += x->nr_untimed * share;
	group->nr_failed += x->nr_failed * share;
	group->nr_partial += x->nr_partial * share;
	group->nr_requeued += x->nr_requeued * share;
	group->nr_merged += x->nr_merged * share;
	group->nr_split += x->nr_split * share;
	add_times(group, g->s->model->profile, x, share);
	return 0;
}

static int by_kind(const void *a, const void *b)
{
	const struct pk_block_group *x = *(struct pk_block_group *const *)a;
	const struct pk_block_group *y = *(struct pk_block_group *const *)b;

	if (x->device != y->device)
		return x->device < y->device ? -1 : 1;
	if (x->tgid != y->tgid)
		return x->tgid < y->tgid ? -1 : 1;
	if (x->owner != y->owner)
		return x->owner < y->owner ? -1 : 1;
	if (x->cgroup != y->cgroup)
		return x->cgroup < y->cgroup ? -1 : 1;
	if (x->by != y->by)
		return x->by < y->by ? -1 : 1;
	if (x->op != y->op)
		return x->op < y->op ? -1 : 1;
	return x->size < y->size ? -1 : x->size > y->size;
}

int pk_block_groups_init(const struct pk_scope *s, const struct pk_block_devices *devices,
			 unsigned int by, struct pk_block_groups *ret)
{
	struct grouping g = { .s = s, .devices = devices, .by = by, .ret = ret };
	int rc = 0;

	*ret = (struct pk_block_groups){ 0 };
	for (size_t i = 0; !rc && i < s->model->profile->block_ops.nr; i++)
		rc = add_piece(&g, i);
	if (ret->all.nr)
		qsort(ret->all.data, ret->all.nr, sizeof(*ret->all.data), by_kind);
	pk_map64_deinit(&g.where);
	return rc;
}

void pk_block_groups_deinit(struct pk_block_groups *g)
{
	PK_VEC_FOREACH(&g->all, it)
		free(*it);
	pk_vec_deinit(&g->all);
}
