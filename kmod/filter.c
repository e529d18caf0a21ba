// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The set of recorded processes; see filter.h.
 */
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/threads.h>
#include "filter.h"

/* Also a thread's id will do: it stands for its process. */
static int pk_filter_add(struct pk_filter *f, u32 nr)
{
	struct task_struct *task;
	int err = -ESRCH;

	rcu_read_lock();
	task = pid_task(find_vpid(nr), PIDTYPE_PID);
	if (task && pid_alive(task)) {
		set_bit(task_tgid_nr(task), f->tgids);
		err = 0;
	}
	rcu_read_unlock();
	return err;
}

int pk_filter_init(struct pk_filter *f, const u32 *pids, unsigned int nr, u32 *gone_ret)
{
	unsigned int i;
	int err;

	f->tgids = NULL;
	if (!nr)
		return 0;
	f->tgids = kvzalloc(BITS_TO_LONGS(PID_MAX_LIMIT) * sizeof(long), GFP_KERNEL);
	if (!f->tgids)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		err = pk_filter_add(f, pids[i]);
		if (err) {
			*gone_ret = pids[i];
			pk_filter_deinit(f);
			return err;
		}
	}
	return 0;
}

static bool pk_filter_add_children(struct pk_filter *f)
{
	struct task_struct *p;
	bool grew = false;

	rcu_read_lock();
	for_each_process(p) {
		u32 parent = task_tgid_nr(rcu_dereference(p->real_parent));

		if (!test_bit(parent, f->tgids) || !pid_alive(p) ||
		    test_and_set_bit(task_tgid_nr(p), f->tgids))
			continue;
		/* its exit was looked at by then, and not told */
		if (!atomic_read(&p->signal->live))
			clear_bit(task_tgid_nr(p), f->tgids);
		else
			grew = true;
	}
	rcu_read_unlock();
	return grew;
}

/*
 * Parents come before their children in the list of processes, unless the
 * parent of an orphan is a younger reaper: then it takes another round. A
 * process that forks itself away faster than we walk is fork()'s own business,
 * since pk_filter_fork() sees it.
 */
void pk_filter_add_descendants(struct pk_filter *f)
{
	unsigned int rounds = 16;

	if (!f->tgids)
		return;
	while (rounds-- && pk_filter_add_children(f))
		cond_resched();
}

void pk_filter_deinit(struct pk_filter *f)
{
	kvfree(f->tgids);
	f->tgids = NULL;
}
