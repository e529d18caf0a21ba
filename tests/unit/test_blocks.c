// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From readings of block devices to pieces: whatever is told when, each request is in
 * exactly one piece, at a time when it can have ended; and what is told is checked.
 */
/* link: tests/unit/profile_fixture.c tests/unit/lines_fixture.c */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "profile/reader.h"
#include "profile_fixture.h"
#include "record/blocks.h"
#include "source/ledger.h"

#define T0 2000000000ULL
#define NR 40

/* The kernel's side: kinds of requests, cumulative, and one device. */
static struct {
	struct pk_blocks b;
	struct pk_reading_times times;
	struct pk_writer *w;
	int fd;
	struct pk_profile p;
	uint64_t rng, now_ns, epoch_ns;
	struct {
		uint64_t nr, bytes, sum_ns, changed_ns;
		uint32_t bucket[PKPROF_HIST_BUCKETS];
	} kind[NR];
	struct pkprof_block_device device;
} m;

static void start(uint64_t seed)
{
	memset(&m, 0, sizeof(m));
	m.rng = seed;
	m.now_ns = T0;
	m.fd = fixture_fd();
	assert_int_equal(pk_writer_create(m.fd, "test", &m.w, NULL), 0);
	m.times.last_ns = T0;
	pk_blocks_init(&m.b, m.w, &m.times);
	m.device = (struct pkprof_block_device){ .id = 1, .dev = 254 << 20, .from_ns = T0,
						 .read_ns = T0, .name = "vda" };
}

static void load(void)
{
	struct image i;

	pk_blocks_deinit(&m.b);
	assert_int_equal(pk_writer_finish(m.w, m.now_ns), 0);
	pk_writer_destroy(m.w);
	i = fixture_read(m.fd);
	assert_int_equal(pk_profile_load_mem(i.data, i.len, "test", &m.p, NULL), 0);
	assert_sane(&m.p);
	image_free(&i);
}

static uint64_t below(uint64_t n)
{
	return fixture_random(&m.rng) % n;
}

static struct pkprof_block_ops *told(unsigned int i)
{
	static uint64_t room[1024];
	struct pkprof_block_ops *o = (void *)room;

	memset(room, 0, sizeof(room));
	o->device = 1;
	o->op = i % PKPROF_NR_BLOCK_OPS;
	o->tgid = i < 20 ? 0 : i;
	o->size = i < 20 ? i / PKPROF_NR_BLOCK_OPS : 0;
	o->any_tgid = 0;
	o->nr = m.kind[i].nr;
	o->bytes = m.kind[i].bytes;
	o->sum_ns[PKPROF_BLOCK_TOTAL] = m.kind[i].sum_ns;
	o->max_ns[PKPROF_BLOCK_TOTAL] = 99;
	for (unsigned int b = 0; b < PKPROF_HIST_BUCKETS; b++)
		if (m.kind[i].bucket[b])
			o->buckets[o->nr_buckets++] = (struct pkprof_block_bucket){
				.bucket = b, .time = PKPROF_BLOCK_TOTAL, .nr = m.kind[i].bucket[b] };
	assert_null(pk_block_ops_fault(o, sizeof(*o) + o->nr_buckets * sizeof(o->buckets[0])));
	return o;
}

static void work(void)
{
	for (unsigned int n = below(30); n; n--) {
		unsigned int i = below(NR);

		m.now_ns += 1 + below(1000000);
		m.kind[i].nr++;
		m.kind[i].bytes += 4096;
		m.kind[i].sum_ns += 50;
		m.kind[i].bucket[40 + below(30)]++;
		m.kind[i].changed_ns = m.now_ns;
	}
	m.now_ns += 1000;
}

/* @upto: kinds that are told before the reading fails; NR: it does not. */
static void read_it(unsigned int upto)
{
	uint64_t depth = below(3), passed = m.now_ns - m.device.read_ns;

	m.device.read_ns = m.now_ns;
	m.device.depth_ns[depth] += passed;
	m.device.load_ns += passed * (depth ? 1ULL << (depth - 1) : 0);
	m.device.max_depth = 3;
	assert_null(pk_block_device_fault(&m.device, sizeof(m.device)));
	pk_reading_times_begin(&m.times, m.now_ns);
	assert_int_equal(pk_blocks_device(&m.b, &m.device), 0);
	for (unsigned int i = 0; i < upto; i++)
		if (m.kind[i].nr && m.kind[i].changed_ns >= m.epoch_ns)
			assert_int_equal(pk_blocks_ops(&m.b, told(i)), 0);
	pk_reading_times_end(&m.times, upto == NR);
	if (upto == NR)
		m.epoch_ns = m.now_ns;
	m.now_ns += 10;
}

static void check(void)
{
	uint64_t nr[NR] = { 0 }, bytes[NR] = { 0 }, sum[NR] = { 0 }, last_ns[NR] = { 0 };
	uint64_t depth_ns[PKPROF_BLOCK_DEPTHS] = { 0 }, load_ns = 0, to_ns = T0;

	PK_VEC_FOREACH(&m.p.block_ops, x) {
		unsigned int i = x->tgid;

		if (!x->tgid)
			i = x->size * PKPROF_NR_BLOCK_OPS + x->op;

		assert_true(i < NR);
		assert_true(x->from_ns >= last_ns[i] && x->from_ns >= T0);
		last_ns[i] = x->to_ns;
		nr[i] += x->nr;
		bytes[i] += x->bytes;
		sum[i] += x->sum_ns[PKPROF_BLOCK_TOTAL];
		assert_int_equal(x->max_ns[PKPROF_BLOCK_TOTAL], 99);
	}
	for (unsigned int i = 0; i < NR; i++) {
		assert_int_equal(nr[i], m.kind[i].nr);
		assert_int_equal(bytes[i], m.kind[i].bytes);
		assert_int_equal(sum[i], m.kind[i].sum_ns);
	}
	PK_VEC_FOREACH(&m.p.block_loads, x) {
		assert_string_equal(pk_strtab_get(&m.p.strings, x->name), "vda");
		assert_true(x->from_ns >= to_ns);
		to_ns = x->to_ns;
		load_ns += x->load_ns;
		for (unsigned int i = 1; i < PKPROF_BLOCK_DEPTHS; i++)
			depth_ns[i] += x->depth_ns[i];
	}
	for (unsigned int i = 1; i < PKPROF_BLOCK_DEPTHS; i++)
		assert_int_equal(depth_ns[i], m.device.depth_ns[i]);
	assert_int_equal(load_ns, m.device.load_ns);
}

static void test_each_request_once(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		start(seed);
		for (unsigned int round = 0; round < 30; round++) {
			work();
			/* one in five breaks off */
			read_it(below(5) ? NR : below(NR));
		}
		read_it(NR);
		load();
		check();
		pk_profile_deinit(&m.p);
	}
}

static void test_the_idle_are_not_told(void **state)
{
	(void)state;
	start(1);
	pk_reading_times_begin(&m.times, T0 + 10);
	m.device.read_ns = T0 + 10;
	m.device.depth_ns[0] = 10;
	assert_int_equal(pk_blocks_device(&m.b, &m.device), 0);
	pk_reading_times_end(&m.times, true);
	for (unsigned int i = 2; i < 9; i++) {
		pk_reading_times_begin(&m.times, T0 + 10 * i);
		m.device.read_ns = T0 + 10 * i;
		m.device.depth_ns[0] = 10 * i;
		assert_int_equal(pk_blocks_device(&m.b, &m.device), 0);
		pk_reading_times_end(&m.times, true);
	}
	m.now_ns += 1000;
	load();
	assert_int_equal(m.p.block_loads.nr, 1);
	assert_int_equal(m.p.block_ops.nr, 0);
	pk_profile_deinit(&m.p);
}

static void test_what_is_told_is_checked(void **state)
{
	uint64_t room[16] = { 0 };
	struct pkprof_block_ops *o = (void *)room;
	struct pkprof_block_device d = { .read_ns = 5, .depth_ns = { 5 } };
	struct pk_ledger_visitor v = { 0 };
	struct pk_err err = { 0 };

	(void)state;
	assert_null(pk_block_device_fault(&d, sizeof(d)));
	assert_non_null(pk_block_device_fault(&d, sizeof(d) - 1));
	d.depth_ns[1] = 1;
	assert_non_null(pk_block_device_fault(&d, sizeof(d)));
	d.depth_ns[1] = 0;
	d.from_ns = 6;
	assert_non_null(pk_block_device_fault(&d, sizeof(d)));
	d.from_ns = 0;
	memset(d.name, 'x', sizeof(d.name));
	assert_non_null(pk_block_device_fault(&d, sizeof(d)));
	assert_int_equal(pk_ledger_tell(PKPROF_A_BLOCK_DEVICE, &d, sizeof(d), &v, NULL, &err), -EBADMSG);
	assert_null(pk_block_ops_fault(o, sizeof(*o)));
	assert_int_equal(pk_ledger_tell(PKPROF_A_BLOCK_OPS, o, sizeof(*o), &v, NULL, &err), 0);
	o->nr_buckets = 1;
	assert_non_null(pk_block_ops_fault(o, sizeof(*o)));
	assert_int_equal(pk_ledger_piece_bytes(PKPROF_A_BLOCK_OPS, o), sizeof(*o) + 8);
	o->nr_buckets = 0;
	o->op = PKPROF_NR_BLOCK_OPS;
	assert_non_null(pk_block_ops_fault(o, sizeof(*o)));
	o->op = 0;
	o->size = PKPROF_BLOCK_SIZES;
	assert_non_null(pk_block_ops_fault(o, sizeof(*o)));
	assert_int_equal(pk_ledger_tell(PKPROF_A_BLOCK_OPS, o, 3, &v, NULL, &err), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_request_once),
		cmocka_unit_test(test_the_idle_are_not_told),
		cmocka_unit_test(test_what_is_told_is_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
