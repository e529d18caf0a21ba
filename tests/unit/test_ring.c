// SPDX-License-Identifier: GPL-2.0-or-later
/* link: kmod/ring.c */
/* cflags: -DPK_SHIM_STEPS */
/*
 * The module's ring as one CPU sees it: layout, wrap, pads, loss, hostile
 * readers, and writers that interrupt each other at every single step.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <cmocka.h>
#include "ring.h"

#define PAGE 4096u

/* What writers and the reader counted; equal to each other in the end. */
struct fixture {
	struct pk_ring ring;
	void *mem;
	u64 tail;
	u32 next_seq;
	u64 nr_written, nr_lost, nr_read, nr_pads;
};

static void fixture_init(struct fixture *f, u32 data_bytes)
{
	memset(f, 0, sizeof(*f));
	f->mem = calloc(1, 2 * PAGE + data_bytes);
	assert_non_null(f->mem);
	pk_ring_init(&f->ring, f->mem, PAGE, data_bytes, 7);
}

static void fixture_deinit(struct fixture *f)
{
	free(f->mem);
}

/* As if so many bytes had gone through already. */
static void fixture_start_at(struct fixture *f, u64 position)
{
	local_set(&f->ring.head, (long)position);
	f->ring.info->head = position;
	f->ring.reader->tail = position;
	f->ring.wake_at = position + f->ring.data_bytes / 4;
	f->tail = position;
}

static void (*step_hook)(void);

void pk_shim_step(void)
{
	if (step_hook)
		step_hook();
}

static u8 body_byte(u32 seq, u32 i)
{
	return (u8)(seq * 31 + i * 7 + 1);
}

/* A record in the making, so that a test can stop in the middle of it. */
static struct pkprof_rec *write_begin(struct fixture *f, u32 size)
{
	struct pkprof_rec *rec = pk_ring_reserve(&f->ring, size);
	u32 i;

	if (!rec) {
		f->nr_lost++;
		return NULL;
	}
	/* what a reader must never see */
	memset(rec, 0xee, size);
	pk_shim_step();
	rec->type = PKPROF_REC_SAMPLE;
	rec->source = PKPROF_SRC_CPU;
	rec->size = (u16)size;
	rec->tid = f->next_seq++;
	rec->time_ns = rec->tid;
	pk_shim_step();
	for (i = sizeof(*rec); i < size; i++)
		((u8 *)rec)[i] = body_byte(rec->tid, i);
	pk_shim_step();
	return rec;
}

static bool write_record(struct fixture *f, u32 size)
{
	if (!write_begin(f, size))
		return false;
	f->nr_written++;
	pk_ring_commit(&f->ring);
	return true;
}

/* Check one record at the tail; the caller says how much is published. */
static u32 read_record(struct fixture *f, u64 head)
{
	u32 pos = f->tail & (f->ring.data_bytes - 1), i;
	const struct pkprof_rec *rec = (const void *)(f->ring.data + pos);

	assert_true(rec->size >= sizeof(*rec));
	assert_int_equal(rec->size % 8, 0);
	assert_true(f->tail + rec->size <= head);
	assert_true(pos + rec->size <= f->ring.data_bytes);
	if (rec->type == PKPROF_REC_PAD) {
		assert_int_equal(pos + rec->size, f->ring.data_bytes);
		f->nr_pads++;
		return rec->size;
	}
	assert_int_equal(rec->type, PKPROF_REC_SAMPLE);
	assert_int_equal(rec->time_ns, rec->tid);
	for (i = sizeof(*rec); i < rec->size; i++)
		assert_int_equal(((const u8 *)rec)[i], body_byte(rec->tid, i));
	f->nr_read++;
	return rec->size;
}

static void read_all(struct fixture *f)
{
	u64 head = smp_load_acquire(&f->ring.info->head);

	while (f->tail != head)
		f->tail += read_record(f, head);
	smp_store_release(&f->ring.reader->tail, f->tail);
}

/* Everything published so far is whole; nothing is consumed. */
static void check_published(struct fixture *f)
{
	u64 head = f->ring.info->head, tail = f->tail;
	u64 nr_read = f->nr_read, nr_pads = f->nr_pads;

	while (f->tail != head)
		f->tail += read_record(f, head);
	f->tail = tail;
	f->nr_read = nr_read;
	f->nr_pads = nr_pads;
}

static void check_quiet(struct fixture *f)
{
	assert_int_equal(local_read(&f->ring.nest), 0);
	assert_int_equal(f->ring.info->head, (u64)local_read(&f->ring.head));
}

static void test_layout(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, 65536);
	assert_ptr_equal(f.ring.reader, f.mem);
	assert_ptr_equal(f.ring.info, (u8 *)f.mem + PAGE);
	assert_ptr_equal(f.ring.data, (u8 *)f.mem + 2 * PAGE);
	assert_int_equal(f.ring.info->abi, PKPROF_ABI);
	assert_int_equal(f.ring.info->abi_compat, PKPROF_ABI_COMPAT);
	assert_int_equal(f.ring.info->cpu, 7);
	assert_int_equal(f.ring.info->data_offset, PAGE);
	assert_int_equal(f.ring.info->data_bytes, 65536);
	assert_int_equal(f.ring.info->head, 0);
	assert_int_equal(pk_ring_unread(&f.ring), 0);
	fixture_deinit(&f);
}

static void test_sizes(void **state)
{
	static const u32 bad[] = { 0, 1, 8, 12, 15, 17, 20, 16392, 65536, 0x80000000, 0xfffffff8 };
	struct fixture f;
	unsigned int i;

	(void)state;
	fixture_init(&f, 65536);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_null(pk_ring_reserve(&f.ring, bad[i]));
	check_quiet(&f);
	assert_int_equal(local_read(&f.ring.head), 0);
	assert_true(write_record(&f, 16));
	assert_true(write_record(&f, 16384));
	read_all(&f);
	assert_int_equal(f.nr_read, 2);
	fixture_deinit(&f);

	fixture_init(&f, 1 << 20);
	assert_null(pk_ring_reserve(&f.ring, PK_RING_MAX_RECORD + 8));
	assert_true(write_record(&f, PK_RING_MAX_RECORD));
	fixture_deinit(&f);
}

static void test_full(void **state)
{
	struct fixture f;
	int i;

	(void)state;
	fixture_init(&f, 1024);
	for (i = 0; i < 1024 / 32; i++)
		assert_true(write_record(&f, 32));
	for (i = 0; i < 10; i++)
		assert_false(write_record(&f, 32));
	assert_false(write_record(&f, 16));
	check_quiet(&f);
	assert_int_equal(pk_ring_unread(&f.ring), 1024);

	/* room for exactly one, then none again */
	f.tail += read_record(&f, f.ring.info->head);
	f.ring.reader->tail = f.tail;
	assert_true(write_record(&f, 32));
	assert_false(write_record(&f, 16));
	read_all(&f);
	assert_int_equal(f.nr_read, f.nr_written);
	assert_int_equal(f.nr_lost, 12);
	assert_int_equal(f.nr_pads, 0);
	fixture_deinit(&f);
}

/* Every position with every size: pads are whole records, nothing crosses the end. */
static void test_pads(void **state)
{
	struct fixture f;
	u32 start, size;

	(void)state;
	for (start = 0; start < 512; start += 8) {
		if (start == 512 - 8)
			continue;	/* is never reached */
		for (size = 16; size <= 128; size += 8) {
			fixture_init(&f, 512);
			fixture_start_at(&f, 512 * 3 + start);
			assert_true(write_record(&f, size));
			assert_int_not_equal(local_read(&f.ring.head) % 512, 512 - 8);
			assert_true(write_record(&f, 16));
			assert_int_not_equal(local_read(&f.ring.head) % 512, 512 - 8);
			read_all(&f);
			assert_int_equal(f.nr_read, 2);
			assert_true(f.nr_pads <= 1);
			fixture_deinit(&f);
		}
	}
}

/* The longest pad there is, one head longer than the longest record. */
static void test_longest_pad(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, 1 << 18);
	fixture_start_at(&f, (1 << 18) - (PK_RING_MAX_RECORD + 8));
	assert_true(write_record(&f, PK_RING_MAX_RECORD));
	read_all(&f);
	assert_int_equal(f.nr_read, 1);
	assert_int_equal(f.nr_pads, 1);
	assert_int_equal(f.tail, (1 << 18) + PK_RING_MAX_RECORD);
	fixture_deinit(&f);
}

static void run_random(struct fixture *f, unsigned int rounds)
{
	while (rounds--) {
		write_record(f, 16 + 8 * (random() % ((f->ring.data_bytes / 4 - 16) / 8 + 1)));
		if (random() % 5 == 0)
			read_all(f);
		else if (random() % 3 == 0 && f->tail != f->ring.info->head) {
			f->tail += read_record(f, f->ring.info->head);
			f->ring.reader->tail = f->tail;
		}
	}
	read_all(f);
	check_quiet(f);
	assert_int_equal(f->nr_read, f->nr_written);
}

static void test_random(void **state)
{
	struct fixture f;

	(void)state;
	srandom(1);
	fixture_init(&f, 256);
	run_random(&f, 200000);
	assert_true(f.nr_lost > 0 && f.nr_pads > 0);
	assert_int_equal(f.nr_written + f.nr_lost, 200000);
	fixture_deinit(&f);
}

/* Positions count bytes in 64 bits; nothing happens where fewer bits wrap. */
static void test_positions(void **state)
{
	static const u64 starts[] = {
		0x7fffff00, 0xffffff00, 0x1000000000 - 256, 0x7fffffffffffff00, 0xffffffffffffff00,
	};
	struct fixture f;
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		fixture_init(&f, 256);
		fixture_start_at(&f, starts[i]);
		run_random(&f, 2000);
		fixture_deinit(&f);
	}
}

/* Whatever the tail says, no byte outside the data is written (ASan) and all adds up. */
static void test_hostile_tail(void **state)
{
	static const u64 around[] = { 0, 1, 8, 255, 256, 257, 1ULL << 31, 1ULL << 32, 1ULL << 63 };
	struct fixture f;
	u64 head, before;
	unsigned int i, round;

	(void)state;
	fixture_init(&f, 256);
	for (round = 0; round < 100000; round++) {
		head = local_read(&f.ring.head);
		i = random() % (2 * ARRAY_SIZE(around) + 1);
		if (i < ARRAY_SIZE(around))
			f.ring.reader->tail = head + around[i];
		else if (i < 2 * ARRAY_SIZE(around))
			f.ring.reader->tail = head - around[i - ARRAY_SIZE(around)];
		else
			f.ring.reader->tail = (u64)random() << 33 ^ (u64)random();
		before = f.ring.info->head;
		write_record(&f, 16 + 8 * (random() % 7));
		assert_true((u64)local_read(&f.ring.head) - before <= 2 * 64 + 8);
		check_quiet(&f);
	}
	assert_int_equal(f.nr_written + f.nr_lost, round);
	assert_true(f.nr_written > 0 && f.nr_lost > 0);

	/* a reader that comes to its senses is served again */
	f.tail = f.ring.info->head;
	f.ring.reader->tail = f.tail;
	f.nr_written = 0;
	assert_true(write_record(&f, 64));
	read_all(&f);
	assert_int_equal(f.nr_read, 1);
	assert_int_equal(f.ring.info->data_bytes, 256);
	fixture_deinit(&f);
}

/* --- writers that interrupt each other --- */

/* Interrupt the code under test at given steps; an interrupter can be interrupted too. */
static struct {
	struct fixture *f;
	int step;	/* that were made at depth 0 and 1 */
	int inner_step;
	int at;		/* where to interrupt, -1: nowhere */
	int inner_at;
	int depth;
	int nr_hits;	/* interruptions that took place */
	u32 size;	/* of the interrupters' records */
} nest;

static void nest_hook(void)
{
	int depth = nest.depth;

	if (depth == 0 && nest.step++ == nest.at) {
		nest.depth = 1;
		nest.inner_step = 0;
		nest.nr_hits++;
		write_record(nest.f, nest.size);
		check_published(nest.f);
	} else if (depth == 1 && nest.inner_step++ == nest.inner_at) {
		nest.depth = 2;
		nest.nr_hits++;
		write_record(nest.f, nest.size);
		check_published(nest.f);
	} else {
		return;
	}
	nest.depth = depth;
}

/* One outer write with interruptions; returns how many steps it has. */
static int write_interrupted(struct fixture *f, u32 outer, u32 inner, int at, int inner_at)
{
	memset(&nest, 0, sizeof(nest));
	nest.f = f;
	nest.at = at;
	nest.inner_at = inner_at;
	nest.size = inner;
	step_hook = nest_hook;
	write_record(f, outer);
	step_hook = NULL;
	check_quiet(f);
	check_published(f);
	return nest.step;
}

/* Each step of the outer and of the inner writer, from a given state of the ring. */
static void nest_everywhere(u64 start, u32 unread, u32 outer, u32 inner)
{
	int at, inner_at, steps = 1, inner_steps = 1, nr_double = 0;
	struct fixture f;
	u32 filled;

	for (at = 0; at < steps; at++) {
		for (inner_at = -1; inner_at < inner_steps; inner_at++) {
			fixture_init(&f, 256);
			fixture_start_at(&f, start);
			for (filled = 0; filled < unread; filled += 16)
				assert_true(write_record(&f, 16));
			steps = write_interrupted(&f, outer, inner, at, inner_at);
			inner_steps = nest.inner_step;
			assert_int_equal(f.nr_written + f.nr_lost, filled / 16 + 1 + nest.nr_hits);
			nr_double += nest.nr_hits == 2;
			read_all(&f);
			assert_int_equal(f.nr_read, f.nr_written);
			fixture_deinit(&f);
		}
	}
	/* a write has at least so many steps, also one that finds the ring full */
	assert_true(nr_double >= 7 * 7);
}

static void test_nested(void **state)
{
	static const u64 starts[] = { 0, 16, 192, 208, 216, 224, 240, 1ULL << 32 };
	static const u32 unread[] = { 0, 64, 160, 192, 208, 224, 240, 256 };
	unsigned int i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		/* with 16-byte records the ring fills up without pads only from multiples of 16 */
		for (j = 0; j < ARRAY_SIZE(unread); j++) {
			if (starts[i] % 16 && unread[j])
				continue;
			nest_everywhere(starts[i], unread[j], 16, 16);
			nest_everywhere(starts[i], unread[j], 64, 16);
			nest_everywhere(starts[i], unread[j], 16, 64);
			nest_everywhere(starts[i], unread[j], 56, 40);
		}
	}
}

/* The head seen by the reader never goes back, at no step. */
static u64 seen_head;

static void monotonic_hook(void)
{
	assert_true(nest.f->ring.info->head >= seen_head);
	seen_head = nest.f->ring.info->head;
	if (nest.depth < 3 && random() % 4 == 0) {
		nest.depth++;
		write_record(nest.f, 16 + 8 * (random() % 7));
		nest.depth--;
	}
}

static void test_monotonic(void **state)
{
	struct fixture f;
	int i;

	(void)state;
	srandom(2);
	fixture_init(&f, 1024);
	memset(&nest, 0, sizeof(nest));
	nest.f = &f;
	seen_head = 0;
	for (i = 0; i < 5000; i++) {
		step_hook = monotonic_hook;
		write_record(&f, 16 + 8 * (random() % 7));
		step_hook = NULL;
		check_quiet(&f);
		if (i % 3 == 0)
			read_all(&f);
	}
	read_all(&f);
	assert_int_equal(f.nr_read, f.nr_written);
	assert_true(f.nr_written > 10000 && f.nr_lost > 100);
	fixture_deinit(&f);
}

/* --- waking the reader --- */

static bool write_wakes(struct fixture *f, u32 size)
{
	assert_non_null(write_begin(f, size));
	f->nr_written++;
	return pk_ring_commit(&f->ring);
}

static void test_wake(void **state)
{
	struct fixture f;
	int i, lap;

	(void)state;
	fixture_init(&f, 1024);
	for (lap = 0; lap < 5; lap++) {
		for (i = 0; i < 15; i++)
			assert_false(write_wakes(&f, 16));
		assert_true(write_wakes(&f, 16));	/* a quarter: 256 bytes */
		read_all(&f);
	}
	/* a reader that sleeps on is called once each further quarter */
	for (i = 0, lap = 0; i < 64; i++)
		lap += write_wakes(&f, 16);
	assert_int_equal(lap, 4);
	assert_null(pk_ring_reserve(&f.ring, 16));
	assert_false(pk_ring_wake_due(&f.ring));

	/* a reader that keeps up is never called */
	read_all(&f);
	for (i = 0; i < 1000; i++) {
		assert_false(write_wakes(&f, 16));
		read_all(&f);
	}
	fixture_deinit(&f);
}

/* Interrupters fill the ring inside a writer that then fails: the call is not forgotten. */
static void overfill_hook(void)
{
	if (nest.step++ == 0)
		return;		/* not in the ring yet, so not interrupted */
	step_hook = NULL;
	while (write_record(nest.f, 64))
		;
}

static void test_wake_after_failure(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f, 1024);
	memset(&nest, 0, sizeof(nest));
	nest.f = &f;
	step_hook = overfill_hook;
	assert_null(pk_ring_reserve(&f.ring, 64));
	check_quiet(&f);
	assert_true(pk_ring_wake_due(&f.ring));
	assert_false(pk_ring_wake_due(&f.ring));
	read_all(&f);
	assert_int_equal(f.nr_read, 16);
	fixture_deinit(&f);
}

/* --- real interrupts: two signals, one of which interrupts the other's handler --- */

static struct fixture *signal_fixture;
static volatile sig_atomic_t nr_alarms;

static void on_alarm(int sig)
{
	static unsigned int n;

	(void)sig;
	nr_alarms++;
	write_record(signal_fixture, 16 + 8 * (n++ % 7));
}

static void on_timer(int sig)
{
	(void)sig;
	write_record(signal_fixture, 16);
}

static void arm(int which, int sig, void (*handler)(int), int usec)
{
	struct itimerval every = { { 0, usec }, { 0, usec } };
	struct sigaction act = { .sa_handler = handler, .sa_flags = SA_RESTART };

	sigemptyset(&act.sa_mask);
	assert_int_equal(sigaction(sig, &act, NULL), 0);
	assert_int_equal(setitimer(which, &every, NULL), 0);
}

static void disarm(int which)
{
	struct itimerval off = { { 0, 0 }, { 0, 0 } };

	setitimer(which, &off, NULL);
}

static void test_signals(void **state)
{
	struct timespec start, now;
	struct fixture f;
	unsigned int n = 0;

	(void)state;
	fixture_init(&f, 4096);
	signal_fixture = &f;
	arm(ITIMER_REAL, SIGALRM, on_alarm, 50);
	arm(ITIMER_PROF, SIGPROF, on_timer, 1000);
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		write_record(&f, 16 + 8 * (n++ % 7));
		if (n % 8 == 0)
			read_all(&f);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - start.tv_sec < 2);
	disarm(ITIMER_REAL);
	disarm(ITIMER_PROF);
	read_all(&f);
	check_quiet(&f);
	assert_int_equal(f.nr_read, f.nr_written);
	assert_true(nr_alarms > 100);
	fixture_deinit(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_pads),
		cmocka_unit_test(test_longest_pad),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_positions),
		cmocka_unit_test(test_hostile_tail),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_monotonic),
		cmocka_unit_test(test_wake),
		cmocka_unit_test(test_wake_after_failure),
		cmocka_unit_test(test_signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
