/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting for tasks to get out of code that nothing counts. synchronize_rcu_tasks()
 * is exported since 5.18; where it is not, and the kernel is not preemptible,
 * synchronize_rcu() does the same.
 */
#ifndef PK_COMPAT_RCU_H
#define PK_COMPAT_RCU_H

#include <linux/rcupdate.h>
#include "config.h"

/*
 * Returns when each task that was executing a run of instructions without a
 * voluntary switch in it has left that run. A callback that has dropped the last
 * reference to the module still has to return from it: those few instructions
 * do not block, so a task is out of them once it has blocked, been in user mode
 * or idle, which is what RCU-tasks waits for. Without kernel preemption a task
 * cannot be switched away from them either, and a pass of all CPUs through the
 * scheduler, which is what RCU waits for, is enough. May sleep.
 */
static inline void pk_synchronize_tails(void)
{
#if HAVE_EXPORT_synchronize_rcu_tasks || !defined(CONFIG_TASKS_RCU)
	/* without RCU-tasks the kernel defines this as synchronize_rcu() */
	synchronize_rcu_tasks();
#elif defined(CONFIG_PREEMPTION)
#error "pkprof cannot be unloaded safely from a preemptible kernel without synchronize_rcu_tasks"
#else
	synchronize_rcu();
#endif
}

#endif
