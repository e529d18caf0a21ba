// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The sampling grid: one instant in each period, evenly spread, counted the same
 * way as one would count by hand, to the last nanosecond of the clock.
 */
/* link: kmod/grid.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "grid.h"
#include "uapi/pkprof.h"

#define SEED 0x0123456789abcdefULL

/* Bounds of chi-square with 99 degrees of freedom that 1 in 20,000 exceeds or falls below. */
#define CHI2_99_LOW 54.0
#define CHI2_99_HIGH 160.0

static const u64 periods[] = {
	1, 2, 7, PKPROF_MIN_PERIOD_NS, 1001001, 10101010, 1ULL << 33, PKPROF_MAX_PERIOD_NS,
};

/* Same numbers in each run, independent of the hash under test (xorshift64*). */
static u64 random_u64(void)
{
	static u64 x = 88172645463325252ULL;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	return x * 2685821657736338717ULL;
}

static double chi2(const unsigned int *bin, unsigned int nr_bins, double expected)
{
	double sum = 0;
	unsigned int i;

	for (i = 0; i < nr_bins; i++)
		sum += (bin[i] - expected) * (bin[i] - expected) / expected;
	return sum;
}

static void assert_even(const unsigned int bin[100], double expected)
{
	double x = chi2(bin, 100, expected);

	if (x < CHI2_99_LOW || x > CHI2_99_HIGH)
		fail_msg("chi-square %.1f is outside %.0f .. %.0f", x, CHI2_99_LOW, CHI2_99_HIGH);
}

static void test_one_instant_in_each_period(void **state)
{
	unsigned int i, cpu;
	struct pk_grid g;
	u64 k, at;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(periods); i++) {
		for (cpu = 0; cpu < 3; cpu++) {
			pk_grid_init(&g, 1000, periods[i], SEED, cpu);
			for (k = 0; k < 20000; k++) {
				at = pk_grid_instant(&g, k);
				assert_in_range(at, 1000 + k * periods[i],
						1000 + (k + 1) * periods[i] - 1);
			}
		}
	}
}

static void test_count_agrees_with_counting(void **state)
{
	u64 t, k = 0, t0 = 50;
	struct pk_grid g;

	(void)state;
	pk_grid_init(&g, t0, 7, SEED, 0);
	for (t = 0; t < 100000; t++) {
		if (pk_grid_instant(&g, k) == t)
			k++;
		assert_int_equal(pk_grid_count(&g, t), k);
		/* the next one is strictly later, and none was skipped */
		assert_true(pk_grid_instant(&g, k) > t);
	}
}

static void test_count_at_instants(void **state)
{
	unsigned int i, n;
	struct pk_grid g;
	u64 k, at;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(periods); i++) {
		pk_grid_init(&g, 123456789, periods[i], SEED, i);
		for (n = 0; n < 20000; n++) {
			k = random_u64() % (1ULL << 28);
			at = pk_grid_instant(&g, k);
			assert_int_equal(pk_grid_count(&g, at), k + 1);
			assert_int_equal(pk_grid_count(&g, at - 1), k);
		}
	}
}

static void test_before_the_origin(void **state)
{
	struct pk_grid g;

	(void)state;
	pk_grid_init(&g, 1000000, 1000, SEED, 0);
	assert_int_equal(pk_grid_count(&g, 0), 0);
	assert_int_equal(pk_grid_count(&g, 999999), 0);
	assert_true(pk_grid_instant(&g, 0) >= 1000000);
}

static void test_evenly_spread(void **state)
{
	const u64 period = 1001001;
	unsigned int bin[100] = { 0 }, pair[100] = { 0 }, k, at, last = 0;
	struct pk_grid g;

	(void)state;
	pk_grid_init(&g, 0, period, SEED, 0);
	for (k = 0; k < 1000000; k++) {
		at = (pk_grid_instant(&g, k) - k * period) * 100 / period;
		bin[at]++;
		/* neighbours know nothing of each other */
		if (k % 2)
			pair[last / 10 * 10 + at / 10]++;
		last = at;
	}
	assert_even(bin, 10000);
	assert_even(pair, 5000);
}

static void test_cpus_and_seeds_are_independent(void **state)
{
	unsigned int by_cpu[100] = { 0 }, by_seed[100] = { 0 }, k, x, y, z;
	const u64 period = 1000000;
	struct pk_grid a, b, c;

	(void)state;
	pk_grid_init(&a, 0, period, SEED, 0);
	pk_grid_init(&b, 0, period, SEED, 1);
	pk_grid_init(&c, 0, period, SEED + 1, 0);
	for (k = 0; k < 500000; k++) {
		x = (pk_grid_instant(&a, k) - k * period) * 10 / period;
		y = (pk_grid_instant(&b, k) - k * period) * 10 / period;
		z = (pk_grid_instant(&c, k) - k * period) * 10 / period;
		by_cpu[x * 10 + y]++;
		by_seed[x * 10 + z]++;
	}
	assert_even(by_cpu, 5000);
	assert_even(by_seed, 5000);
}

/* Share of instants that meet a load which is busy for @busy_ns at each @every_ns. */
static double measured_share(u64 period_ns, u64 busy_ns, u64 every_ns, unsigned int nr)
{
	unsigned int k, hits = 0;
	struct pk_grid g;

	pk_grid_init(&g, 987654321, period_ns, SEED, 5);
	for (k = 0; k < nr; k++)
		hits += pk_grid_instant(&g, k) % every_ns < busy_ns;
	return (double)hits / nr;
}

static void test_no_lockstep(void **state)
{
	static const struct {
		u64 period_ns, busy_ns, every_ns;
	} load[] = {
		{ 1000000, 2000000, 7000000 },	/* a multiple */
		{ 1000000, 280000, 1000000 },	/* the same period */
		{ 1000000, 28000, 100000 },	/* a divisor */
		{ 10000000, 10000, 1000000 },
		{ 1001001, 300000, 999000 },	/* a slow beat */
	};
	double share, got;
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(load); i++) {
		share = (double)load[i].busy_ns / load[i].every_ns;
		got = measured_share(load[i].period_ns, load[i].busy_ns, load[i].every_ns, 1000000);
		/* 5 standard errors of a million independent instants at most */
		if (got < share - 0.0025 || got > share + 0.0025)
			fail_msg("load %u: share %.4f measured as %.4f", i, share, got);
	}
}

static void test_end_of_the_clock(void **state)
{
	unsigned int i;
	struct pk_grid g;
	u64 k, t0, at;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(periods); i++) {
		for (t0 = 0; t0 < 2; t0++) {
			pk_grid_init(&g, t0 ? 1ULL << 63 : 0, periods[i], SEED, 63);
			/* the last whole period that the clock can show */
			k = (~0ULL - g.t0_ns) / periods[i] - 1;
			at = pk_grid_instant(&g, k);
			assert_in_range(at, g.t0_ns + k * periods[i],
					g.t0_ns + k * periods[i] + (periods[i] - 1));
			assert_int_equal(pk_grid_count(&g, at), k + 1);
			assert_int_equal(pk_grid_count(&g, at - 1), k);
			/* 2^64 instants are one too many for the count itself */
			if (periods[i] > 1)
				assert_in_range(pk_grid_count(&g, ~0ULL), k + 1, k + 3);
		}
	}
}

/* --- grids one after the other --- */

/*
 * Walks instant by instant, as a tick does: strata follow each other without a gap, each has
 * one instant, numbers are the same both ways, and the periods are those asked for.
 */
static void test_grids_change_where_strata_end(void **state)
{
	u64 next, edge = 1000, at, strata = 0;
	struct pk_grids g;
	u32 wanted = 0;

	(void)state;
	pk_grids_init(&g, edge, 1001001, SEED, 3);
	for (next = 0; next < 200000; next++) {
		u32 shift = pk_grids_shift(&g, next);

		pk_grids_settle(&g, next);
		assert_int_equal(pk_grids_shift(&g, next), shift);
		at = pk_grids_instant(&g, next);
		assert_true(at >= edge && at - edge < 1001001ULL << shift);
		assert_int_equal(pk_grids_count(&g, at), next + 1);
		assert_int_equal(pk_grids_count(&g, at - 1), next);
		edge += 1001001ULL << shift;
		strata += 1ULL << shift;
		if (random_u64() % 64 == 0)
			wanted = random_u64() % (PKPROF_SAMPLE_MAX_SHIFT + 1);
		pk_grids_change(&g, next + 1, wanted);
	}
	assert_int_equal(edge, 1000 + strata * 1001001);
}

/* The sum of weights is the time to within two of the longest strata, whoever missed how many. */
static void test_grids_weigh_time(void **state)
{
	u64 now = 5000, sum = 0, next = 0, n;
	struct pk_grids g;

	(void)state;
	pk_grids_init(&g, now, 100000, SEED, 0);
	while (now < 40000000000ULL) {
		now += random_u64() % 3000000;
		n = pk_grids_count(&g, now);
		for (; next < n; next++)
			sum += 100000ULL << pk_grids_shift(&g, next);
		pk_grids_settle(&g, next);
		pk_grids_change(&g, next, random_u64() % (PKPROF_SAMPLE_MAX_SHIFT + 1));
	}
	assert_true(sum <= now - 5000 + (100000ULL << 8));
	assert_true(sum + (100000ULL << 8) >= now - 5000);
}

/* The expected weight within a fixed stretch of time is its length, also with a change in it. */
static void test_grids_are_not_biased(void **state)
{
	const u64 from = 5000000, to = 5730000;
	unsigned int round, rounds = 40000;
	u64 sum = 0;

	(void)state;
	for (round = 0; round < rounds; round++) {
		u64 next = 0, at = 0;
		struct pk_grids g;

		pk_grids_init(&g, 0, 100000, random_u64(), round);
		for (; at < to; next++) {
			at = pk_grids_instant(&g, next);
			if (at >= from && at < to)
				sum += 1ULL << pk_grids_shift(&g, next);
			pk_grids_settle(&g, next + 1);
			/* asked when an instant is over, as a tick does, and near the stretch */
			pk_grids_change(&g, next + 1, at > 4600000 ? 2 : 0);
		}
	}
	/* 7.3 periods; a standard error is below 0.01 */
	assert_true(sum > 7.26 * rounds && sum < 7.34 * rounds);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_instant_in_each_period),
		cmocka_unit_test(test_count_agrees_with_counting),
		cmocka_unit_test(test_count_at_instants),
		cmocka_unit_test(test_before_the_origin),
		cmocka_unit_test(test_evenly_spread),
		cmocka_unit_test(test_cpus_and_seeds_are_independent),
		cmocka_unit_test(test_no_lockstep),
		cmocka_unit_test(test_end_of_the_clock),
		cmocka_unit_test(test_grids_change_where_strata_end),
		cmocka_unit_test(test_grids_weigh_time),
		cmocka_unit_test(test_grids_are_not_biased),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
