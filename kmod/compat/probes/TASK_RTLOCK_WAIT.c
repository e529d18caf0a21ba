// SPDX-License-Identifier: GPL-2.0-or-later
/* "sched/wakeup: Introduce the TASK_RTLOCK_WAIT state bit", 5.15. */
#include <linux/sched.h>

unsigned int pk_probe(void);
unsigned int pk_probe(void)
{
	return TASK_RTLOCK_WAIT;
}
