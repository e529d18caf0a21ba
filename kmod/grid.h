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

/*
 * Grids one after the other: the period may change, by powers of two. A change comes where
 * a stratum of the old grid ends, and there the new one begins; so time is cut into strata
 * throughout, each with one instant that stands for just its length. Where the cut is depends on
 * instants that are over only, so no instant's chance depends on it. Instants are numbered
 * through.
 */

#define PK_NO_GRID (~0ULL)

/**
 * struct pk_grids - the present grid, and the one that comes
 * @base_ns:	period of shift 0
 * @first:	number of the first instant of @now
 * @later:	t0_ns is PK_NO_GRID: no change is on its way
 * @later_first: likewise; PK_NO_GRID
 * @shift:	binary logarithm of @now's period / @base_ns
 */
struct pk_grids {
	u64 base_ns;
	struct pk_grid now, later;
	u64 first, later_first;
	u32 shift, later_shift;
};

/* With shift 0. */
void pk_grids_init(struct pk_grids *g, u64 t0_ns, u64 period_ns, u64 seed, u32 cpu);
u64 pk_grids_instant(const struct pk_grids *g, u64 k);
u64 pk_grids_count(const struct pk_grids *g, u64 time_ns);

/*
 * Have another shift behind the stratum of instant @next, which is not over. What is on its
 * way is not changed.
 */
void pk_grids_change(struct pk_grids *g, u64 next, u32 shift);
/* All instants before @next are over: a change that is, too, is forgotten. */
void pk_grids_settle(struct pk_grids *g, u64 next);

static inline u32 pk_grids_shift(const struct pk_grids *g, u64 k)
{
	return k < g->later_first ? g->shift : g->later_shift;
}

#endif
