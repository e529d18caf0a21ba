// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Threads of many habits, each of which tells in the end what the kernel's own books
 * say of it: /proc/thread-self/schedstat.
 *
 *	schedstats SECONDS
 *
 * Two that compute all the time, two that compute 2 ms and sleep 1 ms, two pairs that
 * wake each other through a pipe as fast as they can, four that sleep 5 ms at a time.
 * Prints "thread TID HABIT CPU_NS RUN_DELAY_NS SWITCHES" for each; "stolen SHARE", which
 * part of their CPU time those that compute did not get: work of equal pieces took
 * longer than its fastest piece, since the processor was a virtual one and not served;
 * and "over" when all but the first thread are gone.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>

#include "answer.h"

enum habit { COMPUTE, DOZE, PAIR, SLEEP };

static const char *const habit_names[] = { "compute", "doze", "pair", "sleep" };

static const enum habit habits[] = { COMPUTE, COMPUTE, DOZE,  DOZE,  PAIR,  PAIR,
				     PAIR,    PAIR,    SLEEP, SLEEP, SLEEP, SLEEP };
#define NR_THREADS (sizeof(habits) / sizeof(habits[0]))

static int pipes[NR_THREADS][2];
static uint64_t end_ns;

/* Of those that compute: CPU time, and what it would have been, had all pieces been fast. */
static uint64_t computed_ns, needed_ns;
static pthread_mutex_t sum_lock = PTHREAD_MUTEX_INITIALIZER;

static void sleep_ns(uint64_t ns)
{
	struct timespec ts = { ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };

	nanosleep(&ts, NULL);
}

/* Members of a pair are neighbours; one byte goes round. */
static int pair_turn(size_t me)
{
	char byte;

	return write(pipes[me ^ 1][1], "", 1) != 1 || read(pipes[me][0], &byte, 1) != 1;
}

static void compute(void)
{
	uint64_t fastest_ns = UINT64_MAX, since_ns = thread_cpu_ns(), begin_ns = since_ns, nr = 0;

	while (clock_ns(CLOCK_MONOTONIC) < end_ns) {
		uint64_t now_ns;

		spin_slice();
		now_ns = thread_cpu_ns();
		if (now_ns - since_ns < fastest_ns)
			fastest_ns = now_ns - since_ns;
		since_ns = now_ns;
		nr++;
	}
	pthread_mutex_lock(&sum_lock);
	computed_ns += since_ns - begin_ns;
	needed_ns += nr * fastest_ns;
	pthread_mutex_unlock(&sum_lock);
}

static int turn(size_t me)
{
	switch (habits[me]) {
	case COMPUTE:
		compute();
		return 0;
	case DOZE:
		spin_until(thread_cpu_ns() + 2 * NSEC_PER_MSEC);
		sleep_ns(NSEC_PER_MSEC);
		return 0;
	case PAIR:
		return pair_turn(me);
	case SLEEP:
		sleep_ns(5 * NSEC_PER_MSEC);
		return 0;
	}
	return -1;
}

/* The books are read last, in one system call that holds little of this thread's time. */
static int tell(int fd, const char *habit)
{
	char books[96], text[160];
	ssize_t n = pread(fd, books, sizeof(books) - 1, 0);
	int len;

	if (n <= 0)
		return -1;
	books[n] = '\0';
	len = snprintf(text, sizeof(text), "thread %ld %s %s", syscall(SYS_gettid), habit, books);
	return write(STDOUT_FILENO, text, len) == len ? 0 : -1;
}

static void *thread_main(void *arg)
{
	size_t me = (const enum habit *)arg - habits;
	int fd = open("/proc/thread-self/schedstat", O_RDONLY);

	if (fd < 0)
		return arg;
	while (clock_ns(CLOCK_MONOTONIC) < end_ns)
		if (turn(me))
			return arg;
	/* the other one of a pair waits for its last byte */
	if (habits[me] == PAIR && write(pipes[me ^ 1][1], "", 1) != 1)
		return arg;
	return tell(fd, habit_names[habits[me]]) ? arg : NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[NR_THREADS];
	void *failed = NULL, *ret;

	if (argc < 2) {
		fprintf(stderr, "usage: schedstats SECONDS\n");
		return 2;
	}
	end_ns = clock_ns(CLOCK_MONOTONIC) + (uint64_t)(strtod(argv[1], NULL) * NSEC_PER_SEC);
	for (size_t i = 0; i < NR_THREADS; i++)
		if (habits[i] == PAIR && pipe(pipes[i]))
			return 1;
	for (size_t i = 0; i < NR_THREADS; i++)
		if (pthread_create(&threads[i], NULL, thread_main, (void *)&habits[i]))
			return 1;
	for (size_t i = 0; i < NR_THREADS; i++)
		if (!pthread_join(threads[i], &ret) && ret)
			failed = ret;
	printf("stolen %.4f\nover\n", 1 - (double)needed_ns / computed_ns);
	return failed ? 1 : 0;
}
