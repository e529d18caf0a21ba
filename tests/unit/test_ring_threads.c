// SPDX-License-Identifier: GPL-2.0-or-later
/* link: kmod/ring.c */
/* cflags: -fsanitize=thread -DPK_SHIM_STEPS */
/*
 * The module's ring between two threads, under ThreadSanitizer: a writer that
 * is interrupted by further writers at random steps, and a reader that obeys
 * uapi/pkprof.h section 3. A record that is read before it is published, or
 * overwritten before it is consumed, is a data race and reported as such.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "ring.h"

#define PAGE	   4096u
#define DATA_BYTES 4096u
#define NR_WRITES  200000u	/* by the outermost writer; a tenth as many interrupt it */

static struct pk_ring ring;
static void *mem;

/* written by the writer's thread, read by others after it was joined */
static u64 nr_written, nr_lost, nr_nested;
static u32 next_seq;
static bool finished;

static void ring_setup(void)
{
	mem = calloc(1, 2 * PAGE + DATA_BYTES);
	assert_non_null(mem);
	pk_ring_init(&ring, mem, PAGE, DATA_BYTES, 0);
	nr_written = nr_lost = nr_nested = 0;
	next_seq = 0;
	WRITE_ONCE(finished, false);
}

/* --- the writer and its interrupters --- */

static __thread bool is_writer;
static __thread unsigned int depth, random_state = 1;

static unsigned int random_next(void)
{
	random_state = random_state * 1103515245 + 12345;
	return random_state >> 8;
}

static void write_record(void)
{
	u32 size = 16 + 8 * (random_next() % 16), i;
	struct pkprof_rec *rec = pk_ring_reserve(&ring, size);

	if (!rec) {
		nr_lost++;
		return;
	}
	rec->type = PKPROF_REC_SAMPLE;
	rec->source = PKPROF_SRC_CPU;
	rec->size = (u16)size;
	rec->tid = next_seq++;
	rec->time_ns = rec->tid;
	pk_shim_step();
	for (i = sizeof(*rec); i < size; i++)
		((u8 *)rec)[i] = (u8)(rec->tid + i);
	nr_written++;
	pk_ring_commit(&ring);
}

/* As softirq, hard irq and NMI would: at most three deep. */
void pk_shim_step(void)
{
	if (!is_writer || depth >= 3 || random_next() % 128)
		return;
	depth++;
	nr_nested++;
	write_record();
	depth--;
}

static void on_signal(int sig)
{
	(void)sig;
	if (is_writer)
		write_record();
}

static void *writer_main(void *arg)
{
	unsigned int i;

	(void)arg;
	is_writer = true;
	for (i = 0; i < NR_WRITES; i++) {
		write_record();
		if (i % 64 == 0)
			sched_yield();
	}
	is_writer = false;
	__atomic_store_n(&finished, true, __ATOMIC_RELEASE);
	return NULL;
}

/* --- readers --- */

static u64 read_published(u64 tail)
{
	u64 head = smp_load_acquire(&ring.info->head);
	u64 nr = 0;
	u32 i;

	assert_true(head >= tail && head - tail <= DATA_BYTES);
	while (tail != head) {
		const struct pkprof_rec *rec =
			(const void *)(ring.data + (tail & (DATA_BYTES - 1)));

		assert_true(rec->size >= sizeof(*rec) && rec->size <= head - tail);
		if (rec->type != PKPROF_REC_PAD) {
			assert_int_equal(rec->time_ns, rec->tid);
			for (i = sizeof(*rec); i < rec->size; i++)
				assert_int_equal(((const u8 *)rec)[i], (u8)(rec->tid + i));
			nr++;
		}
		tail += rec->size;
	}
	smp_store_release(&ring.reader->tail, tail);
	return nr;
}

static void run_with_reader(bool signals)
{
	struct timespec pause = { 0, 20000 };
	u64 nr_read = 0;
	pthread_t writer;
	bool last;

	ring_setup();
	assert_int_equal(pthread_create(&writer, NULL, writer_main, NULL), 0);
	do {
		last = __atomic_load_n(&finished, __ATOMIC_ACQUIRE);
		nr_read += read_published(ring.reader->tail);
		if (signals && !last) {
			pthread_kill(writer, SIGUSR1);
			nanosleep(&pause, NULL);
		}
	} while (!last);
	pthread_join(writer, NULL);
	nr_read += read_published(ring.reader->tail);

	assert_int_equal(nr_read, nr_written);
	assert_true(nr_written + nr_lost >= NR_WRITES + nr_nested);
	assert_true(nr_nested > NR_WRITES / 100);
	assert_int_equal(local_read(&ring.nest), 0);
	free(mem);
}

static void test_reader(void **state)
{
	(void)state;
	run_with_reader(false);
}

/* ThreadSanitizer holds a signal back until a call into the C library: few, but real ones. */
static void test_reader_signals(void **state)
{
	struct sigaction act = { .sa_handler = on_signal };

	(void)state;
	assert_int_equal(sigaction(SIGUSR1, &act, NULL), 0);
	run_with_reader(true);
}

/* A reader that only scribbles over its page: no race in the kernel's half, exact counts. */
static void test_scribbler(void **state)
{
	unsigned int n = 1;
	pthread_t writer;
	u64 head;

	(void)state;
	ring_setup();
	assert_int_equal(pthread_create(&writer, NULL, writer_main, NULL), 0);
	while (!__atomic_load_n(&finished, __ATOMIC_ACQUIRE)) {
		n = n * 1664525 + 1013904223;
		head = READ_ONCE(ring.info->head);
		WRITE_ONCE(ring.reader->tail, n % 2 ? head - n % 8192 : (u64)n << 32 | n);
	}
	pthread_join(writer, NULL);
	assert_int_equal(nr_written + nr_lost, NR_WRITES + nr_nested);
	assert_int_equal(ring.info->head, (u64)local_read(&ring.head));
	assert_int_equal(ring.info->data_bytes, DATA_BYTES);
	free(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reader),
		cmocka_unit_test(test_reader_signals),
		cmocka_unit_test(test_scribbler),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
