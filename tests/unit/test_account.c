// SPDX-License-Identifier: GPL-2.0-or-later
/* link: kmod/account.c kmod/hist.c */
/*
 * The account of a thread: every transition, clocks that go back, what readers are
 * told at any moment, and that its lines sum to its life after any events.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "account.h"

struct told {
	struct pkprof_ledger_thread thread;
	struct pkprof_ledger_line lines[PKPROF_NR_LINES];
};

static u64 sum_of(const struct pk_sums *s)
{
	unsigned int line;
	u64 sum = 0;

	for (line = 0; line < PKPROF_NR_LINES; line++)
		sum += s->ns[line];
	return sum;
}

/* What a reader gets at @now_ns; fails if the lines do not reach to since_ns. */
static void tell(const struct pk_account *a, u64 throttled_ns, bool throttled, u64 now_ns,
		 struct told *ret)
{
	struct pk_account copy;
	unsigned int i;
	size_t bytes;
	u64 sum = 0;

	assert_true(pk_account_read(a, &copy));
	pk_account_settle(&copy);
	if (throttled_ns)
		pk_account_split(&copy, throttled_ns, throttled, now_ns);
	memset(ret, 0xa5, sizeof(*ret));
	bytes = pk_account_tell(&copy, now_ns, &ret->thread);
	assert_int_equal(bytes,
			 sizeof(ret->thread) + ret->thread.nr_lines * sizeof(ret->lines[0]));
	for (i = 0; i < ret->thread.nr_lines; i++)
		sum += ret->lines[i].ns;
	assert_int_equal(sum, ret->thread.since_ns - ret->thread.from_ns);
	assert_true(ret->thread.read_ns >= ret->thread.since_ns);
}

static u64 told_ns(const struct told *t, unsigned int line)
{
	unsigned int i;

	for (i = 0; i < t->thread.nr_lines; i++) {
		if (t->lines[i].line == line)
			return t->lines[i].ns;
	}
	return 0;
}

static void test_sleep_wake_run(void **state)
{
	struct pk_account a = { 0 };
	struct told t;

	(void)state;
	pk_account_open(&a, 7, PKPROF_LINE_CPU, 1000);
	assert_int_equal(pk_account_off(&a, PKPROF_LINE_SOCKET, 1500), 500);
	assert_true(pk_account_is_asleep(&a));
	tell(&a, 0, false, 1600, &t);
	assert_int_equal(t.thread.state, PKPROF_LINE_SOCKET);
	assert_int_equal(t.thread.since_ns, 1500);
	pk_account_wake(&a, 2500);
	assert_false(pk_account_is_asleep(&a));
	assert_int_equal(pk_account_queued_ns(&a), 2500);
	/* what the wake-up only noted is told as if it were booked */
	tell(&a, 0, false, 2600, &t);
	assert_int_equal(t.thread.state, PKPROF_LINE_WAKEUP);
	assert_int_equal(t.thread.since_ns, 2500);
	assert_int_equal(told_ns(&t, PKPROF_LINE_SOCKET), 1000);
	assert_int_equal(pk_account_on(&a, 0, 2530), 30);
	assert_int_equal(a.state, PKPROF_LINE_CPU);
	assert_int_equal(a.sums.ns[PKPROF_LINE_CPU], 500);
	assert_int_equal(a.sums.ns[PKPROF_LINE_SOCKET], 1000);
	assert_int_equal(a.sums.nr[PKPROF_LINE_SOCKET], 1);
	assert_int_equal(a.sums.ns[PKPROF_LINE_WAKEUP], 30);
	assert_int_equal(a.sums.nr[PKPROF_LINE_WAKEUP], 1);
	tell(&a, 0, false, 2540, &t);
	assert_int_equal(t.thread.nr_switches, 2);
	assert_int_equal(t.thread.id, 7);
}

static void test_preempted(void **state)
{
	struct pk_account a = { 0 };

	(void)state;
	pk_account_open(&a, 1, PKPROF_LINE_WAKEUP, 0);
	assert_int_equal(pk_account_on(&a, 0, 40), 40);
	pk_account_off(&a, PKPROF_LINE_PREEMPTED, 100);
	assert_false(pk_account_is_asleep(&a));
	assert_int_equal(pk_account_queued_ns(&a), 100);
	assert_int_equal(pk_account_on(&a, 0, 170), 70);
	assert_int_equal(a.sums.ns[PKPROF_LINE_WAKEUP], 40);
	assert_int_equal(a.sums.ns[PKPROF_LINE_PREEMPTED], 70);
	assert_int_equal(a.sums.ns[PKPROF_LINE_CPU], 60);
}

static void test_sleeper_switched_in_without_a_wakeup(void **state)
{
	struct pk_account a = { 0 };

	(void)state;
	pk_account_open(&a, 1, PKPROF_LINE_FUTEX, 0);
	assert_int_equal(pk_account_on(&a, 0, 900), 0);
	assert_int_equal(a.sums.ns[PKPROF_LINE_FUTEX], 900);
	assert_int_equal(a.sums.ns[PKPROF_LINE_WAKEUP], 0);
}

static void test_clock_that_goes_back(void **state)
{
	struct pk_account a = { 0 };

	(void)state;
	pk_account_open(&a, 1, PKPROF_LINE_CPU, 1000);
	assert_int_equal(pk_account_off(&a, PKPROF_LINE_DISK, 990), 0);
	assert_int_equal(a.since_ns, 1000);
	pk_account_wake(&a, 995);
	assert_int_equal(pk_account_on(&a, 0, 1010), 10);
	pk_account_off(&a, PKPROF_LINE_DISK, 1020);
	pk_account_wake(&a, 1100);
	assert_int_equal(pk_account_on(&a, 0, 1090), 0);
	assert_int_equal(a.since_ns, 1100);
	assert_int_equal(sum_of(&a.sums), a.since_ns - a.from_ns);
}

static void test_throttled_part(void **state)
{
	struct pk_account a = { 0 };
	struct told t;

	(void)state;
	pk_account_open(&a, 1, PKPROF_LINE_CPU, 0);
	pk_account_off(&a, PKPROF_LINE_PREEMPTED, 100);
	tell(&a, 60, true, 160, &t);
	assert_int_equal(t.thread.state, PKPROF_LINE_THROTTLED);
	assert_int_equal(told_ns(&t, PKPROF_LINE_THROTTLED), 60);
	/* unthrottled at 180, told at 200, runs at 250: nothing that was told shrinks */
	tell(&a, 80, false, 200, &t);
	assert_int_equal(t.thread.state, PKPROF_LINE_PREEMPTED);
	assert_int_equal(told_ns(&t, PKPROF_LINE_THROTTLED), 80);
	assert_int_equal(told_ns(&t, PKPROF_LINE_PREEMPTED), 20);
	assert_int_equal(pk_account_on(&a, 80, 250), 70);
	assert_int_equal(a.sums.ns[PKPROF_LINE_THROTTLED], 80);
	assert_int_equal(a.sums.ns[PKPROF_LINE_PREEMPTED], 70);
	/* more than the whole wait cannot be */
	pk_account_off(&a, PKPROF_LINE_PREEMPTED, 300);
	assert_int_equal(pk_account_on(&a, 1000, 310), 0);
	assert_int_equal(sum_of(&a.sums), a.since_ns - a.from_ns);
}

static void test_lost_beginning(void **state)
{
	struct pk_account a = { 0 };

	(void)state;
	pk_account_open(&a, 1, PKPROF_LINE_PREEMPTED, 100);
	pk_account_lose(&a, 400);
	assert_int_equal(a.sums.ns[PKPROF_LINE_LOST], 300);
	assert_int_equal(pk_account_on(&a, 0, 450), 50);
	pk_account_lose(&a, 450);
	assert_int_equal(a.sums.nr[PKPROF_LINE_LOST], 1);
}

static void test_closed_is_not_read(void **state)
{
	struct pk_account a = { 0 }, copy;

	(void)state;
	assert_false(pk_account_read(&a, &copy));
	pk_account_open(&a, 1, PKPROF_LINE_CPU, 0);
	assert_true(pk_account_read(&a, &copy));
	pk_account_close(&a);
	assert_false(pk_account_read(&a, &copy));
	a.seq++;
	assert_false(pk_account_read(&a, &copy));
}

static void test_sums_of_the_dead(void **state)
{
	struct pkprof_ledger_line lines[PKPROF_NR_LINES];
	struct pk_sums dead = { { 0 }, { 0 } }, one = { { 0 }, { 0 } };

	(void)state;
	one.ns[PKPROF_LINE_TTY] = 5;
	one.nr[PKPROF_LINE_TTY] = 2;
	one.nr[PKPROF_LINE_AIO] = 1;
	assert_int_equal(pk_sums_nr_lines(&dead), 0);
	pk_sums_add(&dead, &one);
	pk_sums_add(&dead, &one);
	assert_int_equal(pk_sums_nr_lines(&dead), 2);
	assert_int_equal(pk_sums_tell(&dead, lines), 2);
	assert_int_equal(lines[0].line, PKPROF_LINE_TTY);
	assert_int_equal(lines[0].ns, 10);
	assert_int_equal(lines[0].nr, 4);
	assert_int_equal(lines[1].line, PKPROF_LINE_AIO);
	assert_int_equal(lines[1].ns, 0);
	assert_int_equal(lines[1].nr, 2);
}

/* Any order of events at any times, told at any moment: nothing is lost or booked twice. */
static void test_any_events(void **state)
{
	struct pk_account a = { 0 };
	struct told before, now;
	unsigned int i, line;
	u64 at = 1000;

	(void)state;
	srand(1);
	pk_account_open(&a, 1, PKPROF_LINE_WAKEUP, at);
	tell(&a, 0, false, at, &before);
	for (i = 0; i < 200000; i++) {
		at += rand() % 3 ? (u64)(rand() % 1000) : -(u64)(rand() % 20);
		if (a.state == PKPROF_LINE_CPU)
			pk_account_off(&a, rand() % 3 ? PKPROF_LINE_DISK + rand() % 14 :
							 PKPROF_LINE_PREEMPTED, at);
		else if (pk_account_is_asleep(&a) && rand() % 8)
			pk_account_wake(&a, at);
		else
			pk_account_on(&a, rand() % 5 ? 0 : rand() % 500, at);
		assert_int_equal(sum_of(&a.sums), a.since_ns - a.from_ns);
		tell(&a, 0, false, at + rand() % 100, &now);
		for (line = 0; line < PKPROF_NR_LINES; line++)
			assert_true(told_ns(&now, line) >= told_ns(&before, line));
		before = now;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sleep_wake_run),
		cmocka_unit_test(test_preempted),
		cmocka_unit_test(test_sleeper_switched_in_without_a_wakeup),
		cmocka_unit_test(test_clock_that_goes_back),
		cmocka_unit_test(test_throttled_part),
		cmocka_unit_test(test_lost_beginning),
		cmocka_unit_test(test_closed_is_not_read),
		cmocka_unit_test(test_sums_of_the_dead),
		cmocka_unit_test(test_any_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
