// SPDX-License-Identifier: GPL-2.0-or-later
/* "sched/fair: Prepare exit/cleanup paths for delayed_dequeue", 6.12. */
#include <linux/sched.h>

int pk_probe(const struct task_struct *p);
int pk_probe(const struct task_struct *p)
{
	return p->se.sched_delayed;
}
