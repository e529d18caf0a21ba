// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Threads and processes whose lives are known from outside and inside.
 *
 *	lives NR
 *
 * NR threads and as many processes, ten at a time, which sleep or compute for 5 to
 * 100 ms. Prints for each "life TID INNER_NS OUTER_NS": from its first statement to its
 * last, and from before its creation to after it was waited for, by the monotonic
 * clock. Its life is between these, but for what it takes to leave for good.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "answer.h"

#define AT_A_TIME 10

struct life {
	bool is_process;
	pthread_t thread;
	pid_t tid;
	unsigned int ms;
	uint64_t created_ns, inner_ns, outer_ns;
};

static struct life *lives;	/* shared with the processes */

static void *life_main(void *arg)
{
	struct life *l = arg;
	uint64_t since_ns = clock_ns(CLOCK_MONOTONIC);
	struct timespec ts = { .tv_nsec = l->ms * NSEC_PER_MSEC };

	l->tid = syscall(SYS_gettid);
	if (l->ms % 4)
		nanosleep(&ts, NULL);
	else
		spin_until(thread_cpu_ns() + l->ms * NSEC_PER_MSEC / 4);
	l->inner_ns = clock_ns(CLOCK_MONOTONIC) - since_ns;
	return NULL;
}

static int begin(struct life *l)
{
	pid_t pid;

	l->created_ns = clock_ns(CLOCK_MONOTONIC);
	if (!l->is_process)
		return pthread_create(&l->thread, NULL, life_main, l);
	pid = fork();
	if (!pid) {
		life_main(l);
		_exit(0);
	}
	l->tid = pid;
	return pid < 0;
}

static int end(struct life *l)
{
	int status = 0;

	if (l->is_process ? waitpid(l->tid, &status, 0) != l->tid : pthread_join(l->thread, NULL))
		return 1;
	l->outer_ns = clock_ns(CLOCK_MONOTONIC) - l->created_ns;
	return status;
}

int main(int argc, char **argv)
{
	unsigned int nr = argc > 1 ? 2 * strtoul(argv[1], NULL, 0) : 0;
	int failed = 0;

	lives = mmap(NULL, nr * sizeof(*lives) + 1, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!nr || lives == MAP_FAILED) {
		fprintf(stderr, "usage: lives NR\n");
		return 2;
	}
	for (unsigned int i = 0; i < nr; i++) {
		lives[i].is_process = i % 2;
		lives[i].ms = 5 + i * 37 % 96;
	}
	for (unsigned int i = 0; i < nr + AT_A_TIME && !failed; i++) {
		if (i < nr)
			failed |= begin(&lives[i]);
		if (i >= AT_A_TIME)
			failed |= end(&lives[i - AT_A_TIME]);
	}
	for (unsigned int i = 0; i < nr; i++)
		printf("life %d %llu %llu\n", lives[i].tid, (unsigned long long)lives[i].inner_ns,
		       (unsigned long long)lives[i].outer_ns);
	return failed;
}
