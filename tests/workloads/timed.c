// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs a command and writes down when, on the monotonic clock: around a recorder
 * and around what it records, this gives the recorder's start-up and stop.
 *
 *	timed FILE COMMAND [ARGUMENT...]
 *
 * FILE gets "start_ns N", "end_ns N", "cpu_ns N" (of the command and its children),
 * "peak_kb N" (largest resident set among them), "status N".
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

int main(int argc, char **argv)
{
	uint64_t start_ns, end_ns;
	struct rusage usage;
	int status = 0;
	pid_t pid;
	FILE *out;

	if (argc < 3) {
		fprintf(stderr, "usage: timed FILE COMMAND [ARGUMENT...]\n");
		return 2;
	}
	start_ns = clock_ns(CLOCK_MONOTONIC);
	pid = fork();
	if (!pid) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
		return 1;
	end_ns = clock_ns(CLOCK_MONOTONIC);
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	out = fopen(argv[1], "w");
	if (!out)
		return 1;
	fprintf(out, "start_ns %llu\nend_ns %llu\ncpu_ns %llu\npeak_kb %ld\nstatus %d\n",
		(unsigned long long)start_ns, (unsigned long long)end_ns,
		(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * NSEC_PER_SEC +
		(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000ULL,
		usage.ru_maxrss, status);
	return fclose(out) ? 1 : status;
}
