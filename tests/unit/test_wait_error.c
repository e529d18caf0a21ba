// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sampling error of times off the CPUs: known cases, and whether the 95 % interval
 * holds the truth often enough when programs of known waits are sampled many times.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/wait_error.h"

#define LOG2 20
#define P    (1ULL << LOG2)
#define T0   (7 * P + 12345)

static double error_of(struct pk_wait_steps *s)
{
	double error[2];

	assert_int_equal(pk_wait_steps_error(s, NULL, 2, error), 0);
	pk_vec_deinit(&s->v);
	assert_true(error[0] == 0);
	return error[1];
}

static void add(struct pk_wait_steps *s, uint64_t from_ns, uint64_t to_ns, uint64_t weight)
{
	assert_int_equal(pk_wait_steps_add(s, 1, T0 + from_ns, T0 + to_ns, weight, weight, LOG2, T0), 0);
}

static void test_known(void **state)
{
	struct pk_wait_steps s = { 0 };

	(void)state;
	assert_true(error_of(&s) == 0);
	/* one short wait, and four of them far apart */
	add(&s, 10, 1010, P);
	assert_float_equal(error_of(&s), P, 1);
	for (uint64_t i = 0; i < 4; i++)
		add(&s, 10 * i * P, 10 * i * P + 1000, P);
	assert_float_equal(error_of(&s), 2 * P, 1);
	/* a long wait has no more error than its ends have */
	add(&s, P / 3, 1000 * P + P / 2, 1000 * P);
	assert_float_equal(error_of(&s), P, 1);
	/* two threads that wait together err together, one after the other they do not */
	add(&s, 10, 1010, P);
	add(&s, 20, 1020, P);
	assert_float_equal(error_of(&s), 2 * P, 1);
	add(&s, 0, P, P);
	add(&s, P, 2 * P, P);
	assert_float_equal(error_of(&s), P, 1);
	/* every wait with its exact length: next to no error */
	assert_int_equal(pk_wait_steps_add(&s, 1, T0, T0 + 5000000, 5000000, 5000000, 0,
					   T0), 0);
	assert_float_equal(error_of(&s), 1, 1e-6);
	/* half of what its instants stand for */
	assert_int_equal(pk_wait_steps_add(&s, 1, T0, T0 + 8 * P, 4 * P, 8 * P, LOG2, T0), 0);
	assert_float_equal(error_of(&s), P / 2, 1);
	/* before the zero of the strata, and no weight at all */
	assert_int_equal(pk_wait_steps_add(&s, 1, T0 - 5 * P, T0 + 5 * P, 10 * P, 10 * P, LOG2,
					   T0),
			 0);
	assert_int_equal(pk_wait_steps_add(&s, 1, T0, T0 + 5 * P, 0, P, LOG2, T0), 0);
	assert_float_equal(error_of(&s), P, 1);
}

/* A caller's estimate has its callees' in it: 0 above 1 above 2 and 3. */
static void test_tree(void **state)
{
	static const uint32_t parent[] = { 0, 0, 1, 1 };
	struct pk_wait_steps s = { 0 };
	double error[4];

	(void)state;
	/* 2 and 3 in turns: each is a coin, the sum is not */
	for (uint64_t i = 0; i < 100; i++)
		assert_int_equal(pk_wait_steps_add(&s, 2 + (i & 1), T0 + i * P, T0 + (i + 1) * P, P, P,
						   LOG2, T0),
				 0);
	assert_int_equal(pk_wait_steps_error(&s, parent, 4, error), 0);
	assert_float_equal(error[0], P, 1);
	assert_float_equal(error[1], P, 1);
	assert_float_equal(error[2], P * sqrt(50), 1);
	assert_float_equal(error[3], P * sqrt(50), 1);
	pk_vec_deinit(&s.v);
}

/* Estimates of two periods are made from instants of their own. */
static void test_periods(void **state)
{
	struct pk_wait_steps s = { 0 };

	(void)state;
	add(&s, 0, 1000, P);
	assert_int_equal(pk_wait_steps_add(&s, 1, T0, T0 + 1000, 4 * P, 4 * P, LOG2 + 2,
					   T0),
			 0);
	assert_float_equal(error_of(&s), P * sqrt(1 + 16), 1);
}

/* --- programs of known waits ------------------------------------------------------------ */

static uint64_t seed;

static uint64_t next_random(void)
{
	/* xorshift64 (Marsaglia 2003) */
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static double uniform(void)
{
	return (double)(next_random() >> 11) / (1ULL << 53);
}

#define MAX_WAITS 40000	/* of all threads of a program */

static struct wait {
	uint64_t from, to;
} waits[MAX_WAITS];
static size_t nr_waits;
static double truth;

static void put(double from, double to)
{
	assert_true(nr_waits < MAX_WAITS);
	waits[nr_waits++] = (struct wait){ (uint64_t)(from * P), (uint64_t)(to * P) };
	truth += to - from;
}

/* @threads wait and run in turns, all at once; lengths in periods, exponential. */
static void program(unsigned int threads, double wait, double run, double length)
{
	nr_waits = 0;
	truth = 0;
	for (double t = 0; t < length;) {
		double w = -wait * log(1 - uniform());

		for (unsigned int i = 0; i < threads; i++)
			put(t, t + w);
		t += w - run * log(1 - uniform());
	}
}

/* A sleeper whose period is next to that of the instants. */
static void sleeper(double duty, double period, double length)
{
	nr_waits = 0;
	truth = 0;
	for (double t = 0.3; t < length; t += period)
		put(t, t + duty * period);
}

/* Estimate and standard error in periods, from instants of strata that begin at @phase. */
static void sample(uint64_t phase, double *estimate_ret, double *error_ret)
{
	static uint64_t instant[20000];
	struct pk_wait_steps s = { 0 };
	uint64_t last = 0, sum = 0;

	for (size_t i = 0; i < nr_waits; i++)
		last = waits[i].to > last ? waits[i].to : last;
	for (uint64_t k = 0; k <= last / P + 1; k++) {
		assert_true(k < 20000);
		instant[k] = k * P + (uint64_t)(uniform() * P);
	}
	for (size_t i = 0; i < nr_waits; i++) {
		uint64_t n = 0;

		for (uint64_t k = waits[i].from / P; k <= waits[i].to / P; k++)
			n += instant[k] >= waits[i].from && instant[k] < waits[i].to;
		add(&s, waits[i].from + phase, waits[i].to + phase, n * P);
		sum += n;
	}
	*estimate_ret = sum;
	*error_ret = error_of(&s) / P;
}

/*
 * How often the interval holds the truth, and how large the printed standard error is
 * beside the real one.
 */
static void check(double least_ratio, double most_ratio)
{
	double squares = 0, printed = 0;
	unsigned int held = 0, runs = 400;

	for (unsigned int i = 0; i < runs; i++) {
		double estimate, error;

		sample(i % 2 ? P / 3 : 0, &estimate, &error);
		held += fabs(estimate - truth) <= PK_Z_95 * error;
		squares += (estimate - truth) * (estimate - truth);
		printed += error;
	}
	printed /= runs * sqrt(squares / runs);
	if (held < runs * 92 / 100 || printed < least_ratio || printed > most_ratio)
		fail_msg("the interval held %u of %u times, printed / real error = %.2f", held, runs,
			 printed);
}

static void test_coverage(void **state)
{
	(void)state;
	seed = 88172645463325252ULL;
	/* short waits; about a period; long ones; together */
	program(1, 0.02, 0.2, 1500);
	check(0.9, 1.2);
	program(1, 0.7, 0.7, 1000);
	check(0.9, 1.4);
	program(1, 20, 5, 5000);
	check(0.9, 2.5);
	program(8, 0.5, 1, 800);
	check(0.9, 1.5);
	/* periods next to ours */
	sleeper(0.5, 1.0, 1000);
	check(0.9, 1.6);
	sleeper(0.9, 1.01, 1000);
	check(0.9, 2);
	sleeper(0.1, 0.5, 1000);
	check(0.9, 1.4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_periods),
		cmocka_unit_test(test_coverage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
