/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many requests a device has in flight, and how long it had how many.
 *
 * In: one request more or less, at a time, from any CPU and context. Out: for each
 * class of depth the time that it was there, and the integral of the depth. The state
 * is one word, depth and time of the last change, replaced by compare and exchange,
 * so nobody takes a lock; whoever changes it books the time before. The same file
 * compiles in the unit tests.
 */
#ifndef PK_BLOCK_DEPTH_H
#define PK_BLOCK_DEPTH_H

#ifdef __KERNEL__
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/types.h>
#else
#include "kernel_shim.h"	/* tests/unit */
#endif
#include "uapi/pkprof.h"

/*
 * The word: the time since @base_ns in units of 16 ns, below it the depth. It wraps after 52
 * days, so of two times the later one is told by their difference.
 */
#define PK_DEPTH_BITS	16
#define PK_DEPTH_UNIT	4
#define PK_DEPTH_MAX	0xffffu
#define PK_DEPTH_TRIES	64	/* readings until one meets no writer */

/**
 * struct pk_depth - of one device; all zero but @base_ns at first
 * @base_ns:	CLOCK_MONOTONIC, when it began
 * @load:	sum of depth times units, of depths above 1: the others are in @units
 * @max:	largest depth, if above 1; of two at once one may be missed
 */
struct pk_depth {
	u64 base_ns;
	atomic64_t word;
	atomic64_t units[PKPROF_BLOCK_DEPTHS];
	atomic64_t load;
	u32 max;
};

/* 0, 1, 2..3, 4..7, ... */
static __always_inline unsigned int pk_depth_class(u32 depth)
{
	return min(__fls(2UL * depth + 1), PKPROF_BLOCK_DEPTHS - 1UL);
}

/* The word of a time, with depth 0. */
static __always_inline u64 pk_depth_at(const struct pk_depth *d, u64 now_ns)
{
	return (now_ns - d->base_ns) >> PK_DEPTH_UNIT << PK_DEPTH_BITS;
}

/*
 * @more: 1 or -1. A depth that would leave its range stays. Clocks of CPUs may differ a bit:
 * for one that is behind no time has passed. Return: the depth before.
 */
static __always_inline u32 pk_depth_change(struct pk_depth *d, int more, u64 now_ns)
{
	u64 at = pk_depth_at(d, now_ns);
	s64 old = atomic64_read(&d->word), passed;
	u32 depth;

	do {
		depth = old & PK_DEPTH_MAX;
		if (unlikely(depth == (more > 0 ? PK_DEPTH_MAX : 0)))
			return depth;
		passed = at + depth - old;
		if (unlikely(passed < 0))
			passed = 0;
	} while (unlikely(!atomic64_try_cmpxchg(&d->word, &old, (u64)old + passed + more)));
	passed >>= PK_DEPTH_BITS;
	/* one alone begins or ends */
	if (likely(depth == (more < 0))) {
		atomic64_add(passed, &d->units[more < 0]);
		return depth;
	}
	if (more > 0 && depth >= READ_ONCE(d->max))
		WRITE_ONCE(d->max, depth + 1);
	atomic64_add(passed, &d->units[pk_depth_class(depth)]);
	if (depth > 1)
		atomic64_add(passed * depth, &d->load);
	return depth;
}

/* What there is up to @now_ns; fills depth, from_ns, read_ns, depth_ns, load_ns and max_depth. */
void pk_depth_tell(const struct pk_depth *d, u64 now_ns, struct pkprof_block_device *ret);

#endif
