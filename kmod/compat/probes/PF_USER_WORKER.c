// SPDX-License-Identifier: GPL-2.0-or-later
/* "fork: Add kernel_clone_args flag to not dup/clone files", 6.4: threads that users' calls made. */
#include <linux/sched.h>

unsigned int pk_probe(void);
unsigned int pk_probe(void)
{
	return PF_USER_WORKER;
}
