// SPDX-License-Identifier: GPL-2.0-or-later
/* User half of a ring: what it takes, what it refuses, what it gives back. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "source/merge.h"
#include "source/ring_reader.h"

#define DATA_BYTES 256
#define PAGE	   4096

/* A ring as the kernel lays it out. */
struct ring {
	struct pkprof_ring_reader *reader;
	struct pkprof_ring_info *info;
	uint8_t *data;
	struct pk_ring_reader r;
};

static int setup(void **state)
{
	struct ring *ring = calloc(1, sizeof(*ring));

	ring->reader = calloc(1, PAGE);
	ring->info = calloc(1, PAGE + DATA_BYTES);
	ring->info->abi = ring->info->abi_compat = PKPROF_ABI;
	ring->info->data_offset = PAGE;
	ring->info->data_bytes = DATA_BYTES;
	ring->data = (uint8_t *)ring->info + PAGE;
	*state = ring;
	return 0;
}

static int teardown(void **state)
{
	struct ring *ring = *state;

	free(ring->reader);
	free(ring->info);
	free(ring);
	return 0;
}

static int init(struct ring *ring)
{
	struct pk_err err;

	return pk_ring_reader_init(&ring->r, ring->reader, ring->info, PAGE + DATA_BYTES, &err);
}

/* Write as the kernel does: at the head, which then moves. */
static void put(struct ring *ring, uint8_t type, uint16_t size, uint32_t tid)
{
	uint64_t at = ring->info->head % DATA_BYTES;
	struct pkprof_rec rec = { .type = type, .size = size, .tid = tid };

	memcpy(ring->data + at, &rec,
	       at + sizeof(rec) > DATA_BYTES ? DATA_BYTES - at : sizeof(rec));
	ring->info->head += size;
}

static const struct pkprof_rec *next(struct ring *ring)
{
	const struct pkprof_rec *rec = pk_ring_reader_peek(&ring->r);

	if (rec)
		pk_ring_reader_advance(&ring->r);
	return rec;
}

static void test_takes_records_in_order(void **state)
{
	struct ring *ring = *state;

	assert_int_equal(init(ring), 0);
	assert_null(next(ring));
	put(ring, PKPROF_REC_SAMPLE, 32, 1);
	put(ring, PKPROF_REC_EXIT, 24, 2);
	/* not looked at before refresh */
	assert_null(next(ring));
	pk_ring_reader_refresh(&ring->r);
	assert_int_equal(next(ring)->tid, 1);
	assert_int_equal(next(ring)->tid, 2);
	assert_null(next(ring));
	assert_int_equal(ring->r.nr_bad, 0);
}

static void test_peek_does_not_consume(void **state)
{
	struct ring *ring = *state;

	init(ring);
	put(ring, PKPROF_REC_SAMPLE, 32, 7);
	pk_ring_reader_refresh(&ring->r);
	assert_ptr_equal(pk_ring_reader_peek(&ring->r), pk_ring_reader_peek(&ring->r));
	assert_int_equal(next(ring)->tid, 7);
	assert_null(next(ring));
}

static void test_gives_back_on_release_only(void **state)
{
	struct ring *ring = *state;

	init(ring);
	put(ring, PKPROF_REC_SAMPLE, 32, 1);
	pk_ring_reader_refresh(&ring->r);
	next(ring);
	assert_int_equal(ring->reader->tail, 0);
	assert_int_equal(pk_ring_reader_held(&ring->r), 32);
	pk_ring_reader_release(&ring->r);
	assert_int_equal(ring->reader->tail, 32);
	assert_int_equal(pk_ring_reader_held(&ring->r), 0);
}

/* Around the end many times, with every length of padding, also of 8 bytes. */
static void test_wraps_over_padding(void **state)
{
	struct ring *ring = *state;
	uint32_t sent = 0, got = 0;

	init(ring);
	for (unsigned int i = 0; i < 1000; i++) {
		uint16_t size = 24 + i % 7 * 8;
		uint64_t left = DATA_BYTES - ring->info->head % DATA_BYTES;

		if (left < size)
			put(ring, PKPROF_REC_PAD, left, 0);
		put(ring, PKPROF_REC_SAMPLE, size, ++sent);
		pk_ring_reader_refresh(&ring->r);
		for (const struct pkprof_rec *rec; (rec = next(ring));)
			assert_int_equal(rec->tid, ++got);
		pk_ring_reader_release(&ring->r);
		assert_int_equal(ring->reader->tail, ring->info->head);
	}
	assert_int_equal(got, sent);
	assert_int_equal(ring->r.nr_bad, 0);
}

/* A record that makes no sense costs what is behind it, visibly, and nothing else. */
static void refuses_size(struct ring *ring, uint16_t size, uint64_t head)
{
	uint64_t bad = ring->r.bad_bytes;
	unsigned int nr = ring->r.nr_bad;

	put(ring, PKPROF_REC_SAMPLE, size, 9);
	ring->info->head = head;
	pk_ring_reader_refresh(&ring->r);
	assert_null(next(ring));
	assert_int_equal(ring->r.nr_bad, nr + 1);
	assert_true(ring->r.bad_bytes > bad);
	assert_int_equal(ring->r.tail, head);
	/* and goes on behind */
	put(ring, PKPROF_REC_EXIT, 24, 4);
	pk_ring_reader_refresh(&ring->r);
	assert_int_equal(next(ring)->tid, 4);
}

static void test_refuses_senseless_records(void **state)
{
	struct ring *ring = *state;

	init(ring);
	refuses_size(ring, 0, ring->info->head + 32);
	refuses_size(ring, 8, ring->info->head + 32);
	refuses_size(ring, 20, ring->info->head + 32);
	/* longer than what is published */
	refuses_size(ring, 48, ring->info->head + 24);
}

static void test_refuses_record_across_the_end(void **state)
{
	struct ring *ring = *state;

	init(ring);
	put(ring, PKPROF_REC_SAMPLE, 240, 1);
	pk_ring_reader_refresh(&ring->r);
	next(ring);
	pk_ring_reader_release(&ring->r);
	refuses_size(ring, 32, ring->info->head + 32);
}

static void test_survives_a_jumping_head(void **state)
{
	struct ring *ring = *state;

	init(ring);
	ring->info->head = 10 * DATA_BYTES;
	pk_ring_reader_refresh(&ring->r);
	assert_null(next(ring));
	assert_int_equal(ring->r.nr_bad, 1);
	ring->info->head -= 4 * DATA_BYTES;
	pk_ring_reader_refresh(&ring->r);
	assert_null(next(ring));
	assert_int_equal(ring->r.nr_bad, 2);
	ring->info->head += 4;
	pk_ring_reader_refresh(&ring->r);
	assert_null(next(ring));
	assert_int_equal(ring->r.nr_bad, 3);
}

static void test_refuses_wrong_descriptions(void **state)
{
	struct ring *ring = *state;
	struct pkprof_ring_info good = *ring->info;

	ring->info->data_bytes = 2 * DATA_BYTES;
	assert_int_equal(init(ring), -EPROTO);
	ring->info->data_bytes = 200;
	assert_int_equal(init(ring), -EPROTO);
	ring->info->data_bytes = 0;
	assert_int_equal(init(ring), -EPROTO);
	*ring->info = good;
	ring->info->data_offset = 8;
	assert_int_equal(init(ring), -EPROTO);
	ring->info->data_offset = PAGE + 8;
	assert_int_equal(init(ring), -EPROTO);
	*ring->info = good;
	ring->info->abi = PKPROF_ABI_COMPAT - 1;
	assert_int_equal(init(ring), -EPROTO);
	*ring->info = good;
	ring->info->abi_compat = PKPROF_ABI + 1;
	assert_int_equal(init(ring), -EPROTO);
	*ring->info = good;
	assert_int_equal(init(ring), 0);
}

static void test_merge_is_by_time_then_cpu(void **state)
{
	struct pkprof_rec recs[64] = { 0 };
	const struct pkprof_rec *rec;
	struct pk_merge m = { 0 };
	uint64_t last = 0, last_cpu = 0;
	unsigned int cpu, nr = 0;

	(void)state;
	assert_int_equal(pk_merge_init(&m, 64), 0);
	assert_false(pk_merge_pop(&m, &cpu, &rec));
	for (unsigned int i = 0; i < 64; i++) {
		recs[i].time_ns = 1000 + i * 37 % 16;
		pk_merge_push(&m, i, recs[i].time_ns, &recs[i]);
	}
	for (; pk_merge_pop(&m, &cpu, &rec); nr++) {
		assert_ptr_equal(rec, &recs[cpu]);
		assert_true(rec->time_ns > last || (rec->time_ns == last && cpu > last_cpu));
		last = rec->time_ns;
		last_cpu = cpu;
		/* the next of a ring comes in where its last went out */
		if (rec->time_ns < 2000) {
			recs[cpu].time_ns += 1000;
			pk_merge_push(&m, cpu, recs[cpu].time_ns, &recs[cpu]);
		}
	}
	assert_int_equal(nr, 128);
	pk_merge_deinit(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_takes_records_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_peek_does_not_consume, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gives_back_on_release_only, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wraps_over_padding, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refuses_senseless_records, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refuses_record_across_the_end, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_survives_a_jumping_head, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refuses_wrong_descriptions, setup, teardown),
		cmocka_unit_test(test_merge_is_by_time_then_cpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
