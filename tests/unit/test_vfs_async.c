// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests on their way: each is found once, one that is tried again keeps its first time, and
 * those whose end nobody tells make room when they are old.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "vfs_async.h"

static struct pk_async table;
static struct pk_async_request old;

static int begin(void **state)
{
	(void)state;
	memset(&table, 0, sizeof(table));
	return 0;
}

static enum pk_async_begun start(uint64_t key, uint64_t now_ns, bool again)
{
	struct pk_async_request r = { .first_ns = now_ns, .cell = (uint32_t)key, .id = 7 };

	return pk_async_begin(&table, key, &r, again, &old);
}

static void test_each_is_found_once(void **state)
{
	struct pk_async_request r;

	(void)state;
	for (uint64_t i = 1; i <= 1000; i++)
		assert_int_equal(start(i << 8, i, true), PK_ASYNC_BEGUN);
	for (uint64_t i = 1; i <= 1000; i++) {
		assert_true(pk_async_end(&table, i << 8, &r));
		assert_int_equal(r.first_ns, i);
		assert_int_equal(r.cell, i << 8);
		assert_false(pk_async_end(&table, i << 8, &r));
	}
}

static void test_tried_again(void **state)
{
	struct pk_async_request r;

	(void)state;
	start(64, 10, true);
	assert_int_equal(start(64, 20, true), PK_ASYNC_AGAIN);
	assert_int_equal(old.first_ns, 0);
	assert_true(pk_async_end(&table, 64, &r));
	assert_int_equal(r.first_ns, 10);
}

static void test_ended_without_a_word(void **state)
{
	struct pk_async_request r;

	(void)state;
	start(64, 10, false);
	assert_int_equal(start(64, 20, false), PK_ASYNC_BEGUN);
	assert_int_equal(old.first_ns, 10);
	assert_true(pk_async_end(&table, 64, &r));
	assert_int_equal(r.first_ns, 20);
}

/* As many keys of one group as it holds, and one more. */
static void test_old_ones_make_room(void **state)
{
	uint64_t keys[PK_ASYNC_GROUP + 1], nr = 0;
	struct pk_async_request r;

	(void)state;
	for (uint64_t key = 64; nr <= PK_ASYNC_GROUP; key += 64)
		if (pk_async_group_of(key) == pk_async_group_of(64))
			keys[nr++] = key;
	for (int i = 0; i < PK_ASYNC_GROUP; i++)
		assert_int_equal(start(keys[i], 100 + i, true), PK_ASYNC_BEGUN);
	assert_int_equal(start(keys[PK_ASYNC_GROUP], 200, true), PK_ASYNC_NO_ROOM);
	assert_int_equal(old.first_ns, 0);

	/* all but the last are old */
	assert_int_equal(start(keys[PK_ASYNC_GROUP], 106 + PK_ASYNC_OLD_NS + 1, true), PK_ASYNC_BEGUN);
	assert_in_range(old.first_ns, 100, 106);
	assert_false(pk_async_end(&table, keys[old.first_ns - 100], &r));
	assert_true(pk_async_end(&table, keys[PK_ASYNC_GROUP - 1], &r));
	assert_true(pk_async_end(&table, keys[PK_ASYNC_GROUP], &r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_each_is_found_once, begin),
		cmocka_unit_test_setup(test_tried_again, begin),
		cmocka_unit_test_setup(test_ended_without_a_word, begin),
		cmocka_unit_test_setup(test_old_ones_make_room, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
