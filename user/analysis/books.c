// SPDX-License-Identifier: GPL-2.0-or-later
/* The books of a recording; see books.h. */
#include <math.h>

#include "analysis/books.h"

void pk_books_add(struct pk_books_sum *sum, const struct pk_counters *c)
{
	const struct pkprof_counters *k = &c->kernel;

	sum->generated += k->generated;
	sum->delivered += c->delivered;
	for (unsigned int i = 0; i < PKPROF_NR_LOSSES; i++)
		sum->lost[i] += k->lost[i];
	sum->hits += k->hits;
	sum->timed_hits += k->timed_hits;
	sum->timed_ns += k->timed_ns;
	sum->entry_ns += (double)k->entry_ns * k->hits;
	sum->nr_cpus++;
}

int pk_books_sum(const struct pk_profile *p, struct pk_books_sum ret[PKPROF_NR_SOURCES])
{
	struct pk_books_view view = { 0 };

	memset(ret, 0, PKPROF_NR_SOURCES * sizeof(*ret));
	if (pk_profile_latest_books(p, &view))
		return -ENOMEM;
	PK_VEC_FOREACH(&view.latest, idx) {
		const struct pk_counters *c = &p->counters.data[*idx];

		if (c->kernel.source < PKPROF_NR_SOURCES)
			pk_books_add(&ret[c->kernel.source], c);
	}
	pk_vec_deinit(&view.latest);
	return 0;
}

enum pkprof_source pk_books_sampler(const struct pk_books_sum sums[PKPROF_NR_SOURCES])
{
	return sums[PKPROF_SRC_PMU].nr_cpus ? PKPROF_SRC_PMU : PKPROF_SRC_CPU;
}

uint64_t pk_books_lost(const struct pk_books_sum *b)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < PKPROF_NR_LOSSES; i++)
		sum += b->lost[i];
	return sum;
}

int64_t pk_books_unaccounted(const struct pk_books_sum *b)
{
	return b->generated - b->delivered - pk_books_lost(b);
}

double pk_books_hit_ns(const struct pk_books_sum *b)
{
	if (!b->timed_hits || !b->hits)
		return NAN;
	return (double)b->timed_ns / b->timed_hits + b->entry_ns / b->hits;
}

double pk_books_recorder_ns(const struct pk_profile *p)
{
	return pk_profile_fact_u64(p, "record.cpu_ns", 0);
}

double pk_books_cost_ns(const struct pk_books_sum *b)
{
	return b->hits ? pk_books_hit_ns(b) * b->hits : 0;
}
