// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stacks of waits and of who ended them.
 *
 * In: ended waits from the ledger's switch probe; wakings from the tracepoint
 * sched_waking. Out: a PKPROF_REC_WAIT for each wait that holds an instant, and a
 * PKPROF_REC_WAKE if one lies in it already when it is ended. Both ask the same
 * instants, so a sampled wait's end is sampled, too, and so are all waits that
 * were going on at the same time: chains of them join.
 *
 * The switch probe cannot walk: the user memory of the task that comes is not
 * mapped yet, and others wait for the run queue's lock. It keeps the wait in this
 * CPU's slot and asks for an interrupt, which comes as soon as the scheduler lets
 * it, that is in the new task before it is out of the scheduler.
 *
 * The governor's level of coarseness lowers the cap and raises the least P.
 *
 * Whoever passes the cap doubles P for all; P is lowered again, down to what START
 * said, after PK_QUIET_NS in which no CPU came near the cap.
 *
 * All of a CPU's state belongs to that CPU with irqs off.
 */
#include <linux/bitmap.h>
#include <linux/cpu.h>
#include <linux/irq_work.h>
#include <linux/log2.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/threads.h>
#include <linux/vmalloc.h>
#include <asm/irq_work.h>

#include "calibrate.h"
#include "compat/irq_work.h"
#include "compat/preempt.h"
#include "compat/tracepoint.h"
#include "ledger.h"
#include "offcpu.h"
#include "session.h"
#include "source.h"
#include "stack_sched.h"
#include "tracepoint.h"
#include "unwind.h"
#include "wait_rate.h"
#include "waiting.h"

#define PK_QUIET_NS 4000000000ULL	/* far below the cap for so long: halve P */
#define PK_TIME_WAKING_EVERY 64		/* runs of the waking probe */

u32 pk_offcpu_p __read_mostly;
DEFINE_PER_CPU(struct pk_instants_gap, pk_offcpu_gap);

/* A wait that is over; its task is being switched to. */
struct pk_offcpu_slot {
	struct task_struct *task;	/* only compared; NULL: free */
	struct pk_wait wait;
	struct pk_resume resume;
};

struct pk_offcpu_cpu {
	struct pk_offcpu_slot slot;
	struct irq_work work;
	struct pk_rate walks;		/* of who comes back and of who wakes */
	u32 nr_wakings;
	struct pk_sample_scratch scratch;
};

static struct {
	struct pk_waits waits;
	struct pk_waiting *waiting;
	struct pk_offcpu_cpu __percpu *cpus;
	u64 near_ns;			/* when a CPU was last near the cap, or P changed */
	u32 least_p;
	u32 waking_ns;			/* price of a tracepoint's hit */
} pk_offcpu;

/* --- P --- */

static void pk_offcpu_set_p(u32 from, u32 to, u64 now_ns)
{
	WRITE_ONCE(pk_offcpu.near_ns, now_ns);
	cmpxchg(&pk_offcpu_p, from, to);	/* who comes second has seen the same rate */
}

/* P is not lowered below that. What is recorded whole begins to be sampled as it is by default. */
static u32 pk_offcpu_least_p(void)
{
	u32 coarse = READ_ONCE(pk_offcpu.waits.session->coarse), least = pk_offcpu.least_p;

	if (!coarse)
		return least;
	return min(max_t(u32, least, ilog2(PK_WAIT_PERIOD_NS)) + coarse,
		   (u32)ilog2(PKPROF_MAX_WAIT_PERIOD_NS));
}

void pk_offcpu_coarsen(void)
{
	u32 p = READ_ONCE(pk_offcpu_p), least = pk_offcpu_least_p();

	if (p < least)
		pk_offcpu_set_p(p, least, pk_clock_ns());
}

/* One walk more on this CPU, of an instant of set @p. */
static void pk_offcpu_count(struct pk_offcpu_cpu *c, u32 p, u64 now_ns)
{
	const struct pk_session *s = pk_offcpu.waits.session;
	u32 cap = pk_session_cap(s, s->cfg.wait_cap, PK_WAIT_CAP);
	enum pk_rate_verdict verdict = cap ? pk_rate_count(&c->walks, cap, now_ns) : PK_RATE_FAR;

	if (verdict == PK_RATE_PASSED && 1ULL << p < PKPROF_MAX_WAIT_PERIOD_NS)
		pk_offcpu_set_p(p, p + 1, now_ns);
	else if (verdict == PK_RATE_NEARLY)
		WRITE_ONCE(pk_offcpu.near_ns, now_ns);
}

/* Look where the present is, and whether it has been quiet for long. */
static void pk_offcpu_look(u64 now_ns)
{
	struct pk_instants_gap *gap = this_cpu_ptr(&pk_offcpu_gap);
	u32 p = READ_ONCE(pk_offcpu_p);

	if (p > pk_offcpu_least_p() && now_ns > READ_ONCE(pk_offcpu.near_ns) + PK_QUIET_NS) {
		pk_offcpu_set_p(p, p - 1, now_ns);
		p = READ_ONCE(pk_offcpu_p);
	}
	if (gap->p != p || now_ns > gap->upto_ns)
		pk_instants_gap_at(&pk_offcpu.waits.instants, p, now_ns, gap);
}

/* --- waits --- */

bool pk_wait_weigh(const struct pk_waits *waits, struct pk_wait *w)
{
	const struct pk_instants *in = &waits->instants;
	const struct pk_session *s = waits->session;
	u64 end_ns = READ_ONCE(s->end_ns) ?: READ_ONCE(waits->end_ns), blocked_ns;
	u64 from_ns = max3(w->since_ns, READ_ONCE(s->t0_ns), waits->from_ns);
	u32 p = READ_ONCE(pk_offcpu_p);

	if (end_ns && w->now_ns >= end_ns) {
		w->now_ns = end_ns;
		w->flags |= PKPROF_WAIT_OPEN;
		if (w->woken_ns >= end_ns)
			w->woken_ns = 0;
	}
	blocked_ns = w->woken_ns ?: w->now_ns;
	w->p = p;
	w->nr_blocked = pk_instants_in(in, p, from_ns, blocked_ns);
	w->nr_runq = pk_instants_in(in, p, max(from_ns, blocked_ns), w->now_ns);
	return w->nr_blocked || w->nr_runq;
}

u8 pk_wait_flags(struct task_struct *task)
{
	struct pt_regs *user = task_pt_regs(task);

	if (task->flags & PF_KTHREAD)
		return PKPROF_WAIT_KTHREAD;
	if (!task->mm || task->in_execve)
		return PKPROF_WAIT_NO_MM;
	return user_mode(user) && !user_64bit_mode(user) ? PKPROF_WAIT_COMPAT : 0;
}

static void pk_wait_write_claimed(struct pk_session *s, const struct pk_wait *w,
				  const struct pk_sample_scratch *stacks)
{
	struct pkprof_rec_wait *r;
	u32 kstack, ustack;

	if (pk_stack_intern(s, PKPROF_STACK_KERNEL, &stacks->kernel, w->tid, w->now_ns, &kstack) ||
	    pk_stack_intern(s, PKPROF_STACK_USER, &stacks->user, w->tid, w->now_ns, &ustack)) {
		pk_emit_lost(s, PKPROF_SRC_OFFCPU, PKPROF_LOSS_DEFINITION, 1);
		return;
	}
	r = pk_emit_begin(s, PKPROF_SRC_OFFCPU, PKPROF_REC_WAIT, sizeof(*r), w->tid, w->now_ns);
	if (!r)
		return;
	r->tgid = w->tgid;
	r->line = w->line;
	r->runq_line = w->runq_line;
	r->period_log2 = w->p;
	r->flags = w->flags;
	r->since_ns = w->since_ns;
	r->woken_ns = w->woken_ns;
	r->nr_blocked = w->nr_blocked;
	r->nr_runq = w->nr_runq;
	r->kstack = kstack;
	r->ustack = ustack;
	pk_emit_end(s);
}

void pk_wait_write(struct pk_session *s, const struct pk_wait *w,
		   const struct pk_sample_scratch *stacks)
{
	if (!pk_session_claim_stacks(s)) {
		pk_emit_lost(s, PKPROF_SRC_OFFCPU, PKPROF_LOSS_NESTED, 1);
		return;
	}
	pk_wait_write_claimed(s, w, stacks);
	pk_session_release_stacks(s);
}

/* The interrupt after the switch: the current task is the one in the slot. */
static void pk_offcpu_resumed(struct irq_work *work)
{
	struct pk_offcpu_cpu *c = container_of(work, struct pk_offcpu_cpu, work);
	struct pk_session *s = pk_offcpu.waits.session;
	struct pk_books *books = &pk_session_this_cpu(s)->books[PKPROF_SRC_OFFCPU];
	struct pk_offcpu_slot *slot = &c->slot;
	u64 entered = pk_books_enter(books, 1);

	if (slot->task == current && pk_session_claim_stacks(s)) {
		pk_stack_capture_waiter(&c->scratch.kernel, current, &slot->resume,
					s->cfg.kernel_depth);
		pk_stack_capture_user(s, &c->scratch.user, NULL, s->cfg.user_depth);
		slot->wait.flags |= pk_wait_flags(current);
		pk_wait_write_claimed(s, &slot->wait, &c->scratch);
		pk_session_release_stacks(s);
	} else if (slot->task) {
		pk_emit_lost(s, PKPROF_SRC_OFFCPU, PKPROF_LOSS_NESTED, 1);
	}
	slot->task = NULL;
	pk_books_leave(books, entered);
}

void pk_offcpu_over(struct task_struct *next, const struct pk_wait_over *over)
{
	struct pk_waits *waits = &pk_offcpu.waits;
	struct pk_offcpu_cpu *c = this_cpu_ptr(pk_offcpu.cpus);
	struct pk_wait w = {
		.tid = next->pid,
		.tgid = next->tgid,
		.since_ns = over->since_ns,
		.woken_ns = over->woken_ns,
		.now_ns = over->now_ns,
		.line = over->line,
		.runq_line = over->runq_line,
	};

	pk_offcpu_look(w.now_ns);
	if (!pk_wait_weigh(waits, &w) || !pk_filter_match(&waits->session->filter, w.tgid) ||
	    !pk_wait_claim(waits, &w))
		return;
	pk_offcpu_count(c, w.p, w.now_ns);
	/* a CPU on its way down runs no such work any more */
	if (c->slot.task || !cpu_online(smp_processor_id())) {
		pk_emit_lost(waits->session, PKPROF_SRC_OFFCPU, PKPROF_LOSS_NESTED, 1);
		return;
	}
	c->slot.task = next;
	c->slot.wait = w;
	pk_stack_resume_of(next, &c->slot.resume);
	irq_work_queue(&c->work);
}

/* --- wakings --- */

/* Of the current task; @interrupt: which only happened to be there. */
static u32 pk_wake_flags(bool interrupt)
{
	u8 task = pk_wait_flags(current);
	u32 flags = interrupt ? PKPROF_WAKE_IRQ : 0;

	if (in_serving_softirq())
		flags |= PKPROF_WAKE_SOFTIRQ;
	if (is_idle_task(current))
		flags |= PKPROF_WAKE_IDLE;
	if (task & PKPROF_WAIT_KTHREAD)
		flags |= PKPROF_WAKE_KTHREAD;
	if (task & PKPROF_WAIT_NO_MM)
		flags |= PKPROF_WAKE_NO_MM;
	if (task & PKPROF_WAIT_COMPAT)
		flags |= PKPROF_WAKE_COMPAT;
	return flags;
}

static void pk_wake_write(struct pk_session *s, const struct pk_wait *w, u32 flags,
			  const struct pk_sample_scratch *stacks)
{
	struct pkprof_rec_wake *r;
	u32 kstack, ustack;

	if (pk_stack_intern(s, PKPROF_STACK_KERNEL, &stacks->kernel, w->tid, w->now_ns, &kstack) ||
	    pk_stack_intern(s, PKPROF_STACK_USER, &stacks->user, w->tid, w->now_ns, &ustack)) {
		pk_emit_lost(s, PKPROF_SRC_OFFCPU, PKPROF_LOSS_DEFINITION, 1);
		return;
	}
	r = pk_emit_begin(s, PKPROF_SRC_OFFCPU, PKPROF_REC_WAKE, sizeof(*r), w->tid, w->now_ns);
	if (!r)
		return;
	r->tgid = w->tgid;
	r->flags = flags;
	r->waker_tid = current->pid;
	r->waker_tgid = current->tgid;
	r->since_ns = w->since_ns;
	r->kstack = kstack;
	r->ustack = ustack;
	memcpy(r->waker_comm, current->comm, sizeof(r->waker_comm));
	r->waker_comm[sizeof(r->waker_comm) - 1] = '\0';
	pk_emit_end(s);
}

/* A wait with an instant in it is ended: tell by whom. */
static void pk_wake_take(struct pk_session *s, struct pk_sample_scratch *scratch,
			 const struct pk_wait *w)
{
	bool interrupt;

	if (!pk_session_claim_stacks(s)) {
		pk_emit_lost(s, PKPROF_SRC_OFFCPU, PKPROF_LOSS_NESTED, 1);
		return;
	}
	interrupt = pk_stack_capture_waker(&scratch->kernel, s->cfg.kernel_depth);
	pk_stack_capture_user(s, &scratch->user, NULL, interrupt ? 0 : s->cfg.user_depth);
	pk_wake_write(s, w, pk_wake_flags(interrupt), scratch);
	pk_session_release_stacks(s);
}

/* There may be an instant in @p's wait. */
static noinline void pk_offcpu_wake(struct task_struct *p, u64 since_ns, u64 now_ns)
{
	struct pk_waits *waits = &pk_offcpu.waits;
	struct pk_offcpu_cpu *c = this_cpu_ptr(pk_offcpu.cpus);
	struct pk_session *s = waits->session;
	struct pk_wait w = {
		.tid = p->pid,
		.tgid = p->tgid,
		.since_ns = since_ns,
		.now_ns = now_ns,
	};
	u64 entered = pk_clock_ns();

	pk_offcpu_look(w.now_ns);
	if (!pk_wait_weigh(waits, &w) || !pk_filter_match(&s->filter, w.tgid))
		return;
	/* its wait was told as not over */
	if ((w.flags & PKPROF_WAIT_OPEN) && test_bit(w.tid, waits->told))
		return;
	pk_offcpu_count(c, w.p, w.now_ns);
	pk_wake_take(s, &c->scratch, &w);
	local_add(pk_clock_ns() - entered,
		  &pk_session_this_cpu(s)->books[PKPROF_SRC_OFFCPU].timed_ns);
}

/* A run that is timed stands for those that are not; none of them is a hit of an interrupt. */
static noinline void pk_offcpu_time_waking(struct pk_session *s, u64 entered)
{
	u64 ns = (pk_clock_ns() - entered + pk_offcpu.waking_ns) * PK_TIME_WAKING_EVERY;

	local_add(ns, &pk_session_this_cpu(s)->books[PKPROF_SRC_OFFCPU].timed_ns);
}

/*
 * @p's pi_lock is held and irqs are off, except for a task that wakes itself before
 * it slept; that one has no wait.
 */
static void pk_offcpu_waking_probe(void *data, struct task_struct *p)
{
	struct pk_asleep asleep;
	u64 entered = 0;

	if (p == current)
		return;
	if (unlikely(this_cpu_inc_return(pk_offcpu.cpus->nr_wakings) % PK_TIME_WAKING_EVERY == 0))
		entered = pk_clock_ns();
	asleep = pk_ledger_asleep(p);
	if (!asleep.since_ns)
		return;
	if (unlikely(!pk_offcpu_none(asleep.since_ns, asleep.now_ns)))
		pk_offcpu_wake(p, asleep.since_ns, asleep.now_ns);
	else if (unlikely(entered))
		pk_offcpu_time_waking(data, entered);
}

PK_PROBE_CHECK(sched_waking, pk_offcpu_waking_probe)

static struct pk_tracepoint pk_offcpu_tracepoints[] = {
	{ .name = "sched_waking", .probe = pk_offcpu_waking_probe },
};

/* --- attach, detach --- */

static void pk_offcpu_free(void)
{
	free_percpu(pk_offcpu.cpus);
	pk_offcpu.cpus = NULL;
	pk_waiting_destroy(pk_offcpu.waiting);
	vfree(pk_offcpu.waits.told);
	pk_offcpu.waits.told = NULL;
}

static int pk_offcpu_alloc(void)
{
	struct pk_waits *waits = &pk_offcpu.waits;
	unsigned int cpu;

	waits->told = vzalloc(BITS_TO_LONGS(PID_MAX_LIMIT) * sizeof(long));
	pk_offcpu.waiting = pk_waiting_create(waits);
	pk_offcpu.cpus = alloc_percpu(struct pk_offcpu_cpu);
	if (!waits->told || !pk_offcpu.waiting || !pk_offcpu.cpus) {
		pk_offcpu_free();
		return -ENOMEM;
	}
	for_each_possible_cpu(cpu) {
		per_cpu_ptr(pk_offcpu.cpus, cpu)->work = IRQ_WORK_INIT_HARD(pk_offcpu_resumed);
		/* a gap of no set */
		per_cpu(pk_offcpu_gap, cpu).p = U32_MAX;
	}
	return 0;
}

static int pk_offcpu_attach(struct pk_session *s)
{
	int ret = pk_offcpu_alloc();

	if (ret)
		return ret;
	pk_offcpu.waits.session = s;
	pk_offcpu.waits.from_ns = pk_clock_ns();
	pk_offcpu.waits.end_ns = 0;
	pk_instants_init(&pk_offcpu.waits.instants, pk_clock_ns(), s->seed);
	pk_offcpu.least_p = ilog2(s->cfg.wait_period_ns);
	pk_offcpu.near_ns = pk_offcpu.waits.instants.t0_ns;
	pk_offcpu.waking_ns = s->cpu[cpumask_first(cpu_possible_mask)]->books[PKPROF_SRC_TASK].entry_ns;
	WRITE_ONCE(pk_offcpu_p, pk_offcpu_least_p());
	ret = pk_tracepoints_attach(pk_offcpu_tracepoints, ARRAY_SIZE(pk_offcpu_tracepoints), s);
	if (ret) {
		pk_offcpu_free();
		return ret;
	}
	pk_wait_want(PK_WAIT_INSTANTS);
	return 0;
}

/*
 * The end is set: who waits across it is told by the walk or, if the wait ends before
 * that is there, by the switch. A switch that does not see the end yet tells of a
 * wait that is over by then.
 */
static void pk_offcpu_detach(struct pk_session *s)
{
	unsigned int cpu;

	WRITE_ONCE(pk_offcpu.waits.end_ns, s->end_ns ?: pk_clock_ns());
	pk_waiting_walk(pk_offcpu.waiting);
	pk_wait_unwant(PK_WAIT_INSTANTS);
	/* waits for the ledger's switch probes, too */
	pk_tracepoints_detach(pk_offcpu_tracepoints, ARRAY_SIZE(pk_offcpu_tracepoints), s);
	for_each_possible_cpu(cpu)
		irq_work_sync(&per_cpu_ptr(pk_offcpu.cpus, cpu)->work);
	pk_offcpu_free();
}

static int pk_offcpu_works(void)
{
	int ret = pk_tracepoints_find(pk_offcpu_tracepoints, ARRAY_SIZE(pk_offcpu_tracepoints));

	if (ret)
		return ret;
	/* else it would come with the next tick, in whatever task runs then */
	if (!arch_irq_work_has_interrupt())
		return -EOPNOTSUPP;
	pk_unwind_leave_out((unsigned long)pk_offcpu_tracepoints[0].found->iterator);
	return pk_ledger_works();
}

const struct pk_source pk_source_offcpu = {
	.name = "offcpu",
	.id = PKPROF_SRC_OFFCPU,
	.works = pk_offcpu_works,
	.attach = pk_offcpu_attach,
	.detach = pk_offcpu_detach,
	.pause = pk_offcpu_detach,
	.resume = pk_offcpu_attach,
};
