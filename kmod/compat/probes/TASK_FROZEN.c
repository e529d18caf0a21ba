// SPDX-License-Identifier: GPL-2.0-or-later
/* "freezer,sched: Rewrite core freezer logic", 6.1. */
#include <linux/sched.h>

unsigned int pk_probe(void);
unsigned int pk_probe(void)
{
	return TASK_FROZEN;
}
