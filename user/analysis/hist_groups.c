// SPDX-License-Identifier: GPL-2.0-or-later
/* Distributions of a scope; see hist_groups.h. */
#include "analysis/hist_groups.h"

/* A piece with what it is sorted by. */
struct entry {
	uint8_t key;
	uint32_t owner;
	struct pk_hist_ref ref;
};

static int by_owner(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->owner != y->owner)
		return x->owner < y->owner ? -1 : 1;
	return x->ref.piece < y->ref.piece ? -1 : x->ref.piece > y->ref.piece;
}

static bool matches(const struct pk_scope *s, const struct pk_hist_piece *h, uint32_t owner)
{
	if (!s->filter->tgid && !s->filter->comm)
		return true;
	if (h->key == PKPROF_HIST_CPU || owner == PK_NO_OWNER)
		return false;
	return h->key == PKPROF_HIST_PROCESS ? pk_scope_has_process(s, owner) :
					       pk_filter_match_thread(s->filter, s->model, owner);
}

static int collect(const struct pk_scope *s, enum pkprof_hist_what what, struct entry *ret,
		   size_t *nr_ret)
{
	const struct pk_profile *p = s->model->profile;
	size_t nr = 0;

	for (size_t i = 0; i < p->hists.nr; i++) {
		const struct pk_hist_piece *h = &p->hists.data[i];
		uint32_t owner = h->key == PKPROF_HIST_CPU ? h->id : s->model->hist_owner[i];
		double share = pk_scope_part(s, h->from_ns, h->to_ns);

		if (h->what != what || !h->count || !(share > 0) || !matches(s, h, owner))
			continue;
		ret[nr++] = (struct entry){ h->key, owner, { i, share } };
	}
	if (nr)
		qsort(ret, nr, sizeof(*ret), by_owner);
	*nr_ret = nr;
	return 0;
}

static int make_groups(const struct entry *entries, size_t nr, struct pk_hist_groups *g)
{
	struct pk_hist_group *group = NULL;

	for (size_t i = 0; i < nr; i++) {
		const struct entry *e = &entries[i];
		const struct pk_hist_piece *h = &g->profile->hists.data[e->ref.piece];

		if (!group || group->key != e->key || group->owner != e->owner) {
			group = pk_vec_push(&g->groups);
			if (!group)
				return -ENOMEM;
			group->key = e->key;
			group->owner = e->owner;
			group->first = i;
		}
		if (pk_vec_add(&g->refs, e->ref))
			return -ENOMEM;
		group->nr++;
		group->count += h->count * e->ref.share;
		group->sum_ns += h->sum_ns * e->ref.share;
	}
	return 0;
}

int pk_hist_groups_init(const struct pk_scope *s, enum pkprof_hist_what what,
			struct pk_hist_groups *ret)
{
	struct entry *entries = calloc(s->model->profile->hists.nr + 1, sizeof(*entries));
	size_t nr = 0;
	int rc = entries ? 0 : -ENOMEM;

	*ret = (struct pk_hist_groups){ .profile = s->model->profile,
					.of_all = !s->filter->tgid && !s->filter->comm };
	if (!rc)
		rc = collect(s, what, entries, &nr);
	if (!rc)
		rc = make_groups(entries, nr, ret);
	free(entries);
	return rc;
}

void pk_hist_groups_deinit(struct pk_hist_groups *g)
{
	pk_vec_deinit(&g->refs);
	pk_vec_deinit(&g->groups);
}

static void add_piece(struct pk_dist *d, const struct pk_profile *p, const struct pk_hist_ref *ref)
{
	const struct pk_hist_piece *h = &p->hists.data[ref->piece];
	unsigned int last = 0;

	for (uint32_t i = 0; i < h->nr_buckets; i++) {
		const struct pk_hist_bucket *b = &p->hist_buckets.data[h->first_bucket + i];

		pk_dist_add_bucket(d, b->bucket, b->nr * ref->share);
		if (b->nr && b->bucket > last)
			last = b->bucket;
	}
	d->count += h->count * ref->share;
	d->sum_ns += h->sum_ns * ref->share;
	pk_dist_add_max(d, h->max_ns, last);
}

static void add_group(struct pk_dist *d, const struct pk_hist_groups *g,
		      const struct pk_hist_group *group)
{
	for (uint32_t i = 0; i < group->nr; i++)
		add_piece(d, g->profile, &g->refs.data[group->first + i]);
}

void pk_hist_group_dist(const struct pk_hist_groups *g, const struct pk_hist_group *group,
			struct pk_dist *ret)
{
	*ret = (struct pk_dist){ .coarse = group->key == PKPROF_HIST_THREAD };
	add_group(ret, g, group);
}

void pk_hist_groups_all(const struct pk_hist_groups *g, struct pk_dist *ret)
{
	enum pkprof_hist_key key = g->of_all ? PKPROF_HIST_CPU : PKPROF_HIST_PROCESS;

	*ret = (struct pk_dist){ 0 };
	PK_VEC_FOREACH(&g->groups, group)
		if (group->key == key)
			add_group(ret, g, group);
}
