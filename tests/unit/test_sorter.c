// SPDX-License-Identifier: GPL-2.0-or-later
/* Ordering across CPUs: release rule, stability, bounded memory, late items. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "record/sorter.h"

#define LIMIT	(64u << 10)
#define MAX_OUT 200000

struct item {
	uint64_t time_ns;
	uint64_t payload;
};

static struct {
	struct item items[MAX_OUT];
	size_t nr;
	int fail_at; /* item whose writing fails, -1: none */
	struct pk_sorter *sorter;
} out;

static int take(void *ctx, uint64_t time_ns, unsigned int kind, const void *payload, size_t len)
{
	assert_ptr_equal(ctx, &out);
	assert_int_equal(kind, 3);
	assert_int_equal(len, sizeof(uint64_t));
	if ((int)out.nr == out.fail_at)
		return -ENOSPC;
	out.items[out.nr].time_ns = time_ns;
	memcpy(&out.items[out.nr].payload, payload, len);
	out.nr++;
	return 0;
}

static void init(struct pk_sorter *s, size_t limit)
{
	out.nr = 0;
	out.fail_at = -1;
	pk_sorter_init(s, limit, take, &out);
}

static void push(struct pk_sorter *s, uint64_t time_ns, uint64_t payload)
{
	assert_int_equal(pk_sorter_push(s, time_ns, 3, &payload, sizeof(payload)), 0);
}

static void assert_ordered(void)
{
	for (size_t i = 1; i < out.nr; i++)
		assert_true(out.items[i - 1].time_ns <= out.items[i].time_ns);
}

static void test_orders_and_holds_back(void **state)
{
	struct pk_sorter s;

	(void)state;
	init(&s, LIMIT);
	push(&s, 30, 3);
	push(&s, 10, 1);
	push(&s, 20, 2);
	assert_int_equal(pk_sorter_release(&s, 20), 0);
	assert_int_equal(out.nr, 2);
	push(&s, 25, 4);
	assert_int_equal(pk_sorter_release(&s, 24), 0);
	assert_int_equal(out.nr, 2);
	assert_int_equal(pk_sorter_release(&s, UINT64_MAX), 0);
	assert_int_equal(out.nr, 4);
	assert_ordered();
	assert_int_equal(out.items[2].payload, 4);
	assert_int_equal(out.items[3].payload, 3);
	assert_int_equal(s.nr_late, 0);
	pk_sorter_deinit(&s);
}

static void test_equal_times_keep_their_order(void **state)
{
	struct pk_sorter s;

	(void)state;
	init(&s, LIMIT);
	for (uint64_t i = 0; i < 500; i++)
		push(&s, 100 - i % 3, i);
	assert_int_equal(pk_sorter_release(&s, UINT64_MAX), 0);
	assert_int_equal(out.nr, 500);
	assert_ordered();
	for (size_t i = 1; i < out.nr; i++)
		if (out.items[i - 1].time_ns == out.items[i].time_ns)
			assert_true(out.items[i - 1].payload < out.items[i].payload);
	pk_sorter_deinit(&s);
}

static void test_late_items_are_counted_and_come(void **state)
{
	struct pk_sorter s;

	(void)state;
	init(&s, LIMIT);
	push(&s, 10, 1);
	push(&s, 20, 2);
	pk_sorter_release(&s, 20);
	push(&s, 15, 3);
	push(&s, 30, 4);
	pk_sorter_release(&s, UINT64_MAX);
	assert_int_equal(out.nr, 4);
	assert_int_equal(out.items[2].time_ns, 15);
	assert_int_equal(s.nr_late, 1);
	pk_sorter_deinit(&s);
}

/* Items of many rings in merged drains: all come, in order, in little memory. */
static void test_memory_is_bounded(void **state)
{
	struct pk_sorter s;
	uint64_t x = 88172645463325252ULL;

	(void)state;
	init(&s, LIMIT);
	for (uint64_t i = 0; i < MAX_OUT; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		/* disorder of some 100 items */
		push(&s, i * 10 + x % 1000, i);
		assert_true(s.payload.cap + s.entries.cap * sizeof(*s.entries.data) < 4 * LIMIT);
	}
	assert_true(s.nr_forced > 0);
	assert_int_equal(pk_sorter_release(&s, UINT64_MAX), 0);
	assert_int_equal(out.nr, MAX_OUT);
	assert_ordered();
	assert_int_equal(s.nr_late, 0);
	pk_sorter_deinit(&s);
}

static void test_failure_of_the_writer_is_passed_on(void **state)
{
	struct pk_sorter s;

	(void)state;
	init(&s, LIMIT);
	out.fail_at = 1;
	push(&s, 1, 1);
	push(&s, 2, 2);
	assert_int_equal(pk_sorter_release(&s, UINT64_MAX), -ENOSPC);
	pk_sorter_deinit(&s);
}

static void test_too_long_a_payload_is_refused(void **state)
{
	static char payload[1 << 17];
	struct pk_sorter s;

	(void)state;
	init(&s, 1 << 20);
	assert_int_equal(pk_sorter_push(&s, 1, 3, payload, sizeof(payload)), -EINVAL);
	assert_int_equal(pk_sorter_release(&s, UINT64_MAX), 0);
	assert_int_equal(out.nr, 0);
	pk_sorter_deinit(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders_and_holds_back),
		cmocka_unit_test(test_equal_times_keep_their_order),
		cmocka_unit_test(test_late_items_are_counted_and_come),
		cmocka_unit_test(test_memory_is_bounded),
		cmocka_unit_test(test_failure_of_the_writer_is_passed_on),
		cmocka_unit_test(test_too_long_a_payload_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
