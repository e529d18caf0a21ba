// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Accounts for the tasks that were there before the ledger.
 *
 * In: all ids of the initial pid namespace. Out: an account for each task that has
 * none, in the state in which it is: nothing happened to it since the ledger was
 * attached, or it would have one. A live event that comes first wins, by the
 * bucket's lock; one that comes later finds the account and goes on from there.
 *
 * A task's pi_lock is held meanwhile: it keeps sleepers from being woken, so that
 * their registers can be looked at, and who dies from announcing it, so that no
 * account is made for a task that has had its last switch.
 */
#include <linux/idr.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include "ledger_state.h"
#include "cause_task.h"

/* Tasks between two chances for others. */
#define PK_WALK_BATCH 64

static u8 pk_walk_state(const struct task_struct *p, unsigned int state)
{
	u8 call = PKPROF_LINE_OTHER;

	if (pk_task_is_running(p))
		return PKPROF_LINE_CPU;
	return pk_task_is_blocked(p) ? pk_cause_of_task(p, state, &call) : PKPROF_LINE_PREEMPTED;
}

static void pk_walk_create(struct task_struct *p, unsigned int state)
{
	struct pk_thread *t = pk_thread_create(p, pk_walk_state(p, state), pk_ledger.from_ns);

	if (!t)
		atomic64_inc(&pk_ledger.nr_overflow);
	else if (t->account.state == PKPROF_LINE_PREEMPTED && pk_task_is_throttled(p))
		t->account.flags |= PK_ACCOUNT_THROTTLED;
}

static void pk_walk_visit(struct task_struct *p)
{
	unsigned int state;
	unsigned long flags;

	raw_spin_lock_irqsave(&p->pi_lock, flags);
	state = pk_task_state(p);
	/* a newborn is met when it wakes */
	if (!(state & (TASK_DEAD | TASK_NEW)) && !pk_thread_find(p))
		pk_walk_create(p, state);
	raw_spin_unlock_irqrestore(&p->pi_lock, flags);
}

void pk_ledger_walk(void)
{
	struct task_struct *p;
	struct pid *pid;
	int nr = 1, seen = 0;

	rcu_read_lock();
	while ((pid = idr_get_next(&init_pid_ns.idr, &nr))) {
		p = pid_task(pid, PIDTYPE_PID);
		if (p)
			pk_walk_visit(p);
		nr++;
		if (++seen % PK_WALK_BATCH)
			continue;
		rcu_read_unlock();
		cond_resched();
		rcu_read_lock();
	}
	rcu_read_unlock();
}
