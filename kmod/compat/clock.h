/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The module's one clock: CLOCK_MONOTONIC in ns, readable in any context, NMI
 * included. A read that interrupts an update of the clock may be behind by the
 * length of that update's slew, which is less than a microsecond.
 */
#ifndef PK_COMPAT_CLOCK_H
#define PK_COMPAT_CLOCK_H

#include <linux/ktime.h>

static inline u64 pk_clock_ns(void)
{
	return ktime_get_mono_fast_ns();
}

#endif
