/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sampling grid: at which instants a CPU is to be sampled.
 *
 * Instant k of a CPU is t0 + k * P + jitter(k), 0 <= jitter(k) < P, where
 * jitter is a keyed hash of k: exactly one instant in each period, anywhere in
 * it with equal chance. The number of instants in a stretch of time is thus an
 * unbiased measure of it, and a load with a period of its own cannot stay in
 * step with the sampling (stratified sampling; Cochran, Sampling Techniques,
 * chapter 8). The grid is a pure function of its parameters: whoever missed an
 * instant can still tell how many there were.
 *
 * All times are CLOCK_MONOTONIC in ns; k does not overflow before the clock
 * does. Any context. The same file compiles in the unit tests.
 */
#ifndef PK_GRID_H
#define PK_GRID_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include "kernel_shim.h"	/* tests/unit */
#endif

/**
 * struct pk_grid - one CPU's instants
 * @t0_ns:	origin, no instant is before it
 * @period_ns:	1 .. PKPROF_MAX_PERIOD_NS
 * @key:	of the jitter
 */
struct pk_grid {
	u64 t0_ns;
	u64 period_ns;
	u64 key;
};

/* @seed: random; CPUs with the same seed get independent jitter. */
void pk_grid_init(struct pk_grid *g, u64 t0_ns, u64 period_ns, u64 seed, u32 cpu);

/* Time of instant @k, ns; grows strictly with k. */
u64 pk_grid_instant(const struct pk_grid *g, u64 k);

/*
 * Number of instants at or before @time_ns, which is also the index of the
 * first one strictly after it. In (a, b] lie count(b) - count(a).
 */
u64 pk_grid_count(const struct pk_grid *g, u64 time_ns);

#endif
