// SPDX-License-Identifier: GPL-2.0-or-later
/* "sched/fair: Task based throttle", 6.18. */
#include <linux/sched.h>

int pk_probe(const struct task_struct *p);
int pk_probe(const struct task_struct *p)
{
	return p->throttled;
}
