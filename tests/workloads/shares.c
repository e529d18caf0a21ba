// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Spends 50, 30 and 20 % of its time in three functions.
 *
 *	shares SECONDS [CPU]		one thread, spin_half spin_third spin_fifth
 *	shares --threads SECONDS [CPU]	three threads: half, third, fifth
 *
 * SECONDS are CPU time, rounded up to rounds of 100 slices of equal work (threads:
 * 1,000, so that the baton's way costs nothing even on a debug kernel). Prints
 * "pid PID", one line "NAME SLICES" per function or thread, "total SLICES", and the
 * process's CPU time, "cpu NANOSECONDS".
 */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "clock.h"

struct worker {
	const char *thread, *function;
	unsigned int percent;
	void (*spin)(unsigned int slices);
	uint64_t slices;
};

static WORK void spin_half(unsigned int slices)
{
	while (slices--)
		spin_slice();
}

static WORK void spin_third(unsigned int slices)
{
	while (slices--)
		spin_slice();
}

static WORK void spin_fifth(unsigned int slices)
{
	while (slices--)
		spin_slice();
}

static struct worker workers[] = {
	{ "half", "spin_half", 50, spin_half, 0 },
	{ "third", "spin_third", 30, spin_third, 0 },
	{ "fifth", "spin_fifth", 20, spin_fifth, 0 },
};
#define NR_WORKERS (sizeof(workers) / sizeof(workers[0]))

#define ROUNDS_PER_TURN	10

static uint64_t total_ns;

static uint64_t process_cpu_ns(void)
{
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

/* One worker's part of a round of 100 slices. */
static WORK void work(struct worker *w)
{
	w->spin(w->percent);
	w->slices += w->percent;
}

static void by_function(void)
{
	while (process_cpu_ns() < total_ns)
		for (size_t i = 0; i < NR_WORKERS; i++)
			work(&workers[i]);
}

/* The baton goes round: a thread works only when it is its turn. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turned = PTHREAD_COND_INITIALIZER;
static size_t turn;
static bool is_over;

static void *thread_main(void *arg)
{
	struct worker *w = arg;
	size_t me = w - workers;

	prctl(PR_SET_NAME, w->thread);
	pthread_mutex_lock(&lock);
	for (;;) {
		while (turn != me)
			pthread_cond_wait(&turned, &lock);
		/* Rounds are whole: only the first one asks. */
		if (me == 0)
			is_over = process_cpu_ns() >= total_ns;
		for (int i = 0; !is_over && i < ROUNDS_PER_TURN; i++)
			work(w);
		turn = (turn + 1) % NR_WORKERS;
		pthread_cond_broadcast(&turned);
		if (is_over)
			break;
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

static int by_thread(void)
{
	pthread_t threads[NR_WORKERS];

	for (size_t i = 0; i < NR_WORKERS; i++)
		if (pthread_create(&threads[i], NULL, thread_main, &workers[i]))
			return -1;
	for (size_t i = 0; i < NR_WORKERS; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

static int pin(const char *cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(atoi(cpu), &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

int main(int argc, char **argv)
{
	bool threads = argc > 1 && !strcmp(argv[1], "--threads");
	uint64_t sum = 0;

	argv += threads;
	argc -= threads;
	if (argc < 2 || (argc > 2 && pin(argv[2]))) {
		fprintf(stderr, "usage: shares [--threads] SECONDS [CPU]\n");
		return 2;
	}
	total_ns = strtod(argv[1], NULL) * NSEC_PER_SEC;
	if (!threads)
		by_function();
	else if (by_thread())
		return 1;
	printf("pid %d\n", getpid());
	for (size_t i = 0; i < NR_WORKERS; i++) {
		printf("%s %llu\n", threads ? workers[i].thread : workers[i].function,
		       (unsigned long long)workers[i].slices);
		sum += workers[i].slices;
	}
	printf("total %llu\ncpu %llu\n", (unsigned long long)sum,
	       (unsigned long long)process_cpu_ns());
	return 0;
}
