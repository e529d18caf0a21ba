/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system's clocks, in ns. */
#ifndef PK_CLOCK_H
#define PK_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Of a clock that every kernel has: does not fail. */
static inline uint64_t pk_clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* The one that waiting is measured by, and that records have. */
static inline uint64_t pk_monotonic_ns(void)
{
	return pk_clock_ns(CLOCK_MONOTONIC);
}

#endif
