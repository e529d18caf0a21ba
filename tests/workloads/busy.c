// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Keeps CPUs fully busy, one pinned process each, until it is told to stop or
 * the time is over.
 *
 *	busy SECONDS [CPU...]		without CPU: all online ones
 *
 * Prints "started" once all of them run, and at the end one line per CPU:
 * "cpu N NANOSECONDS wall NANOSECONDS", CPU time and wall time of its process.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

static volatile sig_atomic_t is_over;
static pid_t *volatile pids;
static volatile int nr_pids;

/* The parent tells its children. */
static void stop(int sig)
{
	is_over = 1;
	for (int i = 0; i < nr_pids; i++)
		if (pids[i] > 0)
			kill(pids[i], sig);
}

static WORK void busy_loop(uint64_t end_ns)
{
	while (!is_over && clock_ns(CLOCK_MONOTONIC) < end_ns)
		spin_slice();
}

static int child(int cpu, uint64_t end_ns, int ready_fd)
{
	uint64_t start, wall, spent;
	cpu_set_t set;

	nr_pids = 0;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set)) {
		perror("busy: sched_setaffinity");
		return 1;
	}
	if (write(ready_fd, "", 1) != 1)
		return 1;
	start = clock_ns(CLOCK_MONOTONIC);
	spent = thread_cpu_ns();
	busy_loop(end_ns);
	spent = thread_cpu_ns() - spent;
	wall = clock_ns(CLOCK_MONOTONIC) - start;
	printf("cpu %d %llu wall %llu\n", cpu, (unsigned long long)spent, (unsigned long long)wall);
	return fflush(stdout) ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = stop };
	int nr = argc > 2 ? argc - 2 : (int)sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t end_ns;
	int ready[2], failed = 0;
	char byte;

	pids = calloc(nr, sizeof(*pids));
	if (argc < 2 || !pids || pipe(ready)) {
		fprintf(stderr, "usage: busy SECONDS [CPU...]\n");
		return 2;
	}
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	end_ns = clock_ns(CLOCK_MONOTONIC) + (uint64_t)(strtod(argv[1], NULL) * NSEC_PER_SEC);
	for (int i = 0; i < nr; i++) {
		pids[i] = fork();
		if (!pids[i])
			return child(argc > 2 ? atoi(argv[2 + i]) : i, end_ns, ready[1]);
		nr_pids = i + 1;
	}
	close(ready[1]);
	for (int i = 0; i < nr; i++)
		if (read(ready[0], &byte, 1) != 1)
			return 1;
	printf("started\n");
	fflush(stdout);
	for (int i = 0; i < nr; i++) {
		int status = 0;

		while (waitpid(pids[i], &status, 0) < 0 && errno == EINTR)
			;
		failed |= status;
	}
	return failed ? 1 : 0;
}
