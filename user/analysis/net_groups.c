// SPDX-License-Identifier: GPL-2.0-or-later
/* Connections of a scope; see net_groups.h. */
#include <errno.h>

#include "analysis/net_groups.h"

struct grouping {
	const struct pk_scope *s;
	unsigned int by;
	struct pk_net_groups *ret;
};

/* Of a piece, what is to be told apart. */
static struct pk_net_group key_of(const struct grouping *g, const struct pk_net_conns *x,
				  uint32_t owner)
{
	struct pk_net_group key = { .role = x->role, .owner = PK_NO_OWNER };
	bool local_only = x->family == PKPROF_NET_FAMILY_UNIX;

	key.local_only = local_only;

	if (g->by & PK_NET_BY_PROCESS) {
		key.tgid = x->tgid;
		key.owner = owner;
	}
	if (g->by & (PK_NET_BY_PEER | PK_NET_BY_PORT)) {
		key.port = x->port;
		key.family = !!x->family;
	}
	if (g->by & PK_NET_BY_PEER || (local_only && g->by & PK_NET_BY_PORT)) {
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

static int order_of(const void *a, const void *b)
{
	const struct pk_net_group *x = a, *y = b;

	ORDER(role);
	ORDER(local_only);
	ORDER(tgid);
	ORDER(owner);
	ORDER(port);
	ORDER(family);
	ORDER(remote);
	ORDER(local);
	return 0;
}

static void add_dists(struct pk_net_group *group, const struct pk_profile *p,
		      const struct pk_net_conns *x, double share)
{
	for (uint32_t i = 0; i < x->nr_buckets; i++) {
		const struct pk_hist_bucket *b = &p->net_buckets.data[x->first_bucket + i];
		unsigned int which = b->bucket / PKPROF_HIST_BUCKETS;

		pk_dist_add_values(&group->dists[which], b->bucket % PKPROF_HIST_BUCKETS,
				   b->nr * share, x->maxes[which]);
	}
	for (unsigned int i = 0; i < PKPROF_NR_NET_DISTS; i++)
		group->dists[i].sum_ns += x->sums[i] * share;
}

static int add_piece(struct grouping *g, size_t i)
{
	const struct pk_net_conns *x = &g->s->model->profile->net_conns.data[i];
	uint32_t owner = g->s->model->net_owner[i];
	double share = pk_scope_part(g->s, x->from_ns, x->to_ns);
	struct pk_net_group *group, key;

	if (!(share > 0) || !pk_scope_has_owner(g->s, owner))
		return 0;
	key = key_of(g, x, owner);
	group = pk_group_list_get(&g->ret->all, &key, sizeof(key), order_of);
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
	pk_group_list_deinit(&g->all);
}
