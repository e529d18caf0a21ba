/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clock by which waiting is measured. */
#ifndef PK_CLOCK_H
#define PK_CLOCK_H

#include <stdint.h>
#include <time.h>

/* CLOCK_MONOTONIC, ns. */
static inline uint64_t pk_monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

#endif
