// SPDX-License-Identifier: GPL-2.0-or-later
/* "sched: Change task_struct::state", 5.14. */
#include <linux/sched.h>

unsigned int pk_probe(struct task_struct *p);
unsigned int pk_probe(struct task_struct *p)
{
	return READ_ONCE(p->__state);
}
