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

/* The word: the time since @base_ns in units of 16 ns (52 days), below it the depth. */
#define PK_DEPTH_BITS	16
#define PK_DEPTH_UNIT	4
#define PK_DEPTH_MAX	0xffffu
#define PK_DEPTH_TRIES	64	/* readings until one meets no writer */

/**
 * struct pk_depth - of one device; all zero but @base_ns at first
 * @base_ns:	CLOCK_MONOTONIC, when it began
 * @load:	sum of depth times units
 * @max:	largest depth; of two at once one may be missed
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

static __always_inline u64 pk_depth_units(const struct pk_depth *d, u64 now_ns)
{
	u64 since_ns = now_ns - d->base_ns;

	return likely((s64)since_ns > 0) ? since_ns >> PK_DEPTH_UNIT : 0;
}

/* @more: 1 or -1. A depth that would leave its range stays. Clocks of CPUs may differ a bit. */
static __always_inline void pk_depth_change(struct pk_depth *d, int more, u64 now_ns)
{
	u64 at = pk_depth_units(d, now_ns) << PK_DEPTH_BITS;
	u64 old, new, passed;
	u32 depth;

	do {
		old = atomic64_read(&d->word);
		depth = old & PK_DEPTH_MAX;
		if (unlikely(depth == (more > 0 ? PK_DEPTH_MAX : 0)))
			return;
		new = (likely(at > old) ? at + depth : old) + more;
	} while (unlikely((u64)atomic64_cmpxchg(&d->word, old, new) != old));
	if (more > 0 && depth >= READ_ONCE(d->max))
		WRITE_ONCE(d->max, depth + 1);
	passed = (new >> PK_DEPTH_BITS) - (old >> PK_DEPTH_BITS);
	atomic64_add(passed, &d->units[pk_depth_class(depth)]);
	if (depth)
		atomic64_add(passed * depth, &d->load);
}

/* What there is up to @now_ns; fills depth, from_ns, read_ns, depth_ns, load_ns and max_depth. */
void pk_depth_tell(const struct pk_depth *d, u64 now_ns, struct pkprof_block_device *ret);

#endif
