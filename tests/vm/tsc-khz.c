// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tsc-khz - print the rate of this machine's time stamp counter.
 *
 * The guest's counter is the host's. A guest that measures its rate while the
 * host is busy may be wrong by a third, and then all its clocks are.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

struct instant {
	uint64_t tsc, ns;
};

/* Of many tries the one that was least interrupted. */
static struct instant now(void)
{
	struct instant best = {0};
	uint64_t width = UINT64_MAX;

	for (int i = 0; i < 1000; i++) {
		struct timespec ts;
		uint64_t before = __rdtsc();

		clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
		uint64_t after = __rdtsc();

		if (after - before < width) {
			width = after - before;
			best.tsc = before + width / 2;
			best.ns = (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
		}
	}
	return best;
}

int main(void)
{
	struct instant start = now(), end;

	nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
	end = now();
	printf("%.0f\n", (double)(end.tsc - start.tsc) * 1e6 / (double)(end.ns - start.ns));
	return 0;
}
