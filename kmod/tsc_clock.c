// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A clock by the time stamp counter; see tsc_clock.h.
 */
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <asm/tsc.h>
#include "compat/clock.h"
#include "tsc_clock.h"

#define PK_ANCHOR_MS	   10
#define PK_MIN_RATE_NS	   (5 * 1000 * 1000)	/* shorter stretches tell no rate */
#define PK_MAX_RATE_NS	   (1000 * 1000 * 1000)	/* longer ones do not fit */
#define PK_ANCHOR_ATTEMPTS 3
#define PK_MIN_TSC_KHZ	   500000		/* a rate of less than 2 ns per count fits twice over */

void pk_tsc_clock_init(struct pk_tsc_clock *c)
{
	memset(c, 0, sizeof(*c));
}

/* Both clocks at one instant: the pair of counter readings that is closest together. */
static u64 pk_tsc_pair(u64 *ns_ret)
{
	u64 best = U64_MAX, mid = 0;
	unsigned int i;

	for (i = 0; i < PK_ANCHOR_ATTEMPTS; i++) {
		u64 before = pk_tsc_read(), ns = pk_clock_ns(), took = pk_tsc_read() - before;

		if (took >= best)
			continue;
		best = took;
		mid = before + took / 2;
		*ns_ret = ns;
	}
	return mid;
}

/* Where the last anchor would have led to, at most: nobody was told a later time. */
static u64 pk_tsc_clock_told(const struct pk_tsc_clock *c, u64 now)
{
	u64 since = min(now - c->anchor, c->good_for);

	return c->anchor_ns + pk_mul_high(since, c->rate);
}

u64 pk_tsc_clock_anchor(struct pk_tsc_clock *c)
{
	u64 now, true_ns, told, counts, ns;

	if (unlikely(check_tsc_unstable() || tsc_khz < PK_MIN_TSC_KHZ)) {
		c->good_for = 0;
		c->anchor_ns = max(pk_clock_ns(), c->anchor_ns);
		return c->anchor_ns;
	}
	now = pk_tsc_pair(&true_ns);
	counts = now - c->anchor;
	ns = true_ns - c->true_ns;
	told = pk_tsc_clock_told(c, now);
	if (!c->good_for)
		c->rate = div64_u64(1000000ULL << 32, tsc_khz) << 30;
	else if (ns >= PK_MIN_RATE_NS && ns <= PK_MAX_RATE_NS && counts > ns)
		c->rate = div64_u64(ns << 34, counts) << 30;
	c->good_for = 4ULL * PK_ANCHOR_MS * tsc_khz;
	c->anchor = now;
	c->true_ns = true_ns;
	c->anchor_ns = max(true_ns, told);
	return c->anchor_ns;
}
