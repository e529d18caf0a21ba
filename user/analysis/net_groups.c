// SPDX-License-Identifier: GPL-2.0-or-later
/* Connections of a scope; see net_groups.h. */
#include <errno.h>
#include <stdlib.h>

#include "analysis/net_groups.h"

struct grouping {
	const struct pk_scope *s;
	unsigned int by;
	struct pk_net_groups *ret;
};

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

/* Of a piece, what is to be told apart. */
static struct pk_net_group key_of(const struct grouping *g, const struct pk_net_conns *x,
				  uint32_t owner)
{
	struct pk_net_group key = { .role = x->role, .owner = PK_NO_OWNER };

	if (g->by & PK_NET_BY_PROCESS) {
		key.tgid = x->tgid;
		key.owner = owner;
	}
	if (g->by & (PK_NET_BY_PEER | PK_NET_BY_PORT)) {
		key.port = x->port;
		key.family = !!x->family;
	}
	if (g->by & PK_NET_BY_PEER) {
		key.family = x->family;
		key.remote = x->remote;
		key.local = x->local;
	}
	return key;
}

#define ORDER(field)                                                                               \
	do {                                                                                       \
		if (x->field != y->field)                                                          \
			return x->field < y->field ? -1 : 1;                                       \
	} while (0)

static int order_of(const struct pk_net_group *x, const struct pk_net_group *y)
{
	ORDER(role);
	ORDER(tgid);
	ORDER(owner);
	ORDER(port);
	ORDER(family);
	ORDER(remote);
	ORDER(local);
	return 0;
}

/* The group of a piece, made if it is the first, in its place. */
static struct pk_net_group *group_of(struct grouping *g, const struct pk_net_group *key)
{
	size_t low = 0, high = g->ret->all.nr;
	struct pk_net_group *new;

	while (low < high) {
		size_t mid = (low + high) / 2;
		int order = order_of(key, g->ret->all.data[mid]);

		if (!order)
			return g->ret->all.data[mid];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	new = malloc(sizeof(*new));
	if (!new || pk_vec_add(&g->ret->all, new)) {
		free(new);
		return NULL;
	}
	*new = *key;
	for (size_t i = g->ret->all.nr - 1; i > low; i--)
		g->ret->all.data[i] = g->ret->all.data[i - 1];
	g->ret->all.data[low] = new;
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

static void add_dists(struct pk_net_group *group, const struct pk_profile *p,
		      const struct pk_net_conns *x, double share)
{
	for (uint32_t i = 0; i < x->nr_buckets; i++) {
		const struct pk_hist_bucket *b = &p->net_buckets.data[x->first_bucket + i];
		unsigned int which = b->bucket / PKPROF_HIST_BUCKETS;
		unsigned int bucket = b->bucket % PKPROF_HIST_BUCKETS;
		struct pk_dist *d = &group->dists[which];

		pk_dist_add_bucket(d, bucket, b->nr * share);
		d->count += b->nr * share;
		add_max(d, x->maxes[which], bucket);
	}
	for (unsigned int i = 0; i < PKPROF_NR_NET_DISTS; i++)
		group->dists[i].sum_ns += x->sums[i] * share;
}

static int add_piece(struct grouping *g, size_t i)
{
	const struct pk_net_conns *x = &g->s->model->profile->net_conns.data[i];
	uint32_t owner = g->s->model->net_owner[i];
	double share = inside(g->s, x->from_ns, x->to_ns);
	struct pk_net_group *group, key;

	if (!(share > 0) || !wanted(g->s, owner))
		return 0;
	key = key_of(g, x, owner);
	group = group_of(g, &key);
	if (!group)
		return -ENOMEM;
	for (unsigned int c = 0; c < PKPROF_NR_NET_COUNTS; c++)
		group->counts[c] += x->counts[c] * share;
	add_dists(group, g->s->model->profile, x, share);
	return 0;
}

int pk_net_groups_init(const struct pk_scope *s, unsigned int by, struct pk_net_groups *ret)
{
	struct grouping g = { .s = s, .by = by, .ret = ret };
	int rc = 0;

	*ret = (struct pk_net_groups){ 0 };
	for (size_t i = 0; !rc && i < s->model->profile->net_conns.nr; i++)
		rc = add_piece(&g, i);
	return rc;
}

void pk_net_groups_deinit(struct pk_net_groups *g)
{
	PK_VEC_FOREACH(&g->all, it)
		free(*it);
	pk_vec_deinit(&g->all);
}
