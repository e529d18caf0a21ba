// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The cap on walks: a rate above it is noticed at once, one below never, a burst is
 * forgiven, and a controller that doubles or halves P by these verdicts settles.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "wait_rate.h"

#define SEC 1000000000ULL
#define CAP 1000

struct tally {
	unsigned int far, nearly, passed;
};

/* @nr events, @step_ns apart, from @now_ns on. */
static struct tally feed(struct pk_rate *r, u64 now_ns, u64 step_ns, unsigned int nr)
{
	struct tally t = { 0 };

	for (; nr; nr--, now_ns += step_ns) {
		switch (pk_rate_count(r, CAP, now_ns)) {
		case PK_RATE_FAR:
			t.far++;
			break;
		case PK_RATE_NEARLY:
			t.nearly++;
			break;
		case PK_RATE_PASSED:
			t.passed++;
			break;
		}
	}
	return t;
}

static void test_below_the_cap_is_never_passed(void **state)
{
	struct pk_rate r = { 0 };
	struct tally t = feed(&r, 5 * SEC, SEC / 999, 100000);

	(void)state;
	assert_int_equal(t.passed, 0);
	assert_true(t.nearly > 0);
}

static void test_far_below_is_far(void **state)
{
	struct pk_rate r = { 0 };
	struct tally t = feed(&r, 5 * SEC, SEC / 249, 100000);

	(void)state;
	assert_int_equal(t.passed, 0);
	assert_int_equal(t.nearly, 0);
}

static void test_above_the_cap_is_passed(void **state)
{
	struct pk_rate r = { 0 };
	struct tally t = feed(&r, 5 * SEC, SEC / 1500, 15000);

	(void)state;
	/* 500/s too many: noticed once per 62.5 ms' worth of events above the cap */
	assert_in_range(t.passed, 60, 85);
}

static void test_a_burst_is_forgiven(void **state)
{
	struct pk_rate r = { 0 };
	u64 now;
	unsigned int i;

	(void)state;
	/* 400 at once, every second: 400/s */
	for (i = 0, now = 5 * SEC; i < 60; i++, now += SEC)
		assert_int_equal(feed(&r, now, 100, 400).passed, 0);
	/* 600 at once are more than half a second keeps */
	assert_true(feed(&r, now, 100, 600).passed > 0);
}

/* A storm of @demand walks/s at P = 1 halves with each doubling; how many are there? */
static unsigned int settle(u64 demand, unsigned int *doublings)
{
	struct pk_rate r = { 0 };
	unsigned int walks = 0;
	u64 now = 5 * SEC, end = now + SEC;

	for (*doublings = 0; now < end; now += (SEC << *doublings) / demand, walks++)
		if (pk_rate_count(&r, CAP, now) == PK_RATE_PASSED)
			++*doublings;
	return walks;
}

static void test_a_storm_settles_within_a_second(void **state)
{
	unsigned int doublings;

	(void)state;
	assert_true(settle(1000000, &doublings) < 2500);
	assert_in_range(doublings, 9, 11);
	assert_true(settle(100000000, &doublings) < 3000);
	assert_in_range(doublings, 16, 18);
	/* half a second's room lasts for more than that */
	assert_in_range(settle(1200, &doublings), 1200, 1201);
	assert_int_equal(doublings, 0);
}

static void test_early_clock(void **state)
{
	struct pk_rate r = { 0 };

	(void)state;
	assert_int_equal(pk_rate_count(&r, CAP, 10), PK_RATE_PASSED);
	assert_true(r.cap_ns <= 10 && r.near_ns <= 10);
	assert_int_equal(pk_rate_count(&r, CAP, SEC), PK_RATE_FAR);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_below_the_cap_is_never_passed),
		cmocka_unit_test(test_far_below_is_far),
		cmocka_unit_test(test_above_the_cap_is_passed),
		cmocka_unit_test(test_a_burst_is_forgiven),
		cmocka_unit_test(test_a_storm_settles_within_a_second),
		cmocka_unit_test(test_early_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
