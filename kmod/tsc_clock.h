/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A clock for the scheduler's probes: CLOCK_MONOTONIC by the time stamp counter, in 8
 * instructions where the kernel's own reading takes 50.
 *
 * Each CPU has an anchor, a pair of simultaneous readings of counter and clock, and
 * goes on from there at the rate between its last two anchors. An anchor is good
 * for 10 ms, in which the kernel's corrections of its clock amount to nothing. On
 * one CPU this clock never goes back; those of two CPUs differ by what two readings
 * of the kernel's clock do, so who compares times of two CPUs must be ready for a
 * difference below 0. Where the kernel does not trust the counter, each reading is
 * the kernel's.
 *
 * Context: irqs off, each CPU its own.
 */
#ifndef PK_TSC_CLOCK_H
#define PK_TSC_CLOCK_H

#include <linux/types.h>

/**
 * struct pk_tsc_clock - of one CPU
 * @anchor:	counter times 4: leaves two bits for counters below 1 GHz in @rate
 * @good_for:	counter times 4 since the anchor; 0: none, ask the kernel
 * @rate:	ns per count, times 2^62
 * @anchor_ns:	time at the anchor
 * @true_ns:	the kernel's, at the anchor; less if this clock was ahead of it
 */
struct pk_tsc_clock {
	u64 anchor;
	u64 good_for;
	u64 rate;
	u64 anchor_ns;
	u64 true_ns;
};

/* Counter times 4. Not ordered against other loads: an error below one instruction's time. */
static __always_inline u64 pk_tsc_read(void)
{
	unsigned long low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high));
	return (high << 34) + low * 4;
}

/* The next anchor, and what time it is. */
u64 pk_tsc_clock_anchor(struct pk_tsc_clock *c);

/* Upper half of the product. The compiler's 128-bit type would have the stack aligned anew. */
static __always_inline u64 pk_mul_high(u64 a, u64 b)
{
	u64 high;

	asm("mulq %[b]" : "+a"(a), "=d"(high) : [b] "rm"(b) : "cc");
	return high;
}

/* The time, where the anchor is good; else false. */
static __always_inline bool pk_tsc_clock_quick(const struct pk_tsc_clock *c, u64 *ns_ret)
{
	u64 since = pk_tsc_read() - c->anchor;

	if (unlikely(since > c->good_for))
		return false;
	*ns_ret = c->anchor_ns + pk_mul_high(since, c->rate);
	return true;
}

static __always_inline u64 pk_tsc_clock_ns(struct pk_tsc_clock *c)
{
	u64 ns;

	return likely(pk_tsc_clock_quick(c, &ns)) ? ns : pk_tsc_clock_anchor(c);
}

/* Forget the anchor. Context: nobody reads this clock. */
void pk_tsc_clock_init(struct pk_tsc_clock *c);

#endif
