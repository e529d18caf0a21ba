// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Threads that change their names while they work.
 *
 *	rename SECONDS
 *
 * Two threads spin for SECONDS of CPU time each and take a new name every 20 ms:
 * "a-0", "a-1", ... and "b-0", ...; at the end they are "a-last" and "b-last"
 * and work for another 300 ms. Prints "renames NUMBER" and "cpu NANOSECONDS"
 * of both.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "clock.h"

static uint64_t work_ns;

struct thread {
	pthread_t id;
	char letter;
	unsigned int renames;
	uint64_t spent_ns;
};

static void *thread_main(void *arg)
{
	struct thread *t = arg;
	uint64_t begin = thread_cpu_ns();
	char name[16];

	while (thread_cpu_ns() < work_ns) {
		snprintf(name, sizeof(name), "%c-%u", t->letter, t->renames++);
		prctl(PR_SET_NAME, name);
		spin_until(thread_cpu_ns() + 20 * NSEC_PER_MSEC);
	}
	snprintf(name, sizeof(name), "%c-last", t->letter);
	prctl(PR_SET_NAME, name);
	t->renames++;
	t->spent_ns = spin_until(thread_cpu_ns() + 300 * NSEC_PER_MSEC) - begin;
	return NULL;
}

int main(int argc, char **argv)
{
	struct thread threads[] = { { .letter = 'a' }, { .letter = 'b' } };

	if (argc < 2) {
		fprintf(stderr, "usage: rename SECONDS\n");
		return 2;
	}
	work_ns = strtod(argv[1], NULL) * NSEC_PER_SEC;
	for (int i = 0; i < 2; i++)
		if (pthread_create(&threads[i].id, NULL, thread_main, &threads[i]))
			return 1;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i].id, NULL);
	printf("renames %u\ncpu %llu\n", threads[0].renames + threads[1].renames,
	       (unsigned long long)(threads[0].spent_ns + threads[1].spent_ns));
	return 0;
}
