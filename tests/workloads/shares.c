// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Spends 50, 30 and 20 % of its CPU time in three functions.
 *
 *	shares SECONDS [CPU]		one thread, spin_half spin_third spin_fifth
 *	shares --threads SECONDS [CPU]	three threads: half, third, fifth
 *
 * SECONDS are CPU time. Prints "pid PID", one line "NAME NANOSECONDS" per function
 * or thread, as measured, then "total NANOSECONDS" and "wall NANOSECONDS".
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

/* CPU time of one round; short against a sampling period times the rounds. */
#define ROUND_NS	(20 * NSEC_PER_MSEC)

struct worker {
	const char *thread, *function;
	unsigned int percent;
	uint64_t (*spin)(uint64_t until_ns);
	uint64_t spent_ns;
};

static WORK uint64_t spin_half(uint64_t until_ns)
{
	return spin_until(until_ns);
}

static WORK uint64_t spin_third(uint64_t until_ns)
{
	return spin_until(until_ns);
}

static WORK uint64_t spin_fifth(uint64_t until_ns)
{
	return spin_until(until_ns);
}

static struct worker workers[] = {
	{ "half", "spin_half", 50, spin_half, 0 },
	{ "third", "spin_third", 30, spin_third, 0 },
	{ "fifth", "spin_fifth", 20, spin_fifth, 0 },
};
#define NR_WORKERS (sizeof(workers) / sizeof(workers[0]))

static uint64_t total_ns;

/* Bring one worker to its part of @done_ns, the time spent in all rounds so far. */
static WORK void work(struct worker *w, uint64_t done_ns)
{
	uint64_t from = thread_cpu_ns(), want = done_ns * w->percent / 100;

	if (want > w->spent_ns)
		w->spent_ns += w->spin(from + want - w->spent_ns) - from;
}

static void by_function(void)
{
	for (uint64_t done = ROUND_NS; done <= total_ns; done += ROUND_NS)
		for (size_t i = 0; i < NR_WORKERS; i++)
			work(&workers[i], done);
}

/* The baton goes round: a thread works only when it is its turn. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turned = PTHREAD_COND_INITIALIZER;
static size_t turn;

static void *thread_main(void *arg)
{
	struct worker *w = arg;
	size_t me = w - workers;

	prctl(PR_SET_NAME, w->thread);
	for (uint64_t done = ROUND_NS; done <= total_ns; done += ROUND_NS) {
		pthread_mutex_lock(&lock);
		while (turn != me)
			pthread_cond_wait(&turned, &lock);
		pthread_mutex_unlock(&lock);
		work(w, done);
		pthread_mutex_lock(&lock);
		turn = (turn + 1) % NR_WORKERS;
		pthread_cond_broadcast(&turned);
		pthread_mutex_unlock(&lock);
	}
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
	uint64_t sum = 0, start = clock_ns(CLOCK_MONOTONIC);

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
		       (unsigned long long)workers[i].spent_ns);
		sum += workers[i].spent_ns;
	}
	printf("total %llu\nwall %llu\n", (unsigned long long)sum,
	       (unsigned long long)(clock_ns(CLOCK_MONOTONIC) - start));
	return 0;
}
