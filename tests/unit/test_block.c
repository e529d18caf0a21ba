// SPDX-License-Identifier: GPL-2.0-or-later
/* link: kmod/block_depth.c kmod/block_sums.c kmod/hist.c */
/*
 * What source block adds up: depth over time, requests on their way, cells and what is
 * told of them; where tables are full.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "block_depth.h"
#include "block_flight.h"
#include "block_sums.h"

#define US 1000ULL

/* --- depth --- */

static u64 sum_of(const struct pkprof_block_device *d)
{
	u64 sum = 0;

	for (unsigned int i = 0; i < PKPROF_BLOCK_DEPTHS; i++)
		sum += d->depth_ns[i];
	return sum;
}

static void test_depth_over_time(void **state)
{
	struct pk_depth d = { .base_ns = 16 * US };
	struct pkprof_block_device told;

	(void)state;
	pk_depth_change(&d, 1, 32 * US);
	pk_depth_change(&d, 1, 48 * US);
	pk_depth_change(&d, 1, 64 * US);
	pk_depth_change(&d, -1, 96 * US);
	pk_depth_change(&d, -1, 112 * US);
	pk_depth_change(&d, -1, 128 * US);
	pk_depth_tell(&d, 160 * US, &told);
	assert_int_equal(told.depth, 0);
	assert_int_equal(told.max_depth, 3);
	assert_int_equal(told.depth_ns[0], (16 + 32) * US);
	assert_int_equal(told.depth_ns[1], 32 * US);
	assert_int_equal(told.depth_ns[2], 64 * US);
	assert_int_equal(told.load_ns, (16 + 2 * 16 + 3 * 32 + 2 * 16 + 16) * US);
	assert_int_equal(told.read_ns - told.from_ns, 144 * US);
	assert_int_equal(sum_of(&told), 144 * US);
}

static void test_depth_open_at_the_reading(void **state)
{
	struct pk_depth d = { .base_ns = 0 };
	struct pkprof_block_device told;

	(void)state;
	pk_depth_change(&d, 1, 16 * US);
	pk_depth_tell(&d, 48 * US, &told);
	assert_int_equal(told.depth, 1);
	assert_int_equal(told.depth_ns[1], 32 * US);
	assert_int_equal(told.load_ns, 32 * US);
	/* a clock that is behind loses nothing */
	pk_depth_change(&d, -1, 8 * US);
	pk_depth_tell(&d, 4 * US, &told);
	assert_int_equal(told.read_ns, 16 * US);
	assert_int_equal(sum_of(&told), 16 * US);
}

/* The word wraps after 52 days. */
static void test_depth_of_weeks(void **state)
{
	struct pk_depth d = { 0 };
	struct pkprof_block_device told;
	u64 week = 1ULL << 49;	/* nearly */

	(void)state;
	pk_depth_change(&d, 1, 3 * week);
	pk_depth_change(&d, 1, 5 * week);
	pk_depth_change(&d, -1, 7 * week);
	pk_depth_change(&d, -1, 9 * week);
	pk_depth_change(&d, 1, 9 * week - 16);
	pk_depth_tell(&d, 10 * week, &told);
	assert_int_equal(told.depth_ns[0], 3 * week);
	assert_int_equal(told.depth_ns[1], (2 + 2 + 1) * week);
	assert_int_equal(told.depth_ns[2], 2 * week);
	assert_int_equal(told.load_ns, (2 + 4 + 2 + 1) * week);
	assert_int_equal(told.read_ns, 10 * week);
}

static void test_depth_stays_in_range(void **state)
{
	struct pk_depth d = { 0 };
	struct pkprof_block_device told;

	(void)state;
	pk_depth_change(&d, -1, US);
	pk_depth_tell(&d, 2 * US, &told);
	assert_int_equal(told.depth, 0);
	for (unsigned int i = 0; i < PK_DEPTH_MAX + 5; i++)
		pk_depth_change(&d, 1, 2 * US);
	pk_depth_tell(&d, 3 * US, &told);
	assert_int_equal(told.depth, PK_DEPTH_MAX);
	assert_int_equal(pk_depth_class(0), 0);
	assert_int_equal(pk_depth_class(1), 1);
	assert_int_equal(pk_depth_class(2), 2);
	assert_int_equal(pk_depth_class(3), 2);
	assert_int_equal(pk_depth_class(4), 3);
	assert_int_equal(pk_depth_class(PK_DEPTH_MAX), PKPROF_BLOCK_DEPTHS - 1);
}

#define ROUNDS 200000
static struct pk_depth shared;
static u64 ticks;

static void *up_and_down(void *unused)
{
	(void)unused;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		pk_depth_change(&shared, 1, 16 * __atomic_add_fetch(&ticks, 1, __ATOMIC_RELAXED));
		pk_depth_change(&shared, -1, 16 * __atomic_add_fetch(&ticks, 1, __ATOMIC_RELAXED));
	}
	return NULL;
}

static void test_depth_by_many(void **state)
{
	struct pkprof_block_device told;
	pthread_t threads[3];

	(void)state;
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, up_and_down, NULL), 0);
	for (unsigned int i = 0; i < 1000; i++) {
		pk_depth_tell(&shared, 16 * __atomic_load_n(&ticks, __ATOMIC_RELAXED), &told);
		assert_int_equal(sum_of(&told), told.read_ns - told.from_ns);
		assert_true(told.depth <= 3);
	}
	for (unsigned int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	pk_depth_tell(&shared, 16 * ticks, &told);
	assert_int_equal(told.depth, 0);
	assert_int_equal(sum_of(&told), 16 * ticks);
	assert_int_equal(told.read_ns, 16 * ticks);
}

/* --- requests on their way --- */

static void test_flights(void **state)
{
	struct pk_flights *t = aligned_alloc(64, sizeof(*t));
	u64 keys[PK_FLIGHT_GROUP + 1];
	struct pk_flight *f, *group;
	unsigned int nr = 0;
	bool known;

	(void)state;
	assert_non_null(t);
	memset(t, 0, sizeof(*t));
	group = pk_flights_group(t, 0x1000);
	assert_null(pk_flights_find(t, 0x1000));
	for (u64 key = 0x1000; nr <= PK_FLIGHT_GROUP; key += 64)
		if (pk_flights_group(t, key) == group)
			keys[nr++] = key;
	for (unsigned int i = 0; i < PK_FLIGHT_GROUP; i++) {
		f = i % 2 ? pk_flights_get(t, keys[i], &known) : pk_flights_claim(t, keys[i], &known);
		assert_false(known);
		assert_true(f >= group && f < group + PK_FLIGHT_GROUP);
		f->who = i;
	}
	/* one more than there is room for */
	assert_null(pk_flights_get(t, keys[PK_FLIGHT_GROUP], &known));
	assert_null(pk_flights_claim(t, keys[PK_FLIGHT_GROUP], &known));
	f = pk_flights_get(t, keys[2], &known);
	assert_true(known && f->who == 2);
	f = pk_flights_claim(t, keys[3], &known);
	assert_true(known && f->who == 3);
	for (unsigned int i = 0; i < PK_FLIGHT_GROUP; i++)
		assert_int_equal(pk_flights_find(t, keys[i])->who, i);
	pk_flights_drop(pk_flights_find(t, keys[3]));
	assert_null(pk_flights_find(t, keys[3]));
	assert_non_null(pk_flights_find(t, keys[1]));
	assert_non_null(pk_flights_get(t, keys[PK_FLIGHT_GROUP], &known));
	assert_false(known);
	/* what is claimed though it is there is what is found */
	pk_flights_drop(pk_flights_find(t, keys[0]));
	f = pk_flights_claim(t, keys[1], &known);
	assert_ptr_equal(f, pk_flights_find(t, keys[1]));
	free(t);
}

/* --- sums --- */

struct sums {
	struct pk_block_keys keys;
	struct pk_block_cpu cpu[2];
	struct pk_block_cpu *cpus[3];	/* the one in the middle is impossible */
	void *memory[2];
};

static struct sums *sums_create(void)
{
	struct sums *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	pk_block_keys_init(&s->keys, 2, UINT64_MAX);
	for (unsigned int i = 0; i < 2; i++) {
		s->memory[i] = calloc(1, pk_block_cpu_bytes(&s->keys));
		assert_non_null(s->memory[i]);
		pk_block_cpu_init(&s->cpu[i], &s->keys, s->memory[i]);
		s->cpus[2 * i] = &s->cpu[i];
	}
	return s;
}

static void sums_destroy(struct sums *s)
{
	free(s->memory[0]);
	free(s->memory[1]);
	free(s);
}

static u64 piece[PK_BLOCK_MAX_BYTES / sizeof(u64) + 1];

/* The piece of a kind; NULL: none was told. */
static const struct pkprof_block_ops *told(struct sums *s, u64 epoch_ns, u32 device, u32 tgid,
					   u8 op, u8 size, bool any)
{
	struct pkprof_block_ops *ops = (void *)piece;

	for (unsigned int at = 0; at < pk_block_nr(&s->keys); at++) {
		size_t bytes = pk_block_tell(&s->keys, s->cpus, 3, at, epoch_ns, ops);

		if (!bytes)
			continue;
		assert_int_equal(bytes, sizeof(*ops) + ops->nr_buckets * sizeof(ops->buckets[0]));
		assert_true(bytes <= PK_BLOCK_MAX_BYTES);
		if (ops->device == device && ops->tgid == tgid && ops->op == op &&
		    ops->size == size && ops->any_tgid == any)
			return ops;
	}
	return NULL;
}

static void book(struct sums *s, unsigned int cpu, struct pk_block_done d)
{
	pk_block_book(&s->keys, &s->cpu[cpu], &d);
}

static void test_sizes(void **state)
{
	(void)state;
	assert_int_equal(pk_block_size(0), 0);
	assert_int_equal(pk_block_size(1), 1);
	assert_int_equal(pk_block_size(512), 1);
	assert_int_equal(pk_block_size(4096), 1);
	assert_int_equal(pk_block_size(4097), 2);
	assert_int_equal(pk_block_size(16384), 2);
	assert_int_equal(pk_block_size(16385), 3);
	assert_int_equal(pk_block_size(1 << 20), 5);
	assert_int_equal(pk_block_size((1 << 20) + 1), 6);
	assert_int_equal(pk_block_size(4 << 20), 6);
	assert_int_equal(pk_block_size((4 << 20) + 1), 7);
	assert_int_equal(pk_block_size(UINT64_MAX), 7);
}

static void test_booked_on_two_cpus(void **state)
{
	struct pk_block_done d = { .who = 77, .device = 3, .op = PKPROF_BLOCK_SYNC, .timed = true,
				   .bytes = 4096, .queue_ns = 5, .device_ns = 100, .now_ns = 1000 };
	struct sums *s = sums_create();
	const struct pkprof_block_ops *o;
	u64 nr = 0;

	(void)state;
	book(s, 0, d);
	d.nr_requeued = 2;
	d.queue_ns = 200;
	book(s, 1, d);
	d.timed = false;
	d.failed = true;
	d.nr_partial = 1;
	book(s, 1, d);
	o = told(s, 0, 3, 0, PKPROF_BLOCK_SYNC, 1, false);
	assert_non_null(o);
	assert_int_equal(o->nr, 3);
	assert_int_equal(o->bytes, 3 * 4096);
	assert_int_equal(o->nr_untimed, 1);
	assert_int_equal(o->nr_failed, 1);
	assert_int_equal(o->nr_partial, 1);
	assert_int_equal(o->nr_requeued, 4);
	assert_int_equal(o->sum_ns[PKPROF_BLOCK_DEVICE], 200);
	assert_int_equal(o->max_ns[PKPROF_BLOCK_TOTAL], 300);
	assert_int_equal(o->nr_buckets, 5);
	for (unsigned int i = 0; i < o->nr_buckets; i++)
		nr += o->buckets[i].nr;
	assert_int_equal(nr, 2 * 3);
	assert_int_equal(o->buckets[0].time, PKPROF_BLOCK_QUEUE);
	assert_int_equal(o->buckets[0].bucket, 5);
	o = told(s, 0, 3, 77, PKPROF_BLOCK_SYNC, 0, false);
	assert_non_null(o);
	assert_int_equal(o->nr, 3);
	assert_int_equal(o->nr_buckets, 2);
	assert_int_equal(o->buckets[0].time, PKPROF_BLOCK_TOTAL);
	sums_destroy(s);
}

static void test_pieces_and_epoch(void **state)
{
	struct sums *s = sums_create();
	const struct pkprof_block_ops *o;

	(void)state;
	pk_block_book_piece(&s->keys, &s->cpu[0], 1, PKPROF_BLOCK_WRITE, 8192, true, 500);
	pk_block_book_piece(&s->keys, &s->cpu[1], 1, PKPROF_BLOCK_WRITE, 8192, false, 700);
	o = told(s, 700, 1, 0, PKPROF_BLOCK_WRITE, 2, false);
	assert_non_null(o);
	assert_int_equal(o->nr, 0);
	assert_int_equal(o->nr_merged, 1);
	assert_int_equal(o->nr_split, 1);
	assert_null(told(s, 701, 1, 0, PKPROF_BLOCK_WRITE, 2, false));
	sums_destroy(s);
}

/* Whatever finds no room of its own is in the cells of any, and nothing is lost. */
static void test_full_tables(void **state)
{
	struct sums *s = sums_create();
	u64 nr[2] = { 0 }, bytes[2] = { 0 };
	const struct pkprof_block_ops *o;

	(void)state;
	for (unsigned int i = 1; i <= 1000; i++)
		book(s, i % 2, (struct pk_block_done){ .who = i, .device = i, .op = i % 2, .bytes = 512,
						       .now_ns = i });
	for (unsigned int at = 0; at < pk_block_nr(&s->keys); at++) {
		struct pkprof_block_ops *ops = (void *)piece;
		bool own;

		if (!pk_block_tell(&s->keys, s->cpus, 3, at, 0, ops))
			continue;
		own = ops->tgid || ops->any_tgid;
		nr[own] += ops->nr;
		bytes[own] += ops->bytes;
	}
	for (unsigned int own = 0; own < 2; own++) {
		assert_int_equal(nr[own], 1000);
		assert_int_equal(bytes[own], 512 * 1000);
	}
	o = told(s, 0, 0, 0, PKPROF_BLOCK_WRITE, 0, false);
	assert_non_null(o);
	assert_true(o->nr > 300);
	o = told(s, 0, 0, 0, PKPROF_BLOCK_READ, 0, true);
	assert_non_null(o);
	assert_true(o->nr > 200);
	sums_destroy(s);
}

static void test_memory_is_bounded(void **state)
{
	struct pk_block_keys k = { 0 };

	(void)state;
	pk_block_keys_init(&k, 2, 64ULL << 20);
	assert_int_equal(k.nr, PK_BLOCK_MAX_CELLS);
	assert_true(2 * pk_block_cpu_bytes(&k) <= 64ULL << 20);
	pk_block_keys_init(&k, 128, 64ULL << 20);
	assert_true(128 * pk_block_cpu_bytes(&k) <= 64ULL << 20);
	pk_block_keys_init(&k, 4096, 64ULL << 20);
	assert_int_equal(k.nr, PK_BLOCK_MIN_CELLS);
}

/* What a plain request adds is what it adds as any. */
static void test_plain_requests(void **state)
{
	struct pk_block_done d = {
		.who = 7, .device = 3, .op = PKPROF_BLOCK_READ, .timed = true, .bytes = 8192,
		.queue_ns = 100, .device_ns = 5 * US, .now_ns = 9 * US,
	};
	struct pk_block_plain p = {
		.bytes = 8192, .queue_ns = 100, .device_ns = 5 * US, .now_ns = 9 * US,
	};
	struct sums *any = sums_create(), *plain = sums_create();
	struct pk_block_plain q;
	u64 whole = 3ULL << 32 | 7;

	(void)state;
	assert_true(pk_block_is_plain(&p));
	assert_false(pk_block_cells_quick(&plain->keys, &plain->cpu[0], whole, d.op, &p));
	pk_block_book(&any->keys, &any->cpu[0], &d);
	pk_block_book(&any->keys, &any->cpu[0], &d);
	pk_block_book(&plain->keys, &plain->cpu[0], &d);
	assert_false(pk_block_cells_quick(&plain->keys, &plain->cpu[0], whole + 1, d.op, &p));
	assert_true(pk_block_cells_quick(&plain->keys, &plain->cpu[0], whole, d.op, &p));
	pk_block_book_plain(&p);
	assert_memory_equal(any->memory[0], plain->memory[0], pk_block_cpu_bytes(&any->keys));
	/* what is remembered of the last one holds for its like alone */
	q = p;
	assert_true(pk_block_cells_quick(&plain->keys, &plain->cpu[0], whole, d.op, &q));
	assert_ptr_equal(q.cell, p.cell);
	assert_ptr_equal(q.own, p.own);
	assert_false(pk_block_cells_quick(&plain->keys, &plain->cpu[0], whole + 1, d.op, &q));
	q.bytes = 1 << 20;
	assert_false(pk_block_cells_quick(&plain->keys, &plain->cpu[0], whole, d.op, &q));
	/* times that clocks of two CPUs make of it are no plain ones */
	p.queue_ns = -16;
	assert_false(pk_block_is_plain(&p));
	/* nor are those that are too short or too long for a scan to tell the bucket */
	p.queue_ns = PK_HIST_MIN_NS - 1;
	assert_false(pk_block_is_plain(&p));
	p.queue_ns = PK_HIST_MIN_NS;
	assert_true(pk_block_is_plain(&p));
	p.device_ns = PK_HIST_MAX_NS / 2;
	assert_false(pk_block_is_plain(&p));
	sums_destroy(any);
	sums_destroy(plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_depth_over_time),
		cmocka_unit_test(test_depth_open_at_the_reading),
		cmocka_unit_test(test_depth_of_weeks),
		cmocka_unit_test(test_depth_stays_in_range),
		cmocka_unit_test(test_depth_by_many),
		cmocka_unit_test(test_flights),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_booked_on_two_cpus),
		cmocka_unit_test(test_pieces_and_epoch),
		cmocka_unit_test(test_full_tables),
		cmocka_unit_test(test_memory_is_bounded),
		cmocka_unit_test(test_plain_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
