// SPDX-License-Identifier: GPL-2.0-or-later
/* link: kmod/throttle_span.c */
/*
 * How much of a wait was throttled: spans apart, overlapping, within each other, open,
 * before and after the wait; and against counting each nanosecond.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "throttle.h"

static void test_shapes(void **state)
{
	const struct pk_span apart[] = { { 10, 20 }, { 30, 40 } };
	const struct pk_span lapping[] = { { 10, 30 }, { 20, 40 } };
	const struct pk_span within[] = { { 10, 40 }, { 20, 30 } };
	const struct pk_span open[] = { { 10, UINT64_MAX } };

	(void)state;
	assert_int_equal(pk_spans_cover(apart, 0, 0, 100), 0);
	assert_int_equal(pk_spans_cover(apart, 2, 0, 100), 20);
	assert_int_equal(pk_spans_cover(apart, 2, 15, 35), 10);
	assert_int_equal(pk_spans_cover(apart, 2, 20, 30), 0);
	assert_int_equal(pk_spans_cover(apart, 2, 40, 100), 0);
	assert_int_equal(pk_spans_cover(apart, 2, 12, 13), 1);
	assert_int_equal(pk_spans_cover(lapping, 2, 0, 100), 30);
	assert_int_equal(pk_spans_cover(within, 2, 0, 100), 30);
	assert_int_equal(pk_spans_cover(within, 2, 25, 26), 1);
	assert_int_equal(pk_spans_cover(open, 1, 0, 100), 90);
	assert_int_equal(pk_spans_cover(open, 1, 50, 50), 0);
	assert_int_equal(pk_spans_cover(open, 1, 60, 50), 0);
}

static u64 count_each(const struct pk_span *spans, unsigned int nr, u64 from, u64 to)
{
	unsigned int i;
	u64 t, sum = 0;

	for (t = from; t < to; t++) {
		for (i = 0; i < nr; i++) {
			if (spans[i].begin_ns <= t && t < spans[i].end_ns)
				break;
		}
		sum += i < nr;
	}
	return sum;
}

static void test_any_spans(void **state)
{
	struct pk_span spans[PK_MAX_SPANS];
	unsigned int round, nr, i;

	(void)state;
	srand(3);
	for (round = 0; round < 20000; round++) {
		u64 from = rand() % 150, to = from + rand() % 100;

		nr = rand() % (PK_MAX_SPANS + 1);
		for (i = 0; i < nr; i++) {
			spans[i].begin_ns = rand() % 200;
			spans[i].end_ns = rand() % 20 ? spans[i].begin_ns + rand() % 20 : UINT64_MAX;
		}
		assert_int_equal(pk_spans_cover(spans, nr, from, to), count_each(spans, nr, from, to));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_any_spans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
