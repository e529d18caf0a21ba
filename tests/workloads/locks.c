// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Threads that wait for one another's locks.
 *
 *	locks mutex SECONDS	two threads, a contended mutex, held 2 ms of CPU time
 *	locks memory SECONDS	four threads map, touch and unmap in one address space:
 *				what waits, waits for the memory map's lock
 *
 * Prints the answers (answer.h); "memory" cannot tell waiting from working by its
 * own clock, and says so with a WAITED_NS of the whole life and LINE "klock,fault".
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "answer.h"

#define HOLD_NS		(2 * NSEC_PER_MSEC)
#define AREA_BYTES	(8UL << 20)
#define PAGE_BYTES	4096UL

static uint64_t duration_ns;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t begin;

static void *mutex_main(void *name)
{
	struct answer answer;

	pthread_barrier_wait(&begin);
	answer_begin(&answer, name, "futex");
	while (clock_ns(CLOCK_MONOTONIC) - answer.from_ns < duration_ns) {
		ANSWER_WAIT(&answer, pthread_mutex_lock(&mutex));
		spin_until(thread_cpu_ns() + HOLD_NS);
		pthread_mutex_unlock(&mutex);
		/* long enough that the other one gets it */
		spin_until(thread_cpu_ns() + HOLD_NS / 2);
	}
	return answer_end(&answer) ? name : NULL;
}

static void touch(volatile char *area)
{
	for (size_t at = 0; at < AREA_BYTES; at += PAGE_BYTES)
		area[at] = 1;
}

static void *memory_main(void *name)
{
	struct answer answer;

	pthread_barrier_wait(&begin);
	answer_begin(&answer, name, "klock,fault");
	while (clock_ns(CLOCK_MONOTONIC) - answer.from_ns < duration_ns) {
		void *area = mmap(NULL, AREA_BYTES, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (area == MAP_FAILED || madvise(area, AREA_BYTES, MADV_NOHUGEPAGE))
			return name;
		touch(area);
		if (munmap(area, AREA_BYTES))
			return name;
	}
	answer.waited_ns = clock_ns(CLOCK_MONOTONIC) - answer.from_ns;
	return answer_end(&answer) ? name : NULL;
}

int main(int argc, char **argv)
{
	int is_mutex = argc > 2 && !strcmp(argv[1], "mutex");
	unsigned int nr = is_mutex ? 2 : 4;
	void *failed = NULL, *ret;
	pthread_t threads[4];
	char names[4][16];

	if (argc < 3 || (!is_mutex && strcmp(argv[1], "memory"))) {
		fprintf(stderr, "usage: locks mutex|memory SECONDS\n");
		return 2;
	}
	duration_ns = strtod(argv[2], NULL) * NSEC_PER_SEC;
	pthread_barrier_init(&begin, NULL, nr);
	for (unsigned int i = 0; i < nr; i++) {
		snprintf(names[i], sizeof(names[i]), "%s%u", argv[1], i);
		if (pthread_create(&threads[i], NULL, is_mutex ? mutex_main : memory_main,
				   names[i]))
			return 1;
	}
	for (unsigned int i = 0; i < nr; i++)
		if (!pthread_join(threads[i], &ret) && ret)
			failed = ret;
	return failed ? 1 : 0;
}
