// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which bios are recorded: all of them below the cap, each for itself; above it so many
 * that the cap is kept, in any order of sizes such that sums weighted with units / cost
 * are what they were, also while P changes; and all of them again after it was quiet.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "block_draw.h"

#define SEC 1000000000ULL
#define CAP 1000

/* What a run of bios was, and what was recorded of it. */
struct run {
	struct pk_block_draw d;
	u64 now_ns;
	u64 nr_recorded;
	double bytes[2], nr[2];		/* by kind of bio */
	double bytes_est[2], nr_est[2];
};

static void begin(struct run *r, u64 seed)
{
	*r = (struct run){ .now_ns = 5 * SEC };
	pk_block_draw_init(&r->d, seed, r->now_ns, false);
}

/* One bio, as the probe does it. */
static void submit(struct run *r, unsigned int kind, u32 bytes, u64 step_ns, bool look)
{
	u64 cost = pk_block_draw_cost(bytes), units;

	r->now_ns += step_ns;
	r->bytes[kind] += bytes;
	r->nr[kind]++;
	r->d.left -= cost;
	if (look)
		pk_block_draw_look(&r->d, cost, r->now_ns);
	if (r->d.left >= 0)
		return;
	units = pk_block_draw_take(&r->d, cost);
	assert_true(units > 0 && units <= PKPROF_MAX_IO_UNITS);
	r->nr_recorded++;
	r->bytes_est[kind] += (double)bytes * units / cost;
	r->nr_est[kind] += (double)units / cost;
	pk_block_draw_count(&r->d, CAP, r->d.next - r->d.left, r->now_ns);
	pk_block_draw_go_on(&r->d);
}

static void test_all_below_the_cap(void **state)
{
	struct run r;

	(void)state;
	begin(&r, 1);
	for (unsigned int i = 0; i < 20000; i++)
		submit(&r, i & 1, i % 3 ? 4096 * (i % 7) : 0, SEC / 900, !(i % 85));
	assert_int_equal(r.nr_recorded, 20000);
	assert_int_equal(r.d.p, 0);
	for (unsigned int k = 0; k < 2; k++) {
		assert_true(r.bytes_est[k] == r.bytes[k]);
		assert_true(r.nr_est[k] == r.nr[k]);
	}
}

static void test_off(void **state)
{
	struct pk_block_draw d;

	(void)state;
	pk_block_draw_init(&d, 1, SEC, true);
	for (unsigned int i = 0; i < 100000; i++) {
		d.left -= pk_block_draw_cost(UINT32_MAX);
		pk_block_draw_look(&d, pk_block_draw_cost(UINT32_MAX), 100 * SEC);
		assert_true(d.left >= 0);
	}
}

/* Costs of the patterns below add up to powers of two, where a fixed grid would go wrong. */
static void test_cap_is_kept(void **state)
{
	struct run r;
	u64 begun;

	(void)state;
	begin(&r, 2);
	for (unsigned int i = 0; i < 400000; i++)
		submit(&r, 0, 4096, SEC / 200000, !(i % 85));
	begun = r.nr_recorded;
	/* 2 s, a burst of half a second's worth, and the time that it took to find P */
	assert_in_range(begun, 1, 7 * CAP / 2);
	for (unsigned int i = 0; i < 2000000; i++)
		submit(&r, 0, 4096, SEC / 200000, !(i % 85));
	assert_in_range(r.nr_recorded - begun, 10 * CAP / 4, 10 * CAP + 10);
	/* strata are filled one by one, so the total is as good as known */
	assert_true(fabs(r.bytes_est[0] - r.bytes[0]) < 0.001 * r.bytes[0]);
}

/* A load that alternates strictly, of any two sizes. */
static void test_sums_are_not_biased(void **state)
{
	static const u32 sizes[][2] = { { 4096, 12288 }, { 0, 1 << 20 }, { 512, 4096 }, { 28672, 28672 } };

	(void)state;
	for (unsigned int s = 0; s < ARRAY_SIZE(sizes); s++) {
		double off_bytes[2] = { 0 }, off_nr[2] = { 0 }, off2[2] = { 0 };
		const unsigned int rounds = 64;

		for (unsigned int i = 0; i < rounds; i++) {
			struct run r;

			begin(&r, 77 * i + s);
			for (unsigned int n = 0; n < 60000; n++)
				submit(&r, n & 1, sizes[s][n & 1], SEC / 50000, !(n % 85));
			assert_true(r.nr_recorded < 60000 / 4);
			for (unsigned int k = 0; k < 2; k++) {
				double off = r.nr_est[k] / r.nr[k] - 1;

				off_nr[k] += off / rounds;
				off2[k] += off * off / rounds;
				off_bytes[k] += (r.bytes_est[k] - r.bytes[k]) / (r.bytes[k] + 1) / rounds;
			}
		}
		for (unsigned int k = 0; k < 2; k++) {
			/* four standard errors of the mean of so many */
			double most = 4 * sqrt(off2[k] / rounds) + 1e-4;

			/* of small ones among large ones hardly any is recorded */
			assert_true(sqrt(off2[k]) < (sizes[s][k] ? 0.15 : 0.6));
			assert_true(fabs(off_nr[k]) < most);
			assert_true(fabs(off_bytes[k]) < most);
		}
	}
}

/* Bursts, in which P rises, between calm times, in which it falls: nothing twice, nothing missed. */
static void test_changes_of_p_are_not_biased(void **state)
{
	const unsigned int rounds = 256;
	double off = 0, off2 = 0;

	(void)state;
	for (unsigned int i = 0; i < rounds; i++) {
		unsigned int changes = 0;
		struct run r;
		u32 p = 0;

		begin(&r, 1000 + i);
		for (unsigned int burst = 0; burst < 8; burst++) {
			for (unsigned int n = 0; n < 4000; n++)
				submit(&r, 0, 4096, SEC / 100000, !(n % 85));
			for (unsigned int n = 0; n < 400; n++) {
				submit(&r, 0, 4096, SEC / 20, !(n % 85));
				changes += r.d.p != p;
				p = r.d.p;
			}
		}
		assert_true(changes > 16);
		off += (r.bytes_est[0] / r.bytes[0] - 1) / rounds;
		off2 += pow(r.bytes_est[0] / r.bytes[0] - 1, 2) / rounds;
	}
	assert_true(sqrt(off2) < 0.02);
	assert_true(fabs(off) < 4 * sqrt(off2 / rounds) + 1e-6);
}

static void test_all_again_after_quiet(void **state)
{
	struct run r;
	u64 before;

	(void)state;
	begin(&r, 3);
	for (unsigned int n = 0; n < 400000; n++)
		submit(&r, 0, 65536, SEC / 100000, !(n % 85));
	assert_true(r.d.p > PK_DRAW_FIRST_P + 3);
	/* ten a second, of which hardly one is recorded at first */
	for (unsigned int n = 0; n < 3000; n++)
		submit(&r, 0, 65536, SEC / 10, !(n % 20));
	assert_int_equal(r.d.p, 0);
	before = r.nr_recorded;
	for (unsigned int n = 0; n < 100; n++)
		submit(&r, 0, 65536, SEC / 10, !(n % 20));
	assert_int_equal(r.nr_recorded - before, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_below_the_cap),
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_cap_is_kept),
		cmocka_unit_test(test_sums_are_not_biased),
		cmocka_unit_test(test_changes_of_p_are_not_biased),
		cmocka_unit_test(test_all_again_after_quiet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
