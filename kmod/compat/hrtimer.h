/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * High resolution timers. hrtimer_setup() came with 6.13, and 6.15 took
 * hrtimer_init() and assignments to ->function away.
 */
#ifndef PK_COMPAT_HRTIMER_H
#define PK_COMPAT_HRTIMER_H

#include <linux/hrtimer.h>
#include "config.h"

#if !HAVE_HRTIMER_SETUP
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *),
				 clockid_t clock_id, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock_id, mode);
	timer->function = function;
}
#endif

#endif
