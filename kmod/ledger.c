// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The wait ledger: what the scheduler does becomes transitions of accounts.
 *
 * In: sched_switch, sched_wakeup, sched_wakeup_new. Out: accounts, distributions,
 * records of the dead and the late. The probes run under the run queue's lock of
 * the task they are about (a task that wakes itself excepted: it runs, so there
 * is nothing to book), with irqs off; so an account has one writer at a time.
 *
 * A task is blocked if it left the run queue, not if its state says so: a task
 * with a state may be preempted on its way to sleep, and stays runnable. A
 * wake-up of a task that is not asleep is none.
 *
 * A task that has no account is met for the first time: since the ledger was
 * attached nothing happened to it, so it was all the time in the state in which it is
 * met. That fails only for those for whom there was no room before: what they
 * did is LOST.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/netlink.h>
#include <linux/smp.h>
#include "books.h"
#include "compat/tracepoint.h"
#include "ledger.h"
#include "ledger_state.h"
#include "offcpu.h"
#include "session.h"
#include "tracepoint.h"
#include "cause_task.h"

/* A wait on the run queue is told as late from here on. */
#define PK_LATE_MIN_NS 1000000ULL

DEFINE_STATIC_KEY_FALSE(pk_ledger_live);
DEFINE_PER_CPU(struct pk_ledger_cpu, pk_ledger_cpus);
struct pk_ledger pk_ledger;

static enum cpuhp_state pk_ledger_hotplug;

static __always_inline void pk_ledger_cpu_write_begin(struct pk_ledger_cpu *c)
{
	WRITE_ONCE(c->seq, c->seq + 1);
	smp_wmb();
}

static __always_inline void pk_ledger_cpu_write_end(struct pk_ledger_cpu *c)
{
	smp_wmb();
	WRITE_ONCE(c->seq, c->seq + 1);
}

/* --- tasks without an account --- */

/* @state: in which it was until now, if nothing was missed. NULL: there is no room. */
static noinline struct pk_thread *pk_ledger_meet(struct task_struct *p, u8 state, u64 now_ns)
{
	u64 from_ns = max_t(u64, p->start_time, pk_ledger.from_ns);
	struct pk_thread *t = pk_thread_create(p, state, from_ns);

	if (t && unlikely(atomic64_read(&pk_ledger.nr_overflow)))
		pk_account_lose(&t->account, now_ns);
	return t;
}

/* --- switches --- */

static __always_inline void pk_hist_count(struct pk_ledger_cpu *c, struct pk_thread *t,
					  enum pkprof_hist_what what, u64 ns, u64 *max_ns)
{
	unsigned int bucket = pk_hist_bucket(ns);
	struct pk_hist *ours = &t->hists->of[what];

	c->hists[what].nr[bucket]++;
	if (unlikely(ns > c->hists[what].max_ns))
		c->hists[what].max_ns = ns;
	/* threads of one process run on several CPUs at once */
	asm volatile(LOCK_PREFIX "incl %0" : "+m"(ours->nr[bucket]));
	asm volatile(LOCK_PREFIX "addq %1, %0" : "+m"(ours->sum_ns) : "r"(ns));
	t->account.coarse[what][pk_hist_coarse[bucket]]++;
	if (unlikely(ns > *max_ns)) {
		*max_ns = ns;
		/* of two at once one may be forgotten until it is surpassed */
		if (ns > READ_ONCE(ours->max_ns))
			WRITE_ONCE(ours->max_ns, ns);
	}
}

static __always_inline void pk_ledger_off(struct pk_ledger_cpu *c, struct pk_thread *t, u8 line,
					  u64 now_ns)
{
	u64 ran_ns = pk_account_off(&t->account, line, now_ns);

	t->off_ns = now_ns;
	t->hists->changed_ns = now_ns;
	pk_hist_count(c, t, PKPROF_HIST_SLICE, ran_ns, &t->account.max_slice_ns);
}

/* A blocked task whose cause takes a closer look, or that is dead. */
static noinline void pk_ledger_off_odd(struct pk_ledger_cpu *c, struct pk_thread *t,
				       struct task_struct *p, unsigned int state, u64 now_ns)
{
	u8 line;

	if (unlikely(state & TASK_DEAD)) {
		pk_ledger_off(c, t, PKPROF_LINE_KLOCK, now_ns);
		pk_thread_bury(t, p, now_ns);
		return;
	}
	line = pk_cause_of_task(p, state, &t->account.call);
	pk_ledger_off(c, t, line, now_ns);
}

/* Someone without an account was running. Return: the one it has now, or NULL. */
static noinline struct pk_thread *pk_ledger_meet_running(struct pk_ledger_cpu *c,
							 struct task_struct *p, u64 now_ns)
{
	struct pk_thread *t = pk_thread_find(p);

	if (!t)
		t = pk_ledger_meet(p, PKPROF_LINE_CPU, now_ns);
	if (!t) {
		c->overflow_ns += now_ns - c->since_ns;
		c->hists[PKPROF_HIST_SLICE].nr[pk_hist_bucket(now_ns - c->since_ns)]++;
	}
	return t;
}

static __always_inline void pk_ledger_out(struct pk_ledger_cpu *c, struct task_struct *p,
					  unsigned int state, u64 now_ns)
{
	struct pk_thread *t = c->running;

	if (unlikely(!t || t->task != p)) {
		t = pk_ledger_meet_running(c, p, now_ns);
		if (!t)
			return;
	}
	if (pk_task_is_blocked(p))
		pk_ledger_off_odd(c, t, p, state, now_ns);
	else
		pk_ledger_off(c, t, PKPROF_LINE_PREEMPTED, now_ns);
}

/* An instant of source offcpu may lie in what is over now. */
static __always_inline void pk_ledger_wait(const struct pk_thread *t, u64 now_ns,
					   struct pk_wait_over *ret)
{
	const struct pk_account *a = &t->account;
	bool blocked = pk_line_is_blocked(a->state);

	ret->since_ns = t->off_ns;
	ret->woken_ns = blocked ? a->woken_ns : t->off_ns;
	ret->now_ns = now_ns;
	ret->line = a->state;
	ret->runq_line = blocked ? PKPROF_LINE_WAKEUP : a->state;
}

static noinline void pk_ledger_tell_offcpu(const struct pk_thread *t, struct task_struct *p,
					   u64 now_ns)
{
	struct pk_wait_over w;

	if (t->account.state == PKPROF_LINE_CPU)
		return;
	pk_ledger_wait(t, now_ns, &w);
	if (!w.woken_ns)	/* nobody told */
		w.woken_ns = now_ns;
	pk_offcpu_over(p, &w);
}

/* A long wait on the run queue, for which somebody may want to see who ran instead. */
static noinline void pk_ledger_tell_late(struct pk_ledger_cpu *c, const struct task_struct *prev,
					 const struct task_struct *next, u8 line, u64 ran_ns,
					 u64 waited_ns, u64 now_ns)
{
	struct pk_session *s = READ_ONCE(pk_ledger.session);

	if (s)
		pk_tell_late(c, s, prev, next, line, now_ns - waited_ns, ran_ns, now_ns);
}

static __always_inline void pk_ledger_in(struct pk_ledger_cpu *c, struct task_struct *prev,
					 struct task_struct *p, u64 ran_ns, u64 now_ns)
{
	struct pk_thread *t = pk_thread_find(p);
	u64 waited_ns;
	u8 runq_line;

	if (unlikely(!t))
		t = pk_ledger_meet(p, PKPROF_LINE_PREEMPTED, now_ns);
	c->running = t;
	if (unlikely(!t))
		return;
	if (static_branch_unlikely(&pk_offcpu_key) && !pk_offcpu_none(t->off_ns, now_ns))
		pk_ledger_tell_offcpu(t, p, now_ns);
	runq_line = t->account.state == PKPROF_LINE_PREEMPTED ? PKPROF_LINE_PREEMPTED :
								 PKPROF_LINE_WAKEUP;
	waited_ns = pk_account_on(&t->account, 0, now_ns);
	pk_hist_count(c, t, PKPROF_HIST_RUNQ, waited_ns, &t->account.max_runq_ns);
	c->hists[PKPROF_HIST_RUNQ].sum_ns += waited_ns;
	if (unlikely(waited_ns >= c->late_ns))
		pk_ledger_tell_late(c, prev, p, runq_line, ran_ns, waited_ns, now_ns);
}

static __always_inline void pk_ledger_switch(void *data, struct task_struct *prev,
					     struct task_struct *next, unsigned int state)
{
	struct pk_ledger_cpu *c;
	u64 now_ns, ran_ns;

	if (!static_branch_likely(&pk_ledger_live))
		return;
	c = this_cpu_ptr(&pk_ledger_cpus);
	now_ns = pk_tsc_clock_ns(&c->clock);
	ran_ns = now_ns - c->since_ns;
	pk_ledger_cpu_write_begin(c);
	if (likely(prev->pid))
		pk_ledger_out(c, prev, state, now_ns);
	else
		c->idle_ns += ran_ns;
	c->since_ns = now_ns;
	if (likely(next->pid)) {
		c->state = PK_CPU_BUSY;
		pk_ledger_in(c, prev, next, ran_ns, now_ns);
	} else {
		c->state = PK_CPU_IDLE;
		c->running = NULL;
	}
	pk_ledger_cpu_write_end(c);
}

PK_PROBE_SCHED_SWITCH_STATE(pk_ledger_switch_probe, pk_ledger_switch)

/* --- wake-ups --- */

/* A sleeper whom nobody has met; who wakes itself is running, and is met when it stops. */
static noinline void pk_ledger_meet_sleeper(struct task_struct *p, u64 now_ns)
{
	u8 call = PKPROF_LINE_OTHER;
	struct pk_thread *t;

	if (p == current)
		return;
	t = pk_ledger_meet(p, pk_cause_of_task(p, pk_task_state(p), &call), now_ns);
	if (t && pk_account_is_asleep(&t->account))
		pk_account_wake(&t->account, now_ns);
}

static void pk_ledger_wakeup(void *data, struct task_struct *p)
{
	struct pk_ledger_cpu *c;
	struct pk_thread *t;

	if (!static_branch_likely(&pk_ledger_live))
		return;
	t = pk_thread_find(p);
	c = this_cpu_ptr(&pk_ledger_cpus);
	if (unlikely(!t))
		pk_ledger_meet_sleeper(p, pk_clock_ns());
	else if (likely(pk_account_is_asleep(&t->account)))
		pk_account_wake(&t->account, pk_tsc_clock_ns(&c->clock));
}

/* A new task, not yet awake: fork returned it, and it is put on a run queue. */
static void pk_ledger_wakeup_new(void *data, struct task_struct *p)
{
	if (!static_branch_likely(&pk_ledger_live))
		return;
	if (!pk_thread_create(p, PKPROF_LINE_WAKEUP,
			      pk_tsc_clock_ns(&this_cpu_ptr(&pk_ledger_cpus)->clock)))
		atomic64_inc(&pk_ledger.nr_overflow);
}

PK_PROBE_CHECK(sched_wakeup, pk_ledger_wakeup)
PK_PROBE_CHECK(sched_wakeup_new, pk_ledger_wakeup_new)

static struct pk_tracepoint pk_ledger_tracepoints[] = {
	{ .name = "sched_switch", .probe = pk_ledger_switch_probe },
	{ .name = "sched_wakeup", .probe = pk_ledger_wakeup },
	{ .name = "sched_wakeup_new", .probe = pk_ledger_wakeup_new },
};

/* --- CPUs --- */

/* On each CPU that is online, irqs off. */
static void pk_ledger_cpu_begin(void *unused)
{
	struct pk_ledger_cpu *c = this_cpu_ptr(&pk_ledger_cpus);

	c->since_ns = max(pk_tsc_clock_ns(&c->clock), pk_ledger.from_ns);
	c->idle_ns = 0;
	c->state = is_idle_task(current) ? PK_CPU_IDLE : PK_CPU_BUSY;
}

/* On another CPU, when @cpu is dead. What it did last was idling. */
static int pk_ledger_cpu_dead(unsigned int cpu)
{
	struct pk_ledger_cpu *c = per_cpu_ptr(&pk_ledger_cpus, cpu);
	u64 now_ns = max(pk_clock_ns(), c->since_ns);

	pk_ledger_cpu_write_begin(c);
	c->idle_ns += now_ns - c->since_ns;
	c->since_ns = now_ns;
	c->running = NULL;
	c->state = PK_CPU_OFFLINE;
	pk_ledger_cpu_write_end(c);
	return 0;
}

/* On another CPU, before @cpu is there: it comes with its idle task. */
static int pk_ledger_cpu_prepare(unsigned int cpu)
{
	struct pk_ledger_cpu *c = per_cpu_ptr(&pk_ledger_cpus, cpu);
	u64 now_ns = max(pk_clock_ns(), c->since_ns);

	pk_ledger_cpu_write_begin(c);
	c->offline_ns += now_ns - c->since_ns;
	c->since_ns = now_ns;
	pk_tsc_clock_init(&c->clock);
	c->state = PK_CPU_IDLE;
	pk_ledger_cpu_write_end(c);
	return 0;
}

/* From here on, all CPUs. */
static int pk_ledger_cpus_begin(void)
{
	unsigned int cpu;
	int ret;

	cpus_read_lock();
	ret = __cpuhp_setup_state_cpuslocked(CPUHP_BP_PREPARE_DYN, "pkprof:ledger", false,
					     pk_ledger_cpu_prepare, pk_ledger_cpu_dead, false);
	if (ret >= 0) {
		pk_ledger_hotplug = ret;
		pk_ledger.from_ns = pk_clock_ns();
		for_each_possible_cpu(cpu) {
			per_cpu_ptr(&pk_ledger_cpus, cpu)->since_ns = pk_ledger.from_ns;
			per_cpu_ptr(&pk_ledger_cpus, cpu)->state = PK_CPU_OFFLINE;
		}
		on_each_cpu(pk_ledger_cpu_begin, NULL, 1);
	}
	cpus_read_unlock();
	return ret < 0 ? ret : 0;
}

static void pk_ledger_cpus_end(void)
{
	cpuhp_remove_state_nocalls(pk_ledger_hotplug);
}

/* --- life --- */

int pk_ledger_works(void)
{
	return pk_tracepoints_find(pk_ledger_tracepoints, ARRAY_SIZE(pk_ledger_tracepoints));
}

int pk_ledger_get(struct netlink_ext_ack *extack)
{
	int err;

	if (pk_ledger.nr_users) {
		pk_ledger.nr_users++;
		return 0;
	}
	err = pk_ledger_works();
	if (err) {
		NL_SET_ERR_MSG(extack, "this kernel lacks a tracepoint that the ledger needs");
		return -EOPNOTSUPP;
	}
	err = pk_ledger_memory_init();
	if (err) {
		NL_SET_ERR_MSG(extack, "no memory for the ledger; a smaller ledger_mb may help");
		return err;
	}
	err = pk_ledger_cpus_begin();
	if (err)
		goto err_memory;
	err = pk_tracepoints_attach(pk_ledger_tracepoints, ARRAY_SIZE(pk_ledger_tracepoints), NULL);
	if (err)
		goto err_cpus;
	static_branch_enable(&pk_ledger_live);
	pk_ledger_walk();
	pk_ledger.nr_users = 1;
	return 0;

err_cpus:
	pk_ledger_cpus_end();
err_memory:
	pk_ledger_memory_deinit();
	return err;
}

void pk_ledger_put(void)
{
	if (--pk_ledger.nr_users)
		return;
	static_branch_disable(&pk_ledger_live);
	pk_tracepoints_detach(pk_ledger_tracepoints, ARRAY_SIZE(pk_ledger_tracepoints), NULL);
	pk_ledger_cpus_end();
	pk_ledger_memory_deinit();
}

void pk_ledger_set_session(struct pk_session *s)
{
	unsigned int cpu;

	WRITE_ONCE(pk_ledger.session, s);
	for_each_possible_cpu(cpu)
		WRITE_ONCE(per_cpu_ptr(&pk_ledger_cpus, cpu)->late_ns,
			   s ? PK_LATE_MIN_NS : U64_MAX);
	synchronize_rcu();
}

bool pk_ledger_wait_of(struct task_struct *p, struct pk_wait_over *ret)
{
	struct pk_thread *t = pk_thread_find(p);

	if (!t || t->account.state == PKPROF_LINE_CPU)
		return false;
	pk_ledger_wait(t, pk_tsc_clock_ns(&this_cpu_ptr(&pk_ledger_cpus)->clock), ret);
	return true;
}
