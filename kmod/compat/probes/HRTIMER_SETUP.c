// SPDX-License-Identifier: GPL-2.0-or-later
/* "hrtimers: Introduce hrtimer_setup() to replace hrtimer_init()", 6.13. */
#include <linux/hrtimer.h>

void pk_probe(struct hrtimer *timer, enum hrtimer_restart (*fn)(struct hrtimer *));
void pk_probe(struct hrtimer *timer, enum hrtimer_restart (*fn)(struct hrtimer *))
{
	hrtimer_setup(timer, fn, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_PINNED_HARD);
}
