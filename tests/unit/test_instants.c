// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The instants of waits: one in each stratum, counts that add up, the same answer
 * from the quick question and the exact one, and no bias for loads that have nearly
 * the period of the strata.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "instants.h"
#include "uapi/pkprof.h"

#define SEED 0x0123456789abcdefULL
#define T0 1234567890123ULL

static const u32 sizes[] = { 0, 1, 2, 7, 13, 20, 27, 36 };

/* Same numbers in each run, independent of the hash under test (xorshift64*). */
static u64 random_u64(void)
{
	static u64 x = 88172645463325252ULL;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	return x * 2685821657736338717ULL;
}

static u64 random_below(u64 n)
{
	return (u64)(((unsigned __int128)random_u64() * n) >> 64);
}

static struct pk_instants make(u64 t0, u64 seed)
{
	struct pk_instants in;

	pk_instants_init(&in, t0, seed);
	return in;
}

static void test_one_instant_in_each_stratum(void **state)
{
	struct pk_instants in = make(T0, SEED);
	unsigned int i;
	u64 k, at;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (k = 0; k < 20000; k++) {
			at = pk_instants_at(&in, sizes[i], k);
			assert_in_range(at, T0 + (k << sizes[i]), T0 + ((k + 1) << sizes[i]) - 1);
			assert_int_equal(pk_instants_before(&in, sizes[i], at), k);
			assert_int_equal(pk_instants_before(&in, sizes[i], at + 1), k + 1);
		}
	}
}

static void test_count_agrees_with_counting(void **state)
{
	struct pk_instants in = make(50, SEED);
	u32 p;
	u64 t, k;

	(void)state;
	for (p = 0; p < 6; p++) {
		for (t = 0, k = 0; t < 20000; t++) {
			assert_int_equal(pk_instants_before(&in, p, t), k);
			if (pk_instants_at(&in, p, k) == t)
				k++;
		}
	}
}

static void test_counts_add_up(void **state)
{
	struct pk_instants in = make(T0, SEED);
	u64 a, b, c, whole;
	unsigned int i, n;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		u64 span = 1ULL << sizes[i];

		for (n = 0; n < 50000; n++) {
			a = T0 - 1000 + random_below(span * 1000);
			b = a + random_below(span * 5 + 1);
			c = b + random_below(span * 5 + 1);
			whole = pk_instants_in(&in, sizes[i], a, c);
			assert_int_equal(whole, pk_instants_in(&in, sizes[i], a, b) +
							pk_instants_in(&in, sizes[i], b, c));
		}
	}
}

static void test_period_of_1_ns_is_the_length(void **state)
{
	struct pk_instants in = make(T0, SEED);
	unsigned int n;
	u64 a, len;

	(void)state;
	for (n = 0; n < 10000; n++) {
		a = T0 + random_below(1ULL << 40);
		len = random_below(1ULL << 36);
		assert_int_equal(pk_instants_in(&in, 0, a, a + len), len);
	}
	assert_int_equal(pk_instants_in(&in, 0, T0 - 500, T0 + 100), 100);
}

static void test_never_off_by_more_than_two(void **state)
{
	struct pk_instants in = make(T0, SEED);
	unsigned int i, n;
	u64 a, len, nr;

	(void)state;
	for (i = 1; i < ARRAY_SIZE(sizes); i++) {
		for (n = 0; n < 20000; n++) {
			a = T0 + random_below(1000ULL << sizes[i]);
			len = random_below(20ULL << sizes[i]);
			nr = pk_instants_in(&in, sizes[i], a, a + len);
			assert_true(nr + 2 > len >> sizes[i]);
			assert_true(nr <= (len >> sizes[i]) + 2);
		}
	}
}

static void test_nothing_before_the_origin_nor_backwards(void **state)
{
	struct pk_instants in = make(T0, SEED);

	(void)state;
	assert_int_equal(pk_instants_in(&in, 20, 0, T0), 0);
	assert_int_equal(pk_instants_in(&in, 0, 0, T0), 0);
	assert_int_equal(pk_instants_in(&in, 3, T0 + 1000, T0 + 500), 0);
	assert_int_equal(pk_instants_in(&in, 3, T0 + 1000, T0 + 1000), 0);
}

/* The quick "none" never lies, and is not needlessly shy: it knows its whole gap. */
static void test_gap(void **state)
{
	struct pk_instants in = make(T0, SEED);
	struct pk_instants_gap gap;
	unsigned int i, n, quick = 0;
	u64 now, a, b;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		u32 p = sizes[i];

		for (n = 0; n < 50000; n++) {
			now = T0 + 1 + random_below(100ULL << p);
			pk_instants_gap_at(&in, p, now, &gap);
			assert_true(gap.after_ns < now && now <= gap.upto_ns);
			assert_int_equal(pk_instants_in(&in, p, gap.after_ns + 1, gap.upto_ns), 0);
			assert_true(pk_instants_none(&gap, p, gap.after_ns + 1, gap.upto_ns));
			assert_false(pk_instants_none(&gap, p, gap.after_ns, gap.upto_ns));
			assert_false(pk_instants_none(&gap, p, gap.after_ns + 1, gap.upto_ns + 1));
			assert_false(pk_instants_none(&gap, p + 1, gap.after_ns + 1, gap.upto_ns));
			a = now - random_below(2ULL << p) - (p == 0);
			b = now + random_below(2ULL << p);
			if (!pk_instants_none(&gap, p, a, b))
				continue;
			quick++;
			assert_int_equal(pk_instants_in(&in, p, a, b), 0);
		}
	}
	assert_true(quick > 1000);
	/* before the first instant, the origin itself included */
	pk_instants_gap_at(&in, 20, T0 - 5, &gap);
	assert_int_equal(gap.upto_ns, pk_instants_at(&in, 20, 0));
	assert_true(pk_instants_none(&gap, 20, T0, gap.upto_ns));
}

/*
 * A thread that sleeps @sleep_ns at each @every_ns for @nr times: estimate over truth.
 * What a second of such sleeps weighs must be a second, however the periods meet.
 */
static double measured(u32 p, u64 seed, u64 sleep_ns, u64 every_ns, u64 nr)
{
	struct pk_instants in = make(T0, seed);
	u64 i, hits = 0;

	for (i = 0; i < nr; i++)
		hits += pk_instants_in(&in, p, T0 + 777 + i * every_ns,
				       T0 + 777 + i * every_ns + sleep_ns);
	return (double)(hits << p) / ((double)sleep_ns * nr);
}

static void test_no_bias_for_periodic_sleepers(void **state)
{
	static const struct {
		u64 sleep_ns, every_ns;
	} load[] = {
		{ 300000, 1 << 20 },		/* the very period of the strata */
		{ 300000, (1 << 20) + 13 },	/* a slow beat */
		{ 300000, 1050000 },
		{ 1000, (1 << 20) - 1 },	/* short against the period */
		{ 1000000, 1000000 },		/* asleep all the time */
		{ 262144, 524288 },		/* a divisor */
		{ 2000000, 2 << 20 },		/* a multiple */
		{ 10000000, 33000000 },
	};
	unsigned int i, n;
	double sum, got;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(load); i++) {
		for (n = 0, sum = 0; n < 40; n++) {
			got = measured(20, SEED + n, load[i].sleep_ns, load[i].every_ns, 10000);
			sum += got / 40;
		}
		/*
		 * A sleep holds an instant with chance q = sleep / P at the most, so the
		 * variance of 400,000 of them is below that of so many coins.
		 */
		double q = (double)load[i].sleep_ns / (1 << 20);
		double bound = 5 / __builtin_sqrt(400000 * (q < 1 ? q : 1));

		if (sum < 1 - bound || sum > 1 + bound)
			fail_msg("load %u: measured %.5f of its time, bound %.5f", i, sum, bound);
	}
}

/* What a full tracing sees as equal parts is equal here: chi-square of 64 phases. */
static void test_evenly_spread(void **state)
{
	struct pk_instants in = make(T0, SEED);
	double expected = 200000 / 64.0, x = 0;
	unsigned int bin[64] = { 0 }, i;
	u64 k;

	(void)state;
	for (k = 0; k < 200000; k++)
		bin[pk_instants_jitter(&in, 20, k) >> 14]++;
	for (i = 0; i < 64; i++)
		x += (bin[i] - expected) * (bin[i] - expected) / expected;
	/* 63 degrees of freedom: exceeded or undercut by 1 in 10,000 */
	assert_true(x > 29 && x < 112);
}

static void test_end_of_the_clock(void **state)
{
	struct pk_instants in = make(1, SEED);
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		u64 end = (1ULL << 63) - 1, nr = pk_instants_before(&in, sizes[i], end);

		assert_in_range(nr, (end - 1) >> sizes[i], ((end - 1) >> sizes[i]) + 1);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_instant_in_each_stratum),
		cmocka_unit_test(test_count_agrees_with_counting),
		cmocka_unit_test(test_counts_add_up),
		cmocka_unit_test(test_period_of_1_ns_is_the_length),
		cmocka_unit_test(test_never_off_by_more_than_two),
		cmocka_unit_test(test_nothing_before_the_origin_nor_backwards),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_no_bias_for_periodic_sleepers),
		cmocka_unit_test(test_evenly_spread),
		cmocka_unit_test(test_end_of_the_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
