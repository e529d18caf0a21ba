/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Distributions of times in the buckets of the contract: log-linear ones, 8 to
 * each power of two, or coarse ones, one to each power of two. Counts are
 * fractions where a piece of a distribution was cut.
 *
 * What a bucket holds is not known finer than that. A quantile is told with a
 * relative error of at most 1/16 from log-linear buckets, and by a factor of at
 * most the square root of 2 from coarse ones, but in the last bucket, which is
 * open above.
 */
#ifndef PK_DISTRIBUTION_H
#define PK_DISTRIBUTION_H

#include <stdbool.h>
#include <stdint.h>

#include "uapi/pkprof.h"

struct pk_dist {
	bool coarse;
	double count, sum_ns;
	uint64_t max_ns;
	double nr[PKPROF_HIST_BUCKETS];	/* the first PKPROF_HIST_COARSE of them, if coarse */
};

/* The bucket that takes a value of @ns. */
unsigned int pk_dist_bucket(uint64_t ns);
unsigned int pk_dist_coarse_bucket(uint64_t ns);
/* What bucket @b takes: [low, high). */
void pk_dist_bounds(unsigned int b, uint64_t *low_ret, uint64_t *high_ret);
void pk_dist_coarse_bounds(unsigned int b, uint64_t *low_ret, uint64_t *high_ret);
/* Of this distribution's kind. */
void pk_dist_bounds_of(const struct pk_dist *d, unsigned int b, uint64_t *low_ret,
		       uint64_t *high_ret);
unsigned int pk_dist_nr_buckets(const struct pk_dist *d);

/*
 * Add @nr values that are in bucket @b. Buckets beyond the last one are the
 * last one. Count, sum and maximum are the caller's.
 */
void pk_dist_add_bucket(struct pk_dist *d, unsigned int b, double nr);
/*
 * Add the largest value of a piece whose last bucket is @last. @max_ns is the largest one
 * so far, which may be of an earlier piece: then the end of @last is all that is known.
 */
void pk_dist_add_max(struct pk_dist *d, uint64_t max_ns, unsigned int last);
/* @nr values of a piece that are in bucket @b, with their count and, likewise, the largest. */
void pk_dist_add_values(struct pk_dist *d, unsigned int b, double nr, uint64_t max_ns);
/* Add one of the same kind. */
void pk_dist_add(struct pk_dist *d, const struct pk_dist *more);
/*
 * The smallest value that a share @q (0..1) of all values does not exceed, in ns;
 * NAN of an empty distribution.
 */
double pk_dist_quantile(const struct pk_dist *d, double q);

#endif
