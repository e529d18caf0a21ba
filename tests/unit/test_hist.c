// SPDX-License-Identifier: GPL-2.0-or-later
/* link: kmod/hist.c */
/*
 * Log-linear buckets: where values go, that the buckets cover all values without
 * gap, that the middle of a bucket is within 1/16, and what is told of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "hist.h"

/* As the contract words it. */
static unsigned int bucket_by_contract(u64 v)
{
	unsigned int e;

	if (v < 8)
		return v;
	if (v >= 1ULL << 40)
		return PKPROF_HIST_BUCKETS - 1;
	e = 63 - __builtin_clzll(v);
	return (e - 2) * 8 + ((v >> (e - 3)) & 7);
}

static void test_bucket_is_the_contracts(void **state)
{
	u64 v, x = 88172645463325252ULL;
	unsigned int i;

	(void)state;
	for (v = 0; v < 1 << 16; v++)
		assert_int_equal(pk_hist_bucket(v), bucket_by_contract(v));
	for (i = 0; i < 64; i++) {
		for (v = 0; v < 3; v++) {
			assert_int_equal(pk_hist_bucket((1ULL << i) + v - 1),
					 bucket_by_contract((1ULL << i) + v - 1));
		}
	}
	assert_int_equal(pk_hist_bucket(UINT64_MAX), PKPROF_HIST_BUCKETS - 1);
	assert_int_equal(pk_hist_bucket(PK_HIST_MAX_NS), PKPROF_HIST_BUCKETS - 1);
	for (i = 0; i < 1000000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		v = x >> (i % 64);
		assert_int_equal(pk_hist_bucket(v), bucket_by_contract(v));
	}
}

static void test_buckets_have_no_gap(void **state)
{
	unsigned int b;

	(void)state;
	for (b = 0; b < PKPROF_HIST_BUCKETS; b++) {
		u64 from = pk_hist_bucket_from_ns(b);

		assert_int_equal(pk_hist_bucket(from), b);
		if (b)
			assert_int_equal(pk_hist_bucket(from - 1), b - 1);
	}
}

static void test_middle_is_within_a_sixteenth(void **state)
{
	unsigned int b;

	(void)state;
	for (b = 8; b + 1 < PKPROF_HIST_BUCKETS; b++) {
		double from = pk_hist_bucket_from_ns(b), upto = pk_hist_bucket_from_ns(b + 1) - 1;
		double middle = (from + upto) / 2;

		assert_true((middle - from) / from <= 1.0 / 16);
		assert_true((upto - middle) / upto <= 1.0 / 16);
	}
}

static void test_coarse_is_a_power_of_two(void **state)
{
	unsigned int b;

	(void)state;
	for (b = 0; b < PKPROF_HIST_BUCKETS; b++) {
		u64 from = pk_hist_bucket_from_ns(b);
		unsigned int e = from < 2 ? 0 : 63 - __builtin_clzll(from);

		assert_int_equal(pk_hist_coarse[b], e < PKPROF_HIST_COARSE ? e : PKPROF_HIST_COARSE - 1);
	}
}

static void test_tell_skips_what_is_empty(void **state)
{
	struct pkprof_hist *told = calloc(1, sizeof(*told) + 3 * sizeof(told->buckets[0]));
	u32 nr[PKPROF_HIST_BUCKETS] = { 0 };

	(void)state;
	assert_int_equal(pk_hist_tell(nr, PKPROF_HIST_BUCKETS, told), sizeof(*told));
	assert_int_equal(told->nr_buckets, 0);
	assert_int_equal(told->count, 0);
	nr[0] = 5;
	nr[17] = UINT32_MAX;
	nr[PKPROF_HIST_BUCKETS - 1] = 1;
	assert_int_equal(pk_hist_tell(nr, PKPROF_HIST_BUCKETS, told),
			 sizeof(*told) + 3 * sizeof(told->buckets[0]));
	assert_int_equal(told->nr_buckets, 3);
	assert_int_equal(told->count, 6 + (u64)UINT32_MAX);
	assert_int_equal(told->buckets[1].bucket, 17);
	assert_int_equal(told->buckets[1].nr, UINT32_MAX);
	assert_int_equal(told->buckets[2].bucket, PKPROF_HIST_BUCKETS - 1);
	free(told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bucket_is_the_contracts),
		cmocka_unit_test(test_buckets_have_no_gap),
		cmocka_unit_test(test_middle_is_within_a_sixteenth),
		cmocka_unit_test(test_coarse_is_a_power_of_two),
		cmocka_unit_test(test_tell_skips_what_is_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
