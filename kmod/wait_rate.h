/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How often something happens on one CPU, against a cap.
 *
 * In: the time of each event. Out: whether the cap is passed, and whether the rate
 * is at all near it. Each event books 1/cap s on a schedule; a schedule that has
 * run ahead of the clock means that more came than the cap allows. What was not
 * used is kept for PK_RATE_BURST_NS, so that a burst is no reason to act.
 *
 * Pure; one CPU's data, no lock. Compiles in the unit tests.
 */
#ifndef PK_WAIT_RATE_H
#define PK_WAIT_RATE_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include "kernel_shim.h"	/* tests/unit */
#endif

#define PK_RATE_BURST_NS	500000000ULL	/* unused room that is kept */
#define PK_RATE_GRACE_NS	62500000ULL	/* room after a breach, for the remedy to work */
#define PK_RATE_NEAR		4		/* near: above 1/4 of the cap */

/* Schedules, ns; both start at 0. */
struct pk_rate {
	u64 cap_ns;
	u64 near_ns;
};

enum pk_rate_verdict {
	PK_RATE_FAR,		/* far below the cap, or too early to tell */
	PK_RATE_NEARLY,		/* lowering P would soon pass it */
	PK_RATE_PASSED,		/* act; asked again after PK_RATE_GRACE_NS' worth of events */
};

/* Book @step_ns; true if the schedule got ahead of the clock, then it is set back. */
static inline bool pk_rate_book(u64 *schedule_ns, u64 step_ns, u64 now_ns, u64 room_ns)
{
	u64 oldest = now_ns > PK_RATE_BURST_NS ? now_ns - PK_RATE_BURST_NS : 0;

	if (*schedule_ns < oldest)
		*schedule_ns = oldest;
	*schedule_ns += step_ns;
	if (*schedule_ns <= now_ns)
		return false;
	*schedule_ns = now_ns > room_ns ? now_ns - room_ns : 0;
	return true;
}

/* One event at @now_ns; @cap: events per second, not 0. */
static inline enum pk_rate_verdict pk_rate_count(struct pk_rate *r, u32 cap, u64 now_ns)
{
	u64 step = 1000000000ULL / cap;
	bool near = pk_rate_book(&r->near_ns, step * PK_RATE_NEAR, now_ns, PK_RATE_BURST_NS);

	if (pk_rate_book(&r->cap_ns, step, now_ns, PK_RATE_GRACE_NS))
		return PK_RATE_PASSED;
	return near ? PK_RATE_NEARLY : PK_RATE_FAR;
}

#endif
