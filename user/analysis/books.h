/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The books of a recording: the last counters of each CPU and source, summed.
 * They always cover the whole recording, whatever the filter.
 */
#ifndef PK_BOOKS_H
#define PK_BOOKS_H

#include "profile/profile.h"

struct pk_books_sum {
	uint64_t generated, delivered, lost[PKPROF_NR_LOSSES];	/* events */
	uint64_t hits, timed_hits, timed_ns;
	double entry_ns;		/* sum over all hits */
	unsigned int nr_cpus;		/* with books of this source */
};

/* By source. 0 or -ENOMEM. */
int pk_books_sum(const struct pk_profile *p, struct pk_books_sum ret[PKPROF_NR_SOURCES]);
void pk_books_add(struct pk_books_sum *sum, const struct pk_counters *c);

/* The source that took the samples: PKPROF_SRC_CPU or PKPROF_SRC_PMU. */
enum pkprof_source pk_books_sampler(const struct pk_books_sum sums[PKPROF_NR_SOURCES]);

uint64_t pk_books_lost(const struct pk_books_sum *b);	/* all reasons */
/* generated - delivered - lost: 0 when the books balance. */
int64_t pk_books_unaccounted(const struct pk_books_sum *b);
/*
 * ns per hit, in the handler and on the way to it; the timed hits of all CPUs
 * stand for all hits. NAN: none was timed.
 */
double pk_books_hit_ns(const struct pk_books_sum *b);
/* ns that the source cost, 0 without hits. */
double pk_books_cost_ns(const struct pk_books_sum *b);
/* CPU time of the recorder's process while it recorded, ns; 0: the file does not say. */
double pk_books_recorder_ns(const struct pk_profile *p);

#endif
