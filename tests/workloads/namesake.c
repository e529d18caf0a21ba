// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Identities that are used again.
 *
 *	namesake pid NR		NR processes one after the other that have the same ID;
 *				each sleeps 20 ms. Prints "pid PID", "reused NR",
 *				"slept" and "at_most NANOSECONDS" of all of them
 *	namesake exec		a thread that is not the leader sleeps 200 ms, calls exec
 *				and sleeps as long again, while the leader waits for it.
 *				Prints "pid PID", "slept NANOSECONDS" of both, and
 *				"at_most NANOSECONDS": the leader sleeps on until exec
 *				ends it
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"

#define MAX_TRIES 50

static uint64_t begin_ns;

static uint64_t doze(uint64_t ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * NSEC_PER_MSEC };
	uint64_t since_ns = clock_ns(CLOCK_MONOTONIC);

	nanosleep(&ts, NULL);
	return clock_ns(CLOCK_MONOTONIC) - since_ns;
}

/* Let the next process have the ID @pid; somebody else may be quicker. */
static int ask_for(pid_t pid)
{
	char text[16];
	int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY);
	int len = snprintf(text, sizeof(text), "%d", pid - 1), ret;

	ret = write(fd, text, len) == len ? 0 : -1;
	close(fd);
	return ret;
}

/* The child tells over @out how long it slept; one with another ID does nothing. */
static pid_t spawn(pid_t wanted, int out)
{
	pid_t pid = fork();

	if (!pid) {
		uint64_t slept_ns = wanted && getpid() != wanted ? 0 : doze(20);

		_exit(write(out, &slept_ns, sizeof(slept_ns)) != sizeof(slept_ns));
	}
	waitpid(pid, NULL, 0);
	return pid;
}

static int same_pid(unsigned int nr)
{
	uint64_t slept_ns = 0, ns;
	unsigned int reused = 0;
	pid_t pid = 0, first = 0;
	int fds[2];

	if (pipe(fds))
		return 1;
	for (unsigned int i = 0; reused < nr && i < nr + MAX_TRIES; i++) {
		if (first && ask_for(first)) {
			perror("namesake: ns_last_pid");
			return 1;
		}
		pid = spawn(first, fds[1]);
		if (pid < 0 || read(fds[0], &ns, sizeof(ns)) != sizeof(ns))
			return 1;
		if (!first)
			first = pid;
		reused += pid == first;
		slept_ns += ns;
	}
	printf("pid %d\nreused %u\nslept %llu\nat_most %llu\n", first, reused,
	       (unsigned long long)slept_ns, (unsigned long long)slept_ns);
	return reused == nr ? 0 : 1;
}

/* Both have slept from the begin to now; from then on there is one thread. */
static void *leave_by_exec(void *program)
{
	char begin[32], slept[32], after[] = "after";
	char *args[] = { program, after, begin, slept, NULL };

	doze(200);
	snprintf(begin, sizeof(begin), "%llu", (unsigned long long)begin_ns);
	snprintf(slept, sizeof(slept), "%llu",
		 2 * (unsigned long long)(clock_ns(CLOCK_MONOTONIC) - begin_ns));
	execv("/proc/self/exe", args);
	exit(1);
}

static int after_exec(uint64_t since_ns, uint64_t slept_ns)
{
	uint64_t at_most_ns = 2 * (clock_ns(CLOCK_MONOTONIC) - since_ns), last_ns = doze(200);

	printf("pid %d\nslept %llu\nat_most %llu\n", getpid(),
	       (unsigned long long)(slept_ns + last_ns),
	       (unsigned long long)(at_most_ns + last_ns));
	return 0;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc > 2 && !strcmp(argv[1], "pid"))
		return same_pid(atoi(argv[2]));
	if (argc > 3 && !strcmp(argv[1], "after"))
		return after_exec(strtoull(argv[2], NULL, 0), strtoull(argv[3], NULL, 0));
	if (argc < 2 || strcmp(argv[1], "exec")) {
		fprintf(stderr, "usage: namesake pid NR | exec\n");
		return 2;
	}
	begin_ns = clock_ns(CLOCK_MONOTONIC);
	if (pthread_create(&thread, NULL, leave_by_exec, argv[0]))
		return 1;
	for (;;)
		pause();
}
