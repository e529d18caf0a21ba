// SPDX-License-Identifier: GPL-2.0-or-later
/* Distributions: buckets against the contract's words, quantiles against exact data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <math.h>

#include "base/cleanup.h"
#include "base/map64.h"
#include "model/distribution.h"

/* The contract's rule, word by word. */
static unsigned int contract_bucket(uint64_t v)
{
	unsigned int e = 0, b;

	if (v < 8)
		return v;
	while (v >> e > 1)
		e++;
	b = (e - 2) * 8 + ((v >> (e - 3)) & 7);
	return b < PKPROF_HIST_BUCKETS ? b : PKPROF_HIST_BUCKETS - 1;
}

static void check_value(uint64_t v)
{
	unsigned int b = pk_dist_bucket(v);
	uint64_t low, high;

	assert_int_equal(b, contract_bucket(v));
	pk_dist_bounds(b, &low, &high);
	assert_true(low <= v);
	assert_true(v < high || b == PKPROF_HIST_BUCKETS - 1);
	/* the middle is within 1/16 of all that is in it */
	if (v >= 8 && v < 1ULL << 40)
		assert_true(fabs((low + high) / 2.0 - v) <= v / 16.0);
	b = pk_dist_coarse_bucket(v);
	pk_dist_coarse_bounds(b, &low, &high);
	assert_true(b < PKPROF_HIST_COARSE);
	assert_true(low <= v && (v < high || b == PKPROF_HIST_COARSE - 1));
}

static void test_buckets(void **state)
{
	uint64_t seed = 1, low, high, end = 0;

	(void)state;
	for (uint64_t v = 0; v < 100000; v++)
		check_value(v);
	for (int i = 0; i < 100000; i++)
		check_value(pk_hash64(seed++) >> (i % 64));
	for (int e = 3; e < 64; e++) {
		check_value((1ULL << e) - 1);
		check_value(1ULL << e);
	}
	/* they follow each other without gaps, up to 2^40 */
	for (unsigned int b = 0; b < PKPROF_HIST_BUCKETS; b++) {
		pk_dist_bounds(b, &low, &high);
		assert_int_equal(low, end);
		end = high;
	}
	assert_true(end == 1ULL << 40);
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void fill(struct pk_dist *d, const uint64_t *values, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		pk_dist_add_bucket(d, d->coarse ? pk_dist_coarse_bucket(values[i]) :
						  pk_dist_bucket(values[i]), 1);
		d->count++;
		d->sum_ns += values[i];
		d->max_ns = values[i] > d->max_ns ? values[i] : d->max_ns;
	}
}

static const double quantiles[] = { 0, 0.001, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1 };

/* @values are sorted. */
static void check_quantiles(const uint64_t *values, size_t nr)
{
	struct pk_dist fine = { 0 }, coarse = { .coarse = true };

	fill(&fine, values, nr);
	fill(&coarse, values, nr);
	for (size_t i = 0; i < PK_ARRAY_SIZE(quantiles); i++) {
		size_t rank = ceil(quantiles[i] * nr);
		double exact = values[rank ? rank - 1 : 0];
		double got = pk_dist_quantile(&fine, quantiles[i]);

		if (fabs(got - exact) > exact / 16 * (1 + 1e-12))
			fail_msg("p%g of %zu values: %g, exact is %g", quantiles[i] * 100, nr, got,
				 exact);
		got = pk_dist_quantile(&coarse, quantiles[i]);
		if (exact > 1 && (got > exact * 1.4143 || got < exact / 1.4143))
			fail_msg("p%g of %zu values: %g from coarse buckets, exact is %g",
				 quantiles[i] * 100, nr, got, exact);
	}
}

/* Of several shapes and sizes, with the values sitting wherever they like in a bucket. */
static void test_quantiles(void **state)
{
	static uint64_t values[20000];
	uint64_t seed = 7;

	(void)state;
	for (int shape = 0; shape < 6; shape++) {
		for (size_t nr = 1; nr <= PK_ARRAY_SIZE(values); nr = nr * 3 + 1) {
			for (size_t i = 0; i < nr; i++) {
				double u = ((pk_hash64(seed++) >> 11) + 1) * 0x1p-53;

				values[i] = shape == 0 ? u * 1e6 :
					    shape == 1 ? -log(u) * 5e4 :
					    shape == 2 ? 1000 * pow(u, -0.9) :
					    shape == 3 ? (u < 0.5 ? 1152 : 1279) :
					    shape == 4 ? (u < 0.99 ? 3000 : 40000000) :
							 12345;
				/* at most what the last coarse bucket is sure of */
				values[i] %= 1ULL << 31;
			}
			qsort(values, nr, sizeof(*values), compare);
			check_quantiles(values, nr);
		}
	}
}

static void test_edges(void **state)
{
	struct pk_dist d = { 0 }, more = { 0 };
	const uint64_t huge[] = { 1ULL << 45 }, small[] = { 0, 1, 5 };

	(void)state;
	assert_true(isnan(pk_dist_quantile(&d, 0.5)));
	/* the open bucket says no more than the maximum does */
	fill(&d, huge, 1);
	assert_true(pk_dist_quantile(&d, 0.5) == (double)huge[0]);
	fill(&more, small, 3);
	assert_true(pk_dist_quantile(&more, 0.5) == 1);
	pk_dist_add(&d, &more);
	assert_true(d.count == 4 && d.max_ns == huge[0]);
	assert_true(pk_dist_quantile(&d, 0.75) == 5);
	assert_true(pk_dist_quantile(&d, 1) == (double)huge[0]);
	/* a bucket number from a later version */
	pk_dist_add_bucket(&more, 100000, 1);
	assert_true(more.nr[PKPROF_HIST_BUCKETS - 1] == 1);
	/* a third of a value is a third of a value */
	d = (struct pk_dist){ .max_ns = 100000 };
	pk_dist_add_bucket(&d, pk_dist_bucket(1000), 1.0 / 3);
	pk_dist_add_bucket(&d, pk_dist_bucket(100000), 2.0 / 3);
	assert_true(pk_dist_quantile(&d, 0.3) < 1100);
	assert_true(pk_dist_quantile(&d, 0.4) > 90000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_quantiles),
		cmocka_unit_test(test_edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
