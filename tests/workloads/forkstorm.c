// SPDX-License-Identifier: GPL-2.0-or-later
/* cflags: -static -no-pie */
/*
 * Fork and exec storm: children that live for a moment, some of them threads,
 * some of them under another name.
 *
 *	forkstorm NR [WORK_US [fork]]
 *
 * Each of NR children runs this program again (with "fork": does not), calls itself
 * "storm-child", works for WORK_US of CPU time (default 200) and leaves. It is linked to fixed addresses,
 * or an emulator would translate all of its code again for each of them. Prints "forks NR", "execs NR",
 * "cpu NANOSECONDS" of the children.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

static WORK void storm_work(uint64_t us)
{
	spin_until(thread_cpu_ns() + us * 1000);
}

/* What a child does; with exec, after it. */
static int child(const char *us)
{
	/* exec named it "exe", for that is what it was called by */
	prctl(PR_SET_NAME, "storm-child");
	storm_work(us ? strtoul(us, NULL, 0) : 0);
	return 0;
}

static int spawn(char *us, int with_exec)
{
	char name[] = "storm-child";
	char *args[] = { name, us, NULL };
	pid_t pid = fork();

	if (!pid && !with_exec)
		_exit(child(us));
	if (!pid) {
		execv("/proc/self/exe", args);
		_exit(127);
	}
	return pid < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
	char default_us[] = "200";
	unsigned long nr, failed = 0, forks = 0;
	struct rusage usage;
	int status;

	if (!strcmp(argv[0], "storm-child"))
		return child(argc > 1 ? argv[1] : NULL);
	if (argc < 2) {
		fprintf(stderr, "usage: forkstorm NR [WORK_US [fork]]\n");
		return 2;
	}
	nr = strtoul(argv[1], NULL, 0);
	/* Four at a time: enough for both CPUs, no queue of thousands. */
	for (unsigned long i = 0; i < nr + 4; i++) {
		if (i < nr && !spawn(argc > 2 ? argv[2] : default_us, argc < 4))
			forks++;
		if (i >= 4 && wait(&status) > 0)
			failed += status != 0;
	}
	getrusage(RUSAGE_CHILDREN, &usage);
	printf("forks %lu\nexecs %lu\ncpu %llu\n", forks, forks - failed,
	       (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * NSEC_PER_SEC +
	       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000ULL);
	return failed || forks != nr;
}
