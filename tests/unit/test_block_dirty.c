// SPDX-License-Identifier: GPL-2.0-or-later
/* link: kmod/block_dirty.c */
/* Who made pages dirty: pages of one file by several, runs that are given up, many at once. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "block_dirty.h"

static const char file[4096];	/* addresses of mappings */

static struct pk_dirty *dirty_create(u64 nr_pages)
{
	struct pk_dirty *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	t->nr_groups = pk_dirty_nr_groups(nr_pages);
	t->runs = calloc((size_t)t->nr_groups * PK_DIRTY_GROUP, sizeof(*t->runs));
	assert_non_null(t->runs);
	return t;
}

static void dirty_destroy(struct pk_dirty *t)
{
	free(t->runs);
	free(t);
}

static void test_each_page_has_its_own(void **state)
{
	struct pk_dirty *t = dirty_create(0);

	(void)state;
	assert_int_equal(pk_dirty_get(t, file, 3), 0);
	for (u64 i = 0; i < 100; i++)
		pk_dirty_set(t, file, i, 1, 1 + i % 3);
	pk_dirty_set(t, file + 64, 5, 1, 77);
	for (u64 i = 0; i < 100; i++)
		assert_int_equal(pk_dirty_get(t, file, i), 1 + i % 3);
	assert_int_equal(pk_dirty_get(t, file + 64, 5), 77);
	/* the last one counts */
	pk_dirty_set(t, file, 50, 1, 9);
	assert_int_equal(pk_dirty_get(t, file, 50), 9);
	assert_int_equal(pk_dirty_get(t, file, 51), 1);
	dirty_destroy(t);
}

static void test_many_pages_at_once(void **state)
{
	struct pk_dirty *t = dirty_create(0);

	(void)state;
	pk_dirty_set(t, file, 30, 1, 5);
	pk_dirty_set(t, file, 13, 16, 6);
	pk_dirty_set(t, file, 1000, UINT32_MAX, 7);
	for (u64 i = 13; i < 29; i++)
		assert_int_equal(pk_dirty_get(t, file, i), 6);
	assert_int_equal(pk_dirty_get(t, file, 30), 5);
	assert_int_equal(pk_dirty_get(t, file, 1000 + PK_DIRTY_MAX_NR - 1), 7);
	/* of a page that was not told, the last one of the file is taken */
	assert_int_equal(pk_dirty_get(t, file, 12), 7);
	assert_int_equal(pk_dirty_get(t, file, 1 << 30), 7);
	assert_int_equal(pk_dirty_get(t, file + 8, 12), 0);
	dirty_destroy(t);
}

/* More runs than there is room for: the newest are nearly all known, none is taken for another. */
static void test_full_table(void **state)
{
	struct pk_dirty *t = dirty_create(0);
	u32 nr = t->nr_groups * PK_DIRTY_GROUP * 3, known = 0, newest = nr / 12;

	(void)state;
	for (u32 i = 0; i < nr; i++)
		pk_dirty_set(t, file, (u64)i * PK_DIRTY_RUN, 1, i + 1);
	for (u32 i = 0; i < nr; i++) {
		u32 who = pk_dirty_get(t, file, (u64)i * PK_DIRTY_RUN);

		/* else its last one */
		assert_true(who == i + 1 || who == nr);
		if (i >= nr - newest)
			known += who == i + 1;
	}
	assert_true(known > newest * 4 / 5);
	dirty_destroy(t);
}

static void test_size(void **state)
{
	(void)state;
	assert_int_equal(pk_dirty_nr_groups(0), 1024);
	assert_true(pk_dirty_nr_groups(1 << 20) >= 4096);
	assert_int_equal(pk_dirty_nr_groups(UINT64_MAX), 16384);
}

#define ROUNDS 100000
static struct pk_dirty *shared;

/* Each thread has its own file; all fight for the same groups. */
static void *make_dirty(void *mine)
{
	u32 who = 1 + ((const char *)mine - file) / 64;

	for (u64 i = 0; i < ROUNDS; i++) {
		u32 found;

		pk_dirty_set(shared, mine, i * PK_DIRTY_RUN, 1, who);
		found = pk_dirty_get(shared, mine, (i - i % 3) * PK_DIRTY_RUN);
		if (found != who)
			return mine;
	}
	return NULL;
}

static void test_many_threads(void **state)
{
	pthread_t threads[4];
	void *wrong;

	(void)state;
	shared = dirty_create(0);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, make_dirty, (void *)(file + 64 * i)), 0);
	for (unsigned int i = 0; i < 4; i++) {
		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
	dirty_destroy(shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_page_has_its_own),
		cmocka_unit_test(test_many_pages_at_once),
		cmocka_unit_test(test_full_table),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_many_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
