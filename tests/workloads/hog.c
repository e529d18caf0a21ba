// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Computes on one CPU for a wall time, at a nice value, and tells what the kernel
 * gave it.
 *
 *	hog NAME SECONDS CPU [NICE [CGROUP]]
 *
 * CGROUP is the directory of a cgroup to enter. Prints its answer (answer.h), where
 * WAITED_NS is its life but CPU time, and LINE "throttled" with a cgroup, else
 * "preempted,runq".
 */
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "answer.h"

static int enter(const char *cgroup)
{
	char path[512];
	int fd, ret;

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	fd = open(path, O_WRONLY);
	ret = write(fd, "0", 1) == 1 ? 0 : -1;
	close(fd);
	return ret;
}

int main(int argc, char **argv)
{
	uint64_t end_ns, spent_ns;
	struct answer answer;
	cpu_set_t set;

	if (argc < 4) {
		fprintf(stderr, "usage: hog NAME SECONDS CPU [NICE [CGROUP]]\n");
		return 2;
	}
	answer_apart();
	/* at once: on that CPU it may not get far */
	answer_begin(&answer, argv[1], argc > 5 ? "throttled" : "preempted,runq");
	spent_ns = thread_cpu_ns();
	CPU_ZERO(&set);
	CPU_SET(atoi(argv[3]), &set);
	if (sched_setaffinity(0, sizeof(set), &set) ||
	    (argc > 4 && setpriority(PRIO_PROCESS, 0, atoi(argv[4]))) ||
	    (argc > 5 && enter(argv[5]))) {
		perror("hog");
		return 1;
	}
	end_ns = answer.from_ns + (uint64_t)(strtod(argv[2], NULL) * NSEC_PER_SEC);
	while (clock_ns(CLOCK_MONOTONIC) < end_ns)
		spin_slice();
	spent_ns = thread_cpu_ns() - spent_ns;
	answer.waited_ns = clock_ns(CLOCK_MONOTONIC) - answer.from_ns - spent_ns;
	return answer_end(&answer) ? 1 : 0;
}
