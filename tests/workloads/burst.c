// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs 2 ms in every 7 ms, or what is asked for: a task that a timer parked in
 * idle and re-armed at now + period would never see.
 *
 *	burst SECONDS [CPU [RUN_US [EVERY_US]]]
 *
 * Prints "cpu NANOSECONDS" and "wall NANOSECONDS" as measured: their ratio is
 * the true share.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"

static WORK void burst_work(uint64_t run_ns)
{
	spin_until(thread_cpu_ns() + run_ns);
}

static void sleep_until(uint64_t mono_ns)
{
	struct timespec ts = { mono_ns / NSEC_PER_SEC, mono_ns % NSEC_PER_SEC };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL))
		;
}

int main(int argc, char **argv)
{
	uint64_t run_ns = (argc > 3 ? strtoull(argv[3], NULL, 0) : 2000) * 1000;
	uint64_t every_ns = (argc > 4 ? strtoull(argv[4], NULL, 0) : 7000) * 1000;
	uint64_t start, now, end, next, cpu;
	cpu_set_t set;

	CPU_ZERO(&set);
	if (argc > 2)
		CPU_SET(atoi(argv[2]), &set);
	if (argc < 2 || (argc > 2 && sched_setaffinity(0, sizeof(set), &set))) {
		fprintf(stderr, "usage: burst SECONDS [CPU [RUN_US [EVERY_US]]]\n");
		return 2;
	}
	start = now = next = clock_ns(CLOCK_MONOTONIC);
	cpu = thread_cpu_ns();
	end = start + (uint64_t)(strtod(argv[1], NULL) * NSEC_PER_SEC);
	while (now < end) {
		burst_work(run_ns);
		now = clock_ns(CLOCK_MONOTONIC);
		/* A late round is left out, not made up for. */
		do
			next += every_ns;
		while (next <= now);
		sleep_until(next);
		now = clock_ns(CLOCK_MONOTONIC);
	}
	printf("cpu %llu\nwall %llu\n", (unsigned long long)(thread_cpu_ns() - cpu),
	       (unsigned long long)(now - start));
	return 0;
}
