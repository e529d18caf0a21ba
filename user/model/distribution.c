// SPDX-License-Identifier: GPL-2.0-or-later
/* Distributions of times; see distribution.h. */
#include <math.h>

#include "model/distribution.h"

#define SUB_BITS 3	/* 8 buckets to each power of two */
#define SUB	 (1u << SUB_BITS)
#define ERROR	 (1.0 / 16)	/* relative, of quantiles from log-linear buckets */

static unsigned int highest_bit(uint64_t v)
{
	return 63 - __builtin_clzll(v);
}

unsigned int pk_dist_bucket(uint64_t ns)
{
	unsigned int e, b;

	if (ns < SUB)
		return ns;
	e = highest_bit(ns);
	b = (e - SUB_BITS + 1) * SUB + (ns >> (e - SUB_BITS) & (SUB - 1));
	return b < PKPROF_HIST_BUCKETS ? b : PKPROF_HIST_BUCKETS - 1;
}

unsigned int pk_dist_coarse_bucket(uint64_t ns)
{
	unsigned int b = ns ? highest_bit(ns) : 0;

	return b < PKPROF_HIST_COARSE ? b : PKPROF_HIST_COARSE - 1;
}

void pk_dist_bounds(unsigned int b, uint64_t *low_ret, uint64_t *high_ret)
{
	unsigned int shift;

	if (b < SUB) {
		*low_ret = b;
		*high_ret = b + 1;
		return;
	}
	shift = b / SUB - 1;
	*low_ret = (uint64_t)(SUB + b % SUB) << shift;
	*high_ret = *low_ret + (1ULL << shift);
}

void pk_dist_coarse_bounds(unsigned int b, uint64_t *low_ret, uint64_t *high_ret)
{
	*low_ret = b ? 1ULL << b : 0;
	*high_ret = 2ULL << b;
}

void pk_dist_bounds_of(const struct pk_dist *d, unsigned int b, uint64_t *low_ret,
		       uint64_t *high_ret)
{
	if (d->coarse)
		pk_dist_coarse_bounds(b, low_ret, high_ret);
	else
		pk_dist_bounds(b, low_ret, high_ret);
}

unsigned int pk_dist_nr_buckets(const struct pk_dist *d)
{
	return d->coarse ? PKPROF_HIST_COARSE : PKPROF_HIST_BUCKETS;
}

void pk_dist_add_bucket(struct pk_dist *d, unsigned int b, double nr)
{
	unsigned int last = pk_dist_nr_buckets(d) - 1;

	d->nr[b < last ? b : last] += nr;
}

void pk_dist_add_max(struct pk_dist *d, uint64_t max_ns, unsigned int last)
{
	uint64_t low, high;

	pk_dist_bounds_of(d, last, &low, &high);
	if (max_ns >= high && last != pk_dist_nr_buckets(d) - 1)
		max_ns = high - 1;
	if (max_ns > d->max_ns)
		d->max_ns = max_ns;
}

void pk_dist_add_values(struct pk_dist *d, unsigned int b, double nr, uint64_t max_ns)
{
	pk_dist_add_bucket(d, b, nr);
	d->count += nr;
	pk_dist_add_max(d, max_ns, b);
}

void pk_dist_add(struct pk_dist *d, const struct pk_dist *more)
{
	d->count += more->count;
	d->sum_ns += more->sum_ns;
	if (more->max_ns > d->max_ns)
		d->max_ns = more->max_ns;
	for (unsigned int b = 0; b < pk_dist_nr_buckets(more); b++)
		d->nr[b] += more->nr[b];
}

/*
 * The value at a share of the way through a bucket, as if its values were spread
 * evenly, but no nearer to either end than the promised error to the other one
 * allows: whatever the bucket holds, the promise is kept.
 */
static double value_within(const struct pk_dist *d, unsigned int b, double share)
{
	uint64_t low, high;
	double v, least, most;

	pk_dist_bounds_of(d, b, &low, &high);
	if (high - low == 1)
		return low;
	if (d->coarse)
		return low ? low * sqrt(2) : 1;
	v = low + (high - low) * share;
	least = high * (1 - ERROR);
	most = low * (1 + ERROR);
	return v < least ? least : v > most ? most : v;
}

double pk_dist_quantile(const struct pk_dist *d, double q)
{
	unsigned int nr = pk_dist_nr_buckets(d), last = nr;
	double all = 0, before = 0, rank, v;

	for (unsigned int b = 0; b < nr; b++) {
		all += d->nr[b];
		if (d->nr[b] > 0)
			last = b;
	}
	if (last == nr)
		return NAN;
	rank = all * q;
	for (unsigned int b = 0; b <= last; b++) {
		if (!(d->nr[b] > 0))
			continue;
		if (before + d->nr[b] >= rank || b == last) {
			v = b == nr - 1 ? (double)d->max_ns :
					  value_within(d, b, (rank - before) / d->nr[b]);
			return d->max_ns && v > d->max_ns ? (double)d->max_ns : v;
		}
		before += d->nr[b];
	}
	return NAN;
}
