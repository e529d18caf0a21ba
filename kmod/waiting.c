// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Those who still wait when a session ends: a thread that never wakes is seen, too.
 *
 * In: all threads, by number. Out: a PKPROF_REC_WAIT with flag OPEN for each that
 * is off its CPU since before the end, if an instant lies in its wait.
 *
 * One worker on each CPU takes threads from a common cursor, a few at a time, and
 * writes them to its own CPU's ring, so that rings fill evenly. With a thread's
 * pi_lock held its kernel stack and its user registers are read; its user stack
 * afterwards, through its address space, which a kernel thread may borrow. As
 * everywhere, memory that is not there ends the stack: a fault may wait for a lock
 * that somebody holds forever, and STOP must not.
 */
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/idr.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <asm/ptrace.h>
#include <asm/unwind.h>

#include "ledger.h"
#include "offcpu.h"
#include "session.h"
#include "stack_sched.h"
#include "waiting.h"

#define PK_WALK_NS		1000000000ULL	/* for all of it, once it has begun */
#define PK_READER_NS		50000000ULL	/* a reader that takes nothing for so long */
#define PK_BATCH		32
#define PK_SWITCH_SPINS		100000		/* longer than any switch takes */
#define PK_SPINS_A_LOOK		64

struct pk_walker {
	struct work_struct work;
	struct pk_waiting *waiting;
	struct pk_ring *ring;
	struct mm_struct *mm;		/* borrowed, or NULL */
	bool reader_sleeps;		/* waiting for room is no use */
	struct task_struct *batch[PK_BATCH];
	struct pk_sample_scratch scratch;
};

struct pk_waiting {
	const struct pk_waits *waits;
	u64 deadline_ns;
	struct mutex cursor_lock;
	int cursor;			/* next thread ID, initial pid namespace */
	struct pk_walker walkers[];	/* nr_cpu_ids */
};

/* --- whom --- */

/* The next threads, with references. Return: how many, 0: no more. */
static unsigned int pk_walker_fill(struct pk_walker *w)
{
	struct pk_waiting *waiting = w->waiting;
	const struct pk_filter *filter = &waiting->waits->session->filter;
	struct task_struct *task;
	unsigned int nr = 0;
	struct pid *pid;

	mutex_lock(&waiting->cursor_lock);
	rcu_read_lock();
	while (nr < PK_BATCH) {
		pid = idr_get_next(&init_pid_ns.idr, &waiting->cursor);
		if (!pid)
			break;
		waiting->cursor++;
		task = pid_task(pid, PIDTYPE_PID);
		if (task && pk_filter_match(filter, task->tgid))
			w->batch[nr++] = get_task_struct(task);
	}
	rcu_read_unlock();
	mutex_unlock(&waiting->cursor_lock);
	return nr;
}

/* --- stacks --- */

/* The switch away from a blocked task may not be over yet. Its pi_lock is held. */
static bool pk_waiter_is_off(struct task_struct *task)
{
	struct pk_wait_over over;
	unsigned int spin;

	for (spin = 0; spin < PK_SWITCH_SPINS && task_on_another_cpu(task); spin++) {
		/* one that waited for a CPU has got it, and keeps it as long as it likes */
		if (spin % PK_SPINS_A_LOOK == PK_SPINS_A_LOOK - 1 &&
		    !pk_ledger_wait_of(task, &over))
			return false;
		cpu_relax();
	}
	/* its stack was written before */
	smp_rmb();
	return spin < PK_SWITCH_SPINS;
}

/* Its wait up to the session's end, as the ledger has it. Return: whether an instant is in it. */
static bool pk_waiter_weigh(const struct pk_waits *waits, struct task_struct *task,
			    struct pk_wait *w)
{
	struct pk_wait_over over;

	if (!pk_ledger_wait_of(task, &over))
		return false;
	w->since_ns = over.since_ns;
	w->woken_ns = over.woken_ns;
	w->line = over.line;
	w->runq_line = over.runq_line;
	return pk_wait_weigh(waits, w) && pk_waiter_is_off(task);
}

/*
 * All that needs the task to stay where it is. A blocked one does, as waking it takes
 * its lock. One that waits for a CPU may get it at any time; what was read by then is
 * nonsense, but no worse, as it cannot die without that lock, and its switch has told
 * of its wait. @user gets its user registers. Return: whether it is ours to tell of.
 */
static bool pk_waiter_read(struct pk_walker *walker, struct task_struct *task,
			   struct pk_wait *w, struct pt_regs *user)
{
	const struct pk_waits *waits = walker->waiting->waits;
	struct pk_wait_over again;
	struct pk_resume resume;
	unsigned long flags;
	bool take;

	raw_spin_lock_irqsave(&task->pi_lock, flags);
	take = pk_waiter_weigh(waits, task, w);
	if (take) {
		pk_stack_resume_of(task, &resume);
		pk_stack_capture_waiter(&walker->scratch.kernel, task, &resume,
					waits->session->cfg.kernel_depth);
		w->flags |= pk_wait_flags(task);
		*user = *task_pt_regs(task);
		take = pk_ledger_wait_of(task, &again) && again.since_ns == w->since_ns &&
		       pk_wait_claim(waits, w);
	}
	raw_spin_unlock_irqrestore(&task->pi_lock, flags);
	return take;
}

static void pk_walker_return_mm(struct pk_walker *walker)
{
	if (!walker->mm)
		return;
	kthread_unuse_mm(walker->mm);
	mmput_async(walker->mm);	/* the last one's work is not ours */
	walker->mm = NULL;
}

/* Threads of a process come one after the other. Return: whether there is any memory. */
static bool pk_walker_borrow_mm(struct pk_walker *walker, struct task_struct *task)
{
	struct mm_struct *mm = get_task_mm(task);

	if (!mm)
		return false;
	if (mm == walker->mm) {
		mmput_async(mm);
		return true;
	}
	pk_walker_return_mm(walker);
	kthread_use_mm(mm);
	walker->mm = mm;
	return true;
}

static void pk_waiter_read_user(struct pk_walker *walker, struct task_struct *task, u8 flags,
				struct pt_regs *user)
{
	struct pk_session *s = walker->waiting->waits->session;
	bool has_user = !(flags & (PKPROF_WAIT_KTHREAD | PKPROF_WAIT_NO_MM)) &&
			user_mode(user) && pk_walker_borrow_mm(walker, task);
	unsigned long irqs;

	walker->scratch.user.nr = 0;
	walker->scratch.user.end = PKPROF_END_ROOT;
	local_irq_save(irqs);
	if (pk_session_claim_stacks(s)) {
		pk_stack_walk_user(s, &walker->scratch.user, task, has_user ? user : NULL,
				   s->cfg.user_depth);
		pk_session_release_stacks(s);
	}
	local_irq_restore(irqs);
}

/* --- writing --- */

/* Let a reader that reads make room, for a while. */
static void pk_walker_wait_for_room(struct pk_walker *walker)
{
	u64 tail = READ_ONCE(walker->ring->reader->tail);
	u64 moved_ns = pk_clock_ns(), now_ns = moved_ns;

	while (!walker->reader_sleeps && now_ns < walker->waiting->deadline_ns &&
	       pk_ring_unread(walker->ring) > walker->ring->data_bytes / 4 * 3) {
		usleep_range(500, 1000);
		now_ns = pk_clock_ns();
		if (READ_ONCE(walker->ring->reader->tail) != tail) {
			tail = READ_ONCE(walker->ring->reader->tail);
			moved_ns = now_ns;
		} else if (now_ns - moved_ns > PK_READER_NS) {
			walker->reader_sleeps = true;
		}
	}
}

static void pk_walker_lose(struct pk_walker *walker)
{
	preempt_disable();
	pk_emit_lost(walker->waiting->waits->session, PKPROF_SRC_OFFCPU, PKPROF_LOSS_OVERRUN, 1);
	preempt_enable();
}

static void pk_walker_visit(struct pk_walker *walker, struct task_struct *task)
{
	struct pk_waiting *waiting = walker->waiting;
	struct pk_session *s = waiting->waits->session;
	struct pk_wait w = {
		.tid = task->pid,
		.tgid = task->tgid,
		.now_ns = waiting->waits->end_ns,
	};
	struct pt_regs user;

	if (!pk_waiter_read(walker, task, &w, &user))
		return;
	if (pk_clock_ns() > waiting->deadline_ns) {
		pk_walker_lose(walker);
		return;
	}
	pk_waiter_read_user(walker, task, w.flags, &user);
	pk_walker_wait_for_room(walker);
	local_irq_disable();
	pk_wait_write(s, &w, &walker->scratch);
	local_irq_enable();
}

static void pk_walker_run(struct work_struct *work)
{
	struct pk_walker *walker = container_of(work, struct pk_walker, work);
	unsigned int i, nr;

	walker->ring = &walker->waiting->waits->session->cpu[raw_smp_processor_id()]->ring;
	while ((nr = pk_walker_fill(walker)) > 0) {
		for (i = 0; i < nr; i++) {
			pk_walker_visit(walker, walker->batch[i]);
			put_task_struct(walker->batch[i]);
			cond_resched();
		}
	}
	pk_walker_return_mm(walker);
}

struct pk_waiting *pk_waiting_create(const struct pk_waits *waits)
{
	struct pk_waiting *waiting;
	unsigned int cpu;

	waiting = kvzalloc(struct_size(waiting, walkers, nr_cpu_ids), GFP_KERNEL);
	if (!waiting)
		return NULL;
	waiting->waits = waits;
	mutex_init(&waiting->cursor_lock);
	for (cpu = 0; cpu < nr_cpu_ids; cpu++) {
		waiting->walkers[cpu].waiting = waiting;
		INIT_WORK(&waiting->walkers[cpu].work, pk_walker_run);
	}
	return waiting;
}

void pk_waiting_destroy(struct pk_waiting *waiting)
{
	kvfree(waiting);
}

void pk_waiting_walk(struct pk_waiting *waiting)
{
	unsigned int cpu;

	waiting->deadline_ns = pk_clock_ns() + PK_WALK_NS;
	waiting->cursor = 1;
	cpus_read_lock();
	for_each_online_cpu(cpu)
		queue_work_on(cpu, system_highpri_wq, &waiting->walkers[cpu].work);
	for_each_online_cpu(cpu)
		flush_work(&waiting->walkers[cpu].work);
	cpus_read_unlock();
}
