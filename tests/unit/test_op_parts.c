// SPDX-License-Identifier: GPL-2.0-or-later
/* link: kmod/op_parts.c */
/*
 * What an operation's time goes to: own requests, those of others, locks, and that the
 * parts are always the whole, whatever comes in which order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "block_busy.h"
#include "op_parts.h"

#define DISK(since, woken, now)                                                              \
	((struct pk_op_wait){ .since_ns = since, .woken_ns = woken, .now_ns = now,           \
			      .line = PKPROF_LINE_DISK })

static struct pk_op_parts p;

static uint64_t sum(void)
{
	uint64_t ns = 0;

	for (int i = 0; i < PKPROF_NR_OP_PARTS; i++)
		ns += p.ns[i];
	return ns;
}

static int begin(void **state)
{
	(void)state;
	pk_op_parts_begin(&p, 1000);
	return 0;
}

static void test_without_a_wait(void **state)
{
	(void)state;
	pk_op_parts_end(&p, 1700);
	assert_int_equal(p.ns[PKPROF_OP_CPU], 700);
	assert_int_equal(sum(), 700);
}

/* Looked for, made room, submitted, in the queue, at the device, woken, run, copied. */
static void test_read(void **state)
{
	struct pk_op_wait w = DISK(1350, 5200, 5300);

	(void)state;
	pk_op_parts_missed(&p, 1100);
	pk_op_parts_submitted(&p, 1300);
	p.sent_ns = 1900;
	pk_op_parts_done(&p, 1300, 1900, 5000);
	assert_false(pk_op_parts_is_others(&p, &w));
	pk_op_parts_wait(&p, &w);
	pk_op_parts_end(&p, 5500);
	assert_int_equal(p.ns[PKPROF_OP_CPU], 100 + 200);
	assert_int_equal(p.ns[PKPROF_OP_CACHE], 200);
	assert_int_equal(p.ns[PKPROF_OP_SUBMIT], 50);
	assert_int_equal(p.ns[PKPROF_OP_QUEUE], 550);
	assert_int_equal(p.ns[PKPROF_OP_DEVICE], 3100);
	assert_int_equal(p.ns[PKPROF_OP_WAKE], 200);
	assert_int_equal(p.ns[PKPROF_OP_RUNQ], 100);
	assert_int_equal(sum(), 4500);
	assert_int_equal(p.nr_requests, 1);
}

/* It waits for room before its request can be made; that wait is ended by others'. */
static void test_full_queue(void **state)
{
	(void)state;
	pk_op_parts_submitted(&p, 1100);
	pk_op_parts_wait(&p, &DISK(1200, 4200, 4200));
	assert_int_equal(p.ns[PKPROF_OP_QUEUE], 3000);
	p.sent_ns = 4300;
	pk_op_parts_done(&p, 1100, 4300, 8000);
	pk_op_parts_wait(&p, &DISK(4400, 8000, 8000));
	pk_op_parts_end(&p, 8000);
	assert_int_equal(p.ns[PKPROF_OP_DEVICE], 3600);
	assert_int_equal(p.ns[PKPROF_OP_SUBMIT], 100 + 200);
	assert_int_equal(sum(), 7000);
}

/* A commit: own data, then the journal's requests, with a pause between them. */
static void test_commit(void **state)
{
	struct pk_op_wait w = DISK(3200, 9200, 9200);

	(void)state;
	pk_op_parts_submitted(&p, 1100);
	p.sent_ns = 1150;
	pk_op_parts_done(&p, 1100, 1150, 3000);
	pk_op_parts_wait(&p, &DISK(1200, 3000, 3000));
	assert_true(pk_op_parts_is_others(&p, &w));
	w.busy_ns = 4000;
	pk_op_parts_wait(&p, &w);
	pk_op_parts_end(&p, 9300);
	assert_int_equal(p.ns[PKPROF_OP_OTHERS_DEVICE], 4000);
	assert_int_equal(p.ns[PKPROF_OP_OTHERS], 2000);
	assert_int_equal(sum(), 8300);
}

static void test_lock(void **state)
{
	struct pk_op_wait w = DISK(1100, 1900, 2000);

	(void)state;
	w.locked = true;
	assert_false(pk_op_parts_is_others(&p, &w));
	pk_op_parts_wait(&p, &w);
	w = (struct pk_op_wait){ 2100, 2500, 2600, PKPROF_LINE_PIPE, false, 0 };
	pk_op_parts_wait(&p, &w);
	/* preempted */
	w = (struct pk_op_wait){ 2700, 2700, 2900, PKPROF_LINE_PREEMPTED, false, 0 };
	pk_op_parts_wait(&p, &w);
	pk_op_parts_end(&p, 3000);
	assert_int_equal(p.ns[PKPROF_OP_LOCK], 800);
	assert_int_equal(p.ns[PKPROF_OP_WAIT], 400);
	assert_int_equal(p.ns[PKPROF_OP_RUNQ], 400);
	assert_int_equal(sum(), 2000);
}

/* What comes after the last submission without a wait for it is no submission. */
static void test_read_ahead(void **state)
{
	(void)state;
	pk_op_parts_submitted(&p, 1100);
	pk_op_parts_submitted(&p, 1300);
	pk_op_parts_end(&p, 2000);
	assert_int_equal(p.ns[PKPROF_OP_SUBMIT], 200);
	assert_int_equal(p.ns[PKPROF_OP_CPU], 800);
}

/* Whatever happens, in whatever order, and with clocks that differ. */
static void test_always_whole(void **state)
{
	(void)state;
	srand(1);
	for (int round = 0; round < 20000; round++) {
		uint64_t now = 1000000, from = now;

		pk_op_parts_begin(&p, from);
		for (int i = 0; i < 12; i++) {
			uint64_t a = now + rand() % 100, b = a + rand() % 3000;
			struct pk_op_wait w = {
				.since_ns = a, .woken_ns = b, .now_ns = b + rand() % 50,
				.line = rand() % PKPROF_NR_LINES, .locked = !(rand() % 5),
				.busy_ns = rand() % 5000,
			};

			switch (rand() % 5) {
			case 0:
				pk_op_parts_missed(&p, now);
				break;
			case 1:
				pk_op_parts_submitted(&p, now);
				break;
			case 2:
				p.sent_ns = now - rand() % 50;
				break;
			case 3:
				pk_op_parts_done(&p, now - rand() % 5000, rand() % 3 ? now - rand() % 3000 : 0,
						 now + rand() % 4000);
				break;
			default:
				pk_op_parts_wait(&p, &w);
				now = w.now_ns - rand() % 20;
			}
			now += rand() % 200;
		}
		if (now < p.at_ns)
			now = p.at_ns;
		pk_op_parts_end(&p, now);
		assert_int_equal(sum(), now - from);
	}
}

static void test_busy_spans(void **state)
{
	static struct pk_busy b;

	(void)state;
	assert_int_equal(pk_busy_in(&b, 0, 1000), 0);
	for (uint64_t at = 1000; at < 100000; at += 100) {
		pk_busy_begin(&b, at);
		pk_busy_end(&b, at + 30);
	}
	/* the last ten spans, one cut at each end, and one that lasts */
	assert_int_equal(pk_busy_in(&b, 99000 + 10, 99900 + 20), 20 + 8 * 30 + 20);
	pk_busy_begin(&b, 100000);
	assert_int_equal(pk_busy_in(&b, 99900, 100500), 30 + 500);
	/* of what is longer ago nothing is known */
	assert_int_equal(pk_busy_in(&b, 0, 100000), PK_BUSY_SPANS * 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_without_a_wait, begin),
		cmocka_unit_test_setup(test_read, begin),
		cmocka_unit_test_setup(test_full_queue, begin),
		cmocka_unit_test_setup(test_commit, begin),
		cmocka_unit_test_setup(test_lock, begin),
		cmocka_unit_test_setup(test_read_ahead, begin),
		cmocka_unit_test_setup(test_always_whole, begin),
		cmocka_unit_test_setup(test_busy_spans, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
