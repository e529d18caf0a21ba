/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a task is doing, for kernels before they named it so: __state (5.14),
 * TASK_RTLOCK_WAIT (5.15), TASK_FROZEN (6.1; a frozen task was uninterruptible, with a
 * flag), PF_USER_WORKER (6.4), delayed dequeue (6.12: a task that went to sleep may
 * stay on the run queue until its turn), throttling of tasks (6.18).
 */
#ifndef PK_COMPAT_TASK_H
#define PK_COMPAT_TASK_H

#include <linux/sched.h>
#include "compat/config.h"

#if !HAVE_TASK_RTLOCK_WAIT
#define TASK_RTLOCK_WAIT 0
#endif

#if !HAVE_PF_USER_WORKER
#define PF_USER_WORKER 0
#endif

/* All bits of the state of a task in an interruptible sleep. */
#if HAVE_TASK_FROZEN
#define PK_STATES_INTERRUPTIBLE (TASK_INTERRUPTIBLE | TASK_FREEZABLE_UNSAFE)
#else
#define PK_STATES_INTERRUPTIBLE TASK_INTERRUPTIBLE
#endif

static inline unsigned int pk_task_state(const struct task_struct *p)
{
#if HAVE_TASK___STATE
	return READ_ONCE(p->__state);
#else
	return READ_ONCE(p->state);
#endif
}

/* @state: of a task that is blocked */
static inline bool pk_task_is_frozen(const struct task_struct *p, unsigned int state)
{
#if HAVE_TASK_FROZEN
	return state & TASK_FROZEN;
#else
	return p->flags & PF_FROZEN;
#endif
}

/* Whether it left the run queue, as the scheduler's users see it. */
static __always_inline bool pk_task_is_blocked(const struct task_struct *p)
{
#if HAVE_SCHED_DELAYED
	return !p->on_rq || p->se.sched_delayed;
#else
	return !p->on_rq;
#endif
}

/* It was taken off the CPU because its cgroup's quota is up; before 6.18 its whole queue was. */
static __always_inline bool pk_task_is_throttled(const struct task_struct *p)
{
#if HAVE_TASK_THROTTLED
	return p->throttled;
#else
	return true;
#endif
}

#endif
