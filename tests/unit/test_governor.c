// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The governor's decisions: shares from books; an overload is answered within eight windows,
 * in the order of the rungs; the ledger is never touched; no step goes up within PK_GOVERN_HOLD
 * windows of another one; who relapses must wait longer; and whatever happened, with a load that
 * fits everything comes back.
 */
/* link: kmod/governor.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "governor.h"

#define BIT(n)	(1u << (n))
#define BUDGET	10000	/* 1 % */
#define ALL	(BIT(PKPROF_SRC_CPU) | BIT(PKPROF_SRC_TASK) | BIT(PKPROF_SRC_SCHED) |        \
		 BIT(PKPROF_SRC_OFFCPU) | BIT(PKPROF_SRC_BLOCK) | BIT(PKPROF_SRC_TCP) |      \
		 BIT(PKPROF_SRC_VFS) | BIT(PKPROF_SRC_UNIX))
#define PERIOD_NS 100000	/* 10 kHz */
#define ENOUGH	20000		/* windows in which everything comes back, the longest holds included */

/* Same numbers in each run (xorshift64*). */
static u64 random_u64(void)
{
	static u64 x = 88172645463325252ULL;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	return x * 2685821657736338717ULL;
}

/* A machine whose sources cost so much while nothing is given up. */
struct machine {
	struct pk_governor g;
	struct pk_govern_window load;
	unsigned int noise;		/* per cent */
	/* what was done, to be held against what may be */
	u8 coarse, rate;
	u32 detached;
	unsigned int windows, last_step, nr_steps, nr_floor;
	struct pk_govern_step steps[PK_GOVERN_MAX_STEPS];
	unsigned int nr;		/* of the last window */
};

static void machine_init(struct machine *m)
{
	*m = (struct machine){ .last_step = 0 };
	pk_governor_init(&m->g, BUDGET, ALL, PERIOD_NS);
}

static u32 with_noise(const struct machine *m, u32 ppm)
{
	if (!m->noise || !ppm)
		return ppm;
	return (u64)ppm * (100 - m->noise + random_u64() % (2 * m->noise + 1)) / 100;
}

static struct pk_govern_window machine_costs(const struct machine *m)
{
	struct pk_govern_window w = m->load;
	unsigned int src;

	w.source[PKPROF_SRC_CPU] >>= m->rate;
	w.source[PKPROF_SRC_OFFCPU] >>= m->coarse;
	for (src = 0; src < PKPROF_NR_SOURCES; src++)
		w.source[src] = m->detached & BIT(src) ? 0 : with_noise(m, w.source[src]);
	return w;
}

/* Each step changes what it may, by one, and up only after a while. */
static void machine_do(struct machine *m, const struct pk_govern_step *s)
{
	bool up = s->step == PKPROF_STEP_COARSE ? s->level < m->coarse :
		  s->step == PKPROF_STEP_RATE	? s->level < m->rate :
						  !s->level;

	if (up)
		assert_true(m->windows - m->last_step >= PK_GOVERN_HOLD);
	switch (s->step) {
	case PKPROF_STEP_COARSE:
		assert_int_equal(abs(s->level - m->coarse), 1);
		assert_true(s->level <= PK_GOVERN_MAX_COARSE);
		m->coarse = s->level;
		break;
	case PKPROF_STEP_RATE:
		assert_int_equal(abs(s->level - m->rate), 1);
		assert_true(s->level <= m->g.max_rate);
		m->rate = s->level;
		break;
	case PKPROF_STEP_SOURCE:
		assert_true(BIT(s->source) & PK_GOVERN_DETACHABLE & ALL);
		assert_false(BIT(s->source) & PK_GOVERN_KEPT);
		assert_int_equal(!!(m->detached & BIT(s->source)), !s->level);
		m->detached ^= BIT(s->source);
		break;
	default:
		assert_int_equal(s->step, PKPROF_STEP_FLOOR);
		m->nr_floor += s->level;
	}
	m->nr_steps++;
	m->last_step = m->windows;
}

static void machine_window(struct machine *m)
{
	struct pk_govern_window w = machine_costs(m);
	unsigned int i;

	m->windows++;
	m->nr = pk_governor_decide(&m->g, &w, m->steps);
	assert_true(m->nr <= PK_GOVERN_MAX_STEPS);
	for (i = 0; i < m->nr; i++)
		machine_do(m, &m->steps[i]);
	assert_int_equal(m->g.coarse, m->coarse);
	assert_int_equal(m->g.rate, m->rate);
	assert_int_equal(m->g.detached, m->detached);
}

static void machine_run(struct machine *m, unsigned int windows)
{
	while (windows--)
		machine_window(m);
}

static u32 machine_share(const struct machine *m)
{
	struct pk_govern_window w = machine_costs(m);
	u32 sum = w.recorder;
	unsigned int src;

	for (src = 0; src < PKPROF_NR_SOURCES; src++)
		sum += w.source[src];
	return sum;
}

static void assert_full(const struct machine *m)
{
	assert_int_equal(m->coarse, 0);
	assert_int_equal(m->rate, 0);
	assert_int_equal(m->detached, 0);
	assert_int_equal(m->g.floor, 0);
}

/* --- shares --- */

static void test_share_of_timed_hits(void **state)
{
	const struct pk_govern_books before = { 1000, 16, 16000 }, now = { 2600, 116, 36000 };

	(void)state;
	/* 1,600 hits of 200 ns and 50 outside, of 100 ms */
	assert_int_equal(pk_govern_share(&before, &now, 50, 100000000), 1600 * 250 / 101);
}

static void test_share_without_timed_hits_is_by_the_average(void **state)
{
	const struct pk_govern_books before = { 1000, 10, 1000 }, now = { 1100, 10, 1000 };

	(void)state;
	assert_int_equal(pk_govern_share(&before, &now, 0, 1000000000), 100 * 100 / 1001);
	assert_int_equal(pk_govern_share(&now, &now, 100, 1000000000), 0);
}

static void test_share_of_time_without_hits(void **state)
{
	const struct pk_govern_books before = { 5, 5, 0 }, now = { 5, 5, 1000000 };

	(void)state;
	/* wakings are on the account of offcpu, and no hits of it */
	assert_int_equal(pk_govern_share(&before, &now, 100, 1000000000), 999);
}

static void test_share_is_at_most_all(void **state)
{
	const struct pk_govern_books before = { 0 }, now = { 1ULL << 32, 1, 1ULL << 24 };

	(void)state;
	assert_int_equal(pk_govern_share(&before, &now, 1000000, 1000), 1000000);
}

/* --- down --- */

static void test_within_the_budget_nothing_happens(void **state)
{
	struct machine m;

	(void)state;
	machine_init(&m);
	m.load.source[PKPROF_SRC_SCHED] = BUDGET / 2;
	m.load.source[PKPROF_SRC_CPU] = BUDGET / 3;
	m.noise = 10;
	machine_run(&m, 10000);
	assert_int_equal(m.nr_steps, 0);
}

static void test_one_small_burst_is_forgiven(void **state)
{
	struct machine m;

	(void)state;
	machine_init(&m);
	m.load.source[PKPROF_SRC_CPU] = BUDGET + BUDGET / 2;
	machine_window(&m);
	assert_int_equal(m.nr, 0);
	machine_window(&m);
	assert_true(m.nr > 0);
}

static void test_waits_are_coarser_first_then_samples(void **state)
{
	struct machine m;
	unsigned int i;

	(void)state;
	machine_init(&m);
	m.load.source[PKPROF_SRC_CPU] = 10 * BUDGET;
	m.load.source[PKPROF_SRC_OFFCPU] = 4 * BUDGET;
	machine_window(&m);
	assert_true(m.nr > 2);
	assert_int_equal(m.steps[0].step, PKPROF_STEP_COARSE);
	for (i = 1; i < m.nr; i++)
		assert_true(m.steps[i].step >= m.steps[i - 1].step);
	assert_int_equal(m.detached, 0);
	machine_run(&m, 2);
	assert_true(machine_share(&m) <= BUDGET);
}

static void test_the_dearest_source_goes_last(void **state)
{
	struct machine m;

	(void)state;
	machine_init(&m);
	m.load.source[PKPROF_SRC_VFS] = 3 * BUDGET;
	m.load.source[PKPROF_SRC_BLOCK] = BUDGET / 4;
	m.load.source[PKPROF_SRC_SCHED] = BUDGET / 4;
	machine_run(&m, 8);
	assert_int_equal(m.detached, BIT(PKPROF_SRC_VFS));
	assert_true(m.coarse > 0);
	assert_true(machine_share(&m) <= BUDGET);
}

static void test_the_ledger_alone_is_told_once(void **state)
{
	struct machine m;

	(void)state;
	machine_init(&m);
	m.load.source[PKPROF_SRC_SCHED] = 5 * BUDGET;
	m.load.source[PKPROF_SRC_TASK] = BUDGET;
	m.noise = 10;
	machine_run(&m, 5000);
	assert_int_equal(m.nr_floor, 1);
	assert_int_equal(m.g.floor, 1);
	assert_true(m.g.kept > 5 * BUDGET);
	m.load.source[PKPROF_SRC_SCHED] = m.load.source[PKPROF_SRC_TASK] = 0;
	machine_run(&m, ENOUGH);
	assert_full(&m);
	assert_int_equal(m.nr_floor, 1);
}

static void test_samples_become_no_rarer_than_that(void **state)
{
	struct pk_governor g;

	(void)state;
	pk_governor_init(&g, BUDGET, ALL, 10101010);
	assert_int_equal(g.max_rate, 3);
	pk_governor_init(&g, BUDGET, ALL, PERIOD_NS);
	assert_int_equal(g.max_rate, PKPROF_SAMPLE_MAX_SHIFT);
	pk_governor_init(&g, BUDGET, ALL, 1000000000);
	assert_int_equal(g.max_rate, 0);
	pk_governor_init(&g, BUDGET, BIT(PKPROF_SRC_SCHED) | BIT(PKPROF_SRC_TASK), PERIOD_NS);
	assert_int_equal(g.max_rate, 0);
}

/* --- up --- */

static void test_a_refused_source_is_tried_again(void **state)
{
	struct machine m;

	(void)state;
	machine_init(&m);
	m.load.source[PKPROF_SRC_VFS] = 3 * BUDGET;
	machine_run(&m, 8);
	m.load.source[PKPROF_SRC_VFS] = 0;
	while (m.detached)
		machine_window(&m);
	pk_governor_refused(&m.g, PKPROF_SRC_VFS);
	m.detached = BIT(PKPROF_SRC_VFS);
	machine_run(&m, PK_GOVERN_MAX_HOLD + 1);
	assert_int_equal(m.detached, 0);
}

/* A load that only just does not fit with all that was asked for. */
static void test_relapses_grow_rare(void **state)
{
	unsigned int first, second;
	struct machine m;

	(void)state;
	machine_init(&m);
	m.load.source[PKPROF_SRC_VFS] = BUDGET + BUDGET / 4;
	m.load.source[PKPROF_SRC_CPU] = BUDGET / 8;
	machine_run(&m, 2000);
	first = m.nr_steps;
	machine_run(&m, 20000);
	second = m.nr_steps - first;
	/* at the longest hold there are two steps in PK_GOVERN_MAX_HOLD windows, and half as many again */
	assert_true(second <= 3 * 20000 / PK_GOVERN_MAX_HOLD + 16);
	m.load.source[PKPROF_SRC_VFS] = 0;
	machine_run(&m, ENOUGH);
	assert_full(&m);
}

static u32 random_ppm(void)
{
	return random_u64() % 3 ? 0 : random_u64() % (1u << (random_u64() % 18));
}

static void machine_random_load(struct machine *m)
{
	unsigned int src;

	for (src = PKPROF_SRC_CPU; src < PKPROF_NR_SOURCES; src++)
		m->load.source[src] = ALL & BIT(src) ? random_ppm() : 0;
	m->load.recorder = random_ppm() / 16;
	m->noise = random_u64() % 30;
}

/* The checks are in machine_do(): any loads, in any order. */
static void test_any_loads(void **state)
{
	unsigned int round, change;
	struct machine m;

	(void)state;
	for (round = 0; round < 60; round++) {
		machine_init(&m);
		for (change = 0; change < 200; change++) {
			machine_random_load(&m);
			machine_run(&m, random_u64() % 60 + 1);
		}
		m.load = (struct pk_govern_window){ 0 };
		machine_run(&m, ENOUGH);
		assert_full(&m);
	}
}

/* What can be kept is kept, within eight windows of the first one over. */
static void test_any_overload_is_over_within_two_seconds(void **state)
{
	unsigned int round;
	struct machine m;
	u32 floor_ppm;

	(void)state;
	for (round = 0; round < 5000; round++) {
		machine_init(&m);
		machine_random_load(&m);
		m.noise = 0;
		floor_ppm = m.load.source[PKPROF_SRC_SCHED] + m.load.source[PKPROF_SRC_TASK] +
			    m.load.recorder +
			    (m.load.source[PKPROF_SRC_CPU] >> PKPROF_SAMPLE_MAX_SHIFT);
		machine_run(&m, 8);
		if (floor_ppm <= BUDGET)
			assert_true(machine_share(&m) <= BUDGET);
		else
			assert_true(m.g.floor || machine_share(&m) > BUDGET);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_share_of_timed_hits),
		cmocka_unit_test(test_share_without_timed_hits_is_by_the_average),
		cmocka_unit_test(test_share_of_time_without_hits),
		cmocka_unit_test(test_share_is_at_most_all),
		cmocka_unit_test(test_within_the_budget_nothing_happens),
		cmocka_unit_test(test_one_small_burst_is_forgiven),
		cmocka_unit_test(test_waits_are_coarser_first_then_samples),
		cmocka_unit_test(test_the_dearest_source_goes_last),
		cmocka_unit_test(test_the_ledger_alone_is_told_once),
		cmocka_unit_test(test_samples_become_no_rarer_than_that),
		cmocka_unit_test(test_a_refused_source_is_tried_again),
		cmocka_unit_test(test_relapses_grow_rare),
		cmocka_unit_test(test_any_loads),
		cmocka_unit_test(test_any_overload_is_over_within_two_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
