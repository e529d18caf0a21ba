// SPDX-License-Identifier: GPL-2.0-or-later
/* link: kmod/vfs_sums.c kmod/hist.c */
/*
 * What source vfs adds up: cells of processes, those for processes without room, what is
 * told of them, and that a cell which is given back begins anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "vfs_sums.h"

static struct pk_vfs_keys keys;
static struct pk_vfs_cell *cpus[2];
static struct {
	struct pkprof_vfs_ops ops;
	struct pkprof_hist_bucket buckets[PKPROF_HIST_BUCKETS];
} told;

static int set_up(void **state)
{
	(void)state;
	memset(&keys, 0, sizeof(keys));
	pk_vfs_keys_init(&keys, 2, 1);
	for (int i = 0; i < 2; i++)
		cpus[i] = calloc(1, pk_vfs_cpu_bytes(&keys));
	return !cpus[0] || !cpus[1];
}

static int tear_down(void **state)
{
	(void)state;
	free(cpus[0]);
	free(cpus[1]);
	return 0;
}

static struct pk_vfs_what of(uint64_t fs, uint32_t tgid, uint8_t op)
{
	return (struct pk_vfs_what){ .fs_key = 0xffff888000000000 + fs * 2048, .dev = 0x800001,
				     .tgid = tgid, .op = op };
}

static int find(const struct pk_vfs_what *w)
{
	return pk_vfs_cell_find(&keys, pk_vfs_key(w->fs_key, w->dev, w->tgid, w->op, w->flags));
}

static size_t tell(unsigned int at, uint64_t epoch_ns, bool *idle_ret)
{
	return pk_vfs_tell(&keys, cpus, 2, at, epoch_ns, idle_ret, &told.ops);
}

static void test_sums_of_all_cpus(void **state)
{
	struct pk_vfs_what w = of(1, 7, PKPROF_VFS_READ);
	bool idle;
	int at;

	(void)state;
	assert_int_equal(keys.nr, PK_VFS_MIN_CELLS);
	assert_true(find(&w) < 0);
	at = pk_vfs_cell_claim(&keys, &w, 3);
	assert_int_equal(find(&w), at);
	assert_int_equal(pk_vfs_cell_claim(&keys, &w, 3), at);
	assert_int_equal(tell(at, 0, &idle), 0);
	pk_vfs_book(&cpus[0][at], 100, false, 1000);
	pk_vfs_book_time(&cpus[0][at], pk_hist_bucket(5), 5);
	pk_vfs_book(&cpus[1][at], 0, true, 2000);
	pk_vfs_book_time(&cpus[1][at], pk_hist_bucket(800), 800);
	assert_int_equal(tell(at, 1500, &idle), sizeof(told.ops) + 2 * sizeof(told.buckets[0]));
	assert_false(idle);
	assert_int_equal(told.ops.nr, 2);
	assert_int_equal(told.ops.bytes, 100);
	assert_int_equal(told.ops.nr_failed, 1);
	assert_int_equal(told.ops.sum_ns, 805);
	assert_int_equal(told.ops.max_ns, 800);
	assert_int_equal(told.ops.fs, 3);
	assert_int_equal(told.ops.tgid, 7);
	assert_int_equal(told.ops.op, PKPROF_VFS_READ);
	assert_int_equal(told.ops.buckets[0].bucket, 5);
	assert_int_equal(tell(at, 2001, &idle), 0);
	assert_true(idle);
}

static void test_kinds_differ(void **state)
{
	struct pk_vfs_what w[] = { of(1, 7, PKPROF_VFS_READ), of(2, 7, PKPROF_VFS_READ),
				   of(1, 8, PKPROF_VFS_READ), of(1, 7, PKPROF_VFS_WRITE),
				   of(1, 7, PKPROF_VFS_READ), of(1, 7, PKPROF_VFS_READ) };

	(void)state;
	w[4].flags = PKPROF_VFS_BELOW;
	w[5].dev++;
	for (unsigned int i = 0; i < ARRAY_SIZE(w); i++) {
		assert_true(find(&w[i]) < 0);
		pk_vfs_cell_claim(&keys, &w[i], i);
	}
}

/* Nothing is lost where there is no room: it is in cells of any process. */
static void test_more_than_there_is_room_for(void **state)
{
	unsigned int own = 0, any = 0, always = 0;
	uint64_t sum = 0;
	bool idle;

	(void)state;
	for (uint32_t i = 1; i <= 10000; i++) {
		struct pk_vfs_what w = of(1 + i % 3, i, PKPROF_VFS_WRITE);
		uint32_t at = pk_vfs_cell_claim(&keys, &w, 2 + i % 3);

		assert_true(at < pk_vfs_nr(&keys));
		pk_vfs_book(&cpus[i % 2][at], i, false, 1);
	}
	for (unsigned int at = 0; at < pk_vfs_nr(&keys); at++) {
		if (!tell(at, 0, &idle))
			continue;
		sum += told.ops.bytes;
		assert_int_equal(told.ops.op, PKPROF_VFS_WRITE);
		assert_int_equal(told.ops.cell, at);
		if (!(told.ops.flags & PKPROF_VFS_ANY_TGID))
			own++;
		else if (told.ops.fs)
			any++;
		else
			always++;
	}
	assert_int_equal(sum, 10000ULL * 10001 / 2);
	assert_true(own > PK_VFS_MIN_CELLS / 2 && own <= PK_VFS_MIN_CELLS);
	assert_true(any + always >= 1);
}

static void test_given_back(void **state)
{
	struct pk_vfs_what w = of(1, 7, PKPROF_VFS_READ);
	int at = pk_vfs_cell_claim(&keys, &w, 3);
	uint32_t id;
	bool idle;

	(void)state;
	pk_vfs_book(&cpus[0][at], 100, false, 1000);
	assert_true(tell(at, 0, &idle));
	id = told.ops.id;
	pk_vfs_cell_free(&keys, cpus, 2, at);
	assert_true(find(&w) < 0);
	assert_int_equal(tell(at, 0, &idle), 0);
	assert_int_equal(pk_vfs_cell_claim(&keys, &w, 3), at);
	pk_vfs_book(&cpus[0][at], 1, false, 2000);
	assert_true(tell(at, 0, &idle));
	assert_int_equal(told.ops.bytes, 1);
	assert_int_not_equal(told.ops.id, id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sums_of_all_cpus, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kinds_differ, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_more_than_there_is_room_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_given_back, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
