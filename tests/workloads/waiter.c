// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An idle waiter: some threads that sleep, and nothing else. With it a CPU has
 * idle periods of a known number and length.
 *
 *	waiter SECONDS [EVERY_MS [CPU]]
 *
 * Wakes every EVERY_MS (default: not before the end) for as little as can be.
 * Prints "wakeups NUMBER" and "cpu NANOSECONDS".
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"

int main(int argc, char **argv)
{
	uint64_t end, every, next;
	unsigned long wakeups = 0;
	cpu_set_t set;

	CPU_ZERO(&set);
	if (argc > 3)
		CPU_SET(atoi(argv[3]), &set);
	if (argc < 2 || (argc > 3 && sched_setaffinity(0, sizeof(set), &set))) {
		fprintf(stderr, "usage: waiter SECONDS [EVERY_MS [CPU]]\n");
		return 2;
	}
	next = clock_ns(CLOCK_MONOTONIC);
	end = next + (uint64_t)(strtod(argv[1], NULL) * NSEC_PER_SEC);
	every = argc > 2 ? strtoull(argv[2], NULL, 0) * NSEC_PER_MSEC : end - next;
	if (!every)
		every = end - next;
	while (next < end) {
		struct timespec ts;

		next += every;
		ts = (struct timespec){ next / NSEC_PER_SEC, next % NSEC_PER_SEC };
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL))
			;
		wakeups++;
	}
	printf("wakeups %lu\ncpu %llu\n", wakeups, (unsigned long long)thread_cpu_ns());
	return 0;
}
