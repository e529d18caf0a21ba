// SPDX-License-Identifier: GPL-2.0-or-later
/* Rankings; see ranking.h. */
#include "analysis/ranking.h"

static int heavier_first(const void *a, const void *b)
{
	const struct pk_rank *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight < y->weight ? 1 : -1;
	if (x->tie != y->tie)
		return x->tie < y->tie ? 1 : -1;
	return x->idx < y->idx ? -1 : x->idx > y->idx;
}

int pk_ranking_init(const uint64_t *weights, const uint64_t *ties, size_t nr, size_t limit,
		    struct pk_ranking *ret)
{
	*ret = (struct pk_ranking){ 0 };
	for (size_t i = 0; i < nr; i++) {
		struct pk_rank rank = { weights[i], ties ? ties[i] : 0, i };

		if ((rank.weight || rank.tie) && pk_vec_add(&ret->ranks, rank)) {
			pk_ranking_deinit(ret);
			return -ENOMEM;
		}
	}
	if (ret->ranks.nr)
		qsort(ret->ranks.data, ret->ranks.nr, sizeof(*ret->ranks.data), heavier_first);
	if (limit && ret->ranks.nr > limit) {
		ret->nr_left_out = ret->ranks.nr - limit;
		ret->ranks.nr = limit;
	}
	return 0;
}

void pk_ranking_deinit(struct pk_ranking *r)
{
	pk_vec_deinit(&r->ranks);
}
