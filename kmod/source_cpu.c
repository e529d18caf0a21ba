// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * On-CPU samples by timer. Each sampled CPU has a pinned timer that fires in
 * hard irq context at the instants of its own grid (grid.h) and records what
 * it interrupted.
 *
 * Idle CPUs are left alone: the first tick that finds the CPU idle parks the
 * timer, and a sched_switch probe arms it again, for the next instant of the
 * grid, when a task is switched in. As the gap between two instants can be up
 * to two periods, the probe also parks a timer that is more than one period
 * away when the CPU turns idle. So an idle period sees at most one tick, and
 * none when it is older than one period.
 *
 * A task that goes to sleep runs its last stretch, in the scheduler, with irqs
 * off. An instant in there would be seen by the tick only when the CPU is idle
 * already; so when the CPU turns idle, the probe itself takes a sample that is
 * due. The other way round, a timer that was left armed may come late for an
 * instant of the idle period, when a task runs already: the probe sees that it
 * is past when the task is switched in, and aims anew. Else tasks that sleep
 * often and shortly would be given time of the idle CPU.
 *
 * If a sample took long, the timer rests for as long again: however slow the
 * machine, half of its time is left.
 *
 * The governor may halve the rate; each CPU changes its grid at the next end of a stratum
 * (grid.h), and each sample says by which one it was taken.
 *
 * Invariant: tick->next is the index of the first instant not accounted for.
 * An instant while a task runs becomes a sample or, if the timer rested or came
 * too late for it, a counted overrun; one while the CPU is idle is owed to
 * nobody. Therefore samples + overruns + losses == instants while not idle,
 * exactly.
 *
 * All of a tick's state belongs to its CPU: irqs off, on that CPU.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include <asm/irq_regs.h>

#include "compat/hrtimer.h"
#include "compat/tracepoint.h"
#include "grid.h"
#include "sample.h"
#include "session.h"
#include "source.h"
#include "tracepoint.h"

/* What the sched_switch probe has to look out for on this CPU. */
enum pk_watch {
	PK_WATCH_NOTHING,	/* CPU not sampled */
	PK_WATCH_IDLE,		/* a task runs, timer armed: the CPU turning idle */
	PK_WATCH_TASK,		/* CPU idle, timer armed or parked: a task that is switched in */
};

struct pk_tick {
	struct hrtimer timer;
	struct pk_grids grids;
	u64 next;			/* index, see the invariant above */
	u64 next_ns;			/* time of instant next */
	u64 rest_ns;			/* the timer rests until then */
	u64 due;			/* what the timer is set for: the first instant after both */
	u64 due_ns;			/* its time */
	struct pk_session *session;
	unsigned int cpu;
	struct pk_sample_scratch scratch;
};

/* One session at a time; attach and detach are serialized by their caller. */
static struct {
	struct pk_tick **ticks;		/* nr_cpu_ids pointers, NULL: not sampled */
	enum cpuhp_state hotplug;
	bool announce;			/* CPUs that come and go are news */
} pk_cpu_source;

/* Hot: the probe reads nothing else on a busy CPU. */
static DEFINE_PER_CPU(unsigned int, pk_cpu_watch);

static struct pk_books *pk_tick_books(struct pk_tick *t)
{
	return &t->session->cpu[t->cpu]->books[PKPROF_SRC_CPU];
}

/* All instants up to @now_ns are accounted for: choose what comes next. */
static void pk_tick_aim(struct pk_tick *t, u64 now_ns)
{
	t->next = pk_grids_count(&t->grids, now_ns);
	pk_grids_settle(&t->grids, t->next);
	pk_grids_change(&t->grids, t->next, READ_ONCE(t->session->rate_shift));
	t->next_ns = pk_grids_instant(&t->grids, t->next);
	t->due = t->next;
	t->due_ns = t->next_ns;
	if (t->next_ns <= t->rest_ns) {
		t->due = pk_grids_count(&t->grids, t->rest_ns);
		t->due_ns = pk_grids_instant(&t->grids, t->due);
	}
}

static void pk_tick_arm(struct pk_tick *t, u64 now_ns)
{
	pk_tick_aim(t, now_ns);
	this_cpu_write(pk_cpu_watch, PK_WATCH_IDLE);
	hrtimer_start(&t->timer, ns_to_ktime(t->due_ns), HRTIMER_MODE_ABS_PINNED_HARD);
}

/*
 * Account for all instants up to @now_ns, of which @nr_sampled became a sample. The
 * others are overruns of the current task, unless the filter holds it back: those
 * of such a task are not generated.
 */
static void pk_tick_settle(struct pk_tick *t, u64 now_ns, unsigned int nr_sampled, bool pass)
{
	u64 first = t->next;

	pk_tick_aim(t, now_ns);
	if (pass && t->next - first > nr_sampled)
		pk_emit_lost(t->session, PKPROF_SRC_CPU, PKPROF_LOSS_OVERRUN,
			     t->next - first - nr_sampled);
}

/* The timer is due at @now_ns: sample the current task. Returns when that is done. */
static u64 pk_tick_take(struct pk_tick *t, struct pt_regs *regs, u64 now_ns, bool pass)
{
	u64 end;

	if (pass)
		pk_sample_take(t->session, PKPROF_SRC_CPU, &t->scratch, regs, now_ns,
			       pk_grids_shift(&t->grids, t->due));
	end = max(pk_clock_ns(), now_ns);
	if (end - now_ns > t->grids.now.period_ns / 4)
		t->rest_ns = end + (end - now_ns);
	return end;
}

/* Instants while the sample is taken are the task's, as is the time on its clock. */
static void pk_tick_hit(struct pk_tick *t, u64 now_ns)
{
	bool pass = pk_filter_match(&t->session->filter, current->tgid);

	pk_tick_settle(t, pk_tick_take(t, get_irq_regs(), now_ns, pass), 1, pass);
}

static enum hrtimer_restart pk_tick_fire(struct hrtimer *timer)
{
	struct pk_tick *t = container_of(timer, struct pk_tick, timer);
	struct pk_books *books = pk_tick_books(t);
	enum hrtimer_restart restart = HRTIMER_NORESTART;
	u64 entered;

	if (WARN_ON_ONCE(t->cpu != smp_processor_id()))
		return HRTIMER_NORESTART;
	entered = pk_books_enter(books, 1);
	/* the timer goes by another reading of the clock, which may be ahead */
	if (!pk_sample_is_idle())
		pk_tick_hit(t, max(entered, t->due_ns));
	/* a softirq on the idle task is a sample, but no reason to come again */
	if (is_idle_task(current)) {
		this_cpu_write(pk_cpu_watch, PK_WATCH_TASK);
	} else {
		hrtimer_set_expires(timer, ns_to_ktime(t->due_ns));
		restart = HRTIMER_RESTART;
	}
	pk_books_leave(books, entered);
	return restart;
}

/*
 * The task that is current is the last one before the CPU turns idle, and its clock
 * has stopped already.
 */
static void pk_tick_turn_idle(struct pk_tick *t, u64 now_ns)
{
	bool pass;

	this_cpu_write(pk_cpu_watch, PK_WATCH_TASK);
	if (t->next_ns <= now_ns) {
		pass = pk_filter_match(&t->session->filter, current->tgid);
		if (t->due_ns <= now_ns) {
			pk_tick_take(t, NULL, now_ns, pass);
			pk_tick_settle(t, now_ns, 1, pass);
		} else {
			pk_tick_settle(t, now_ns, 0, pass);
		}
	} else if (t->due_ns <= now_ns + t->grids.now.period_ns) {
		return;
	}
	hrtimer_try_to_cancel(&t->timer);
}

/* The first task after an idle period. */
static void pk_tick_turn_busy(struct pk_tick *t, u64 now_ns)
{
	if (hrtimer_is_queued(&t->timer) && t->next_ns > now_ns)
		this_cpu_write(pk_cpu_watch, PK_WATCH_IDLE);
	else
		pk_tick_arm(t, now_ns);
}

/*
 * Something is to be done at this switch. The run queue's lock is held and
 * irqs are off; the scheduler starts and cancels timers of its own here, and so
 * does perf. The callback cannot be running, as it runs on this CPU only.
 *
 * The time this takes goes on the account of the ticks. It is no hit of its own,
 * as what a hit costs outside the handler is that of an interrupt.
 */
static noinline void pk_tick_switch(void)
{
	struct pk_tick *t = pk_cpu_source.ticks[smp_processor_id()];
	u64 now = pk_clock_ns();

	if (this_cpu_read(pk_cpu_watch) == PK_WATCH_TASK)
		pk_tick_turn_busy(t, now);
	else
		pk_tick_turn_idle(t, now);
	local_add(pk_clock_ns() - now, &pk_tick_books(t)->timed_ns);
}

static __always_inline void pk_cpu_switch(void *data, struct task_struct *prev,
					  struct task_struct *next)
{
	unsigned int watch = this_cpu_read(pk_cpu_watch);

	if (watch == PK_WATCH_NOTHING || (watch == PK_WATCH_IDLE) != is_idle_task(next))
		return;
	pk_tick_switch();
}

PK_PROBE_SCHED_SWITCH(pk_cpu_switch_probe, pk_cpu_switch)

static struct pk_tracepoint pk_cpu_tracepoints[] = {
	{ .name = "sched_switch", .probe = pk_cpu_switch_probe },
};

/* Who comes and goes is a notice of the session, not an event of this source. */
static void pk_cpu_announce(struct pk_session *s, unsigned int cpu, u32 online)
{
	struct pkprof_rec_cpu_state *r;

	preempt_disable();
	r = pk_emit_begin(s, PKPROF_SRC_CORE, PKPROF_REC_CPU_STATE, sizeof(*r), 0, pk_clock_ns());
	if (r) {
		r->cpu = cpu;
		r->online = online;
		pk_emit_end(s);
	}
	preempt_enable();
}

/* On each CPU that is or comes online, in its own hotplug thread. */
static int pk_cpu_online(unsigned int cpu)
{
	struct pk_tick *t = pk_cpu_source.ticks[cpu];
	unsigned long flags;

	if (!t)
		return 0;
	if (pk_cpu_source.announce)
		pk_cpu_announce(t->session, cpu, 1);
	local_irq_save(flags);
	pk_tick_arm(t, pk_clock_ns());
	local_irq_restore(flags);
	return 0;
}

/* Likewise before it goes offline; tasks that still run there are not sampled. */
static int pk_cpu_offline(unsigned int cpu)
{
	struct pk_tick *t = pk_cpu_source.ticks[cpu];
	unsigned long flags;

	if (!t)
		return 0;
	local_irq_save(flags);
	this_cpu_write(pk_cpu_watch, PK_WATCH_NOTHING);
	hrtimer_try_to_cancel(&t->timer);
	local_irq_restore(flags);
	if (pk_cpu_source.announce)
		pk_cpu_announce(t->session, cpu, 0);
	return 0;
}

static void pk_ticks_destroy(struct pk_tick **ticks)
{
	unsigned int cpu;

	for (cpu = 0; cpu < nr_cpu_ids; cpu++)
		kfree(ticks[cpu]);
	kfree(ticks);
}

static struct pk_tick **pk_ticks_create(struct pk_session *s)
{
	struct pk_tick **ticks, *t;
	unsigned int cpu;

	ticks = kcalloc(nr_cpu_ids, sizeof(*ticks), GFP_KERNEL);
	if (!ticks)
		return NULL;
	for_each_possible_cpu(cpu) {
		if (!cpumask_test_cpu(cpu, s->cfg.cpus))
			continue;
		t = kzalloc_node(sizeof(*t), GFP_KERNEL, cpu_to_node(cpu));
		if (!t) {
			pk_ticks_destroy(ticks);
			return NULL;
		}
		t->session = s;
		t->cpu = cpu;
		hrtimer_setup(&t->timer, pk_tick_fire, CLOCK_MONOTONIC,
			      HRTIMER_MODE_ABS_PINNED_HARD);
		ticks[cpu] = t;
	}
	return ticks;
}

/*
 * The session begins where sampling can: attaching probes has taken ms, and in
 * them no instant was due.
 */
static void pk_ticks_begin(struct pk_session *s)
{
	unsigned int cpu;

	WRITE_ONCE(s->t0_ns, pk_clock_ns());
	for_each_cpu(cpu, s->cfg.cpus) {
		struct pk_tick *t = pk_cpu_source.ticks[cpu];

		if (t)
			pk_grids_init(&t->grids, s->t0_ns, s->cfg.period_ns, s->seed, cpu);
	}
}

/* Arms all CPUs that are online, and from then on those that come. */
static int pk_cpu_hotplug_add(void)
{
	int ret;

	cpus_read_lock();
	ret = cpuhp_setup_state_cpuslocked(CPUHP_AP_ONLINE_DYN, "pkprof:online", pk_cpu_online,
					   pk_cpu_offline);
	pk_cpu_source.announce = ret >= 0;
	cpus_read_unlock();
	if (ret < 0)
		return ret;
	pk_cpu_source.hotplug = ret;
	return 0;
}

static void pk_cpu_hotplug_remove(void)
{
	cpus_read_lock();
	pk_cpu_source.announce = false;
	__cpuhp_remove_state_cpuslocked(pk_cpu_source.hotplug, true);
	cpus_read_unlock();
}

static int pk_cpu_attach(struct pk_session *s)
{
	int ret;

	pk_cpu_source.ticks = pk_ticks_create(s);
	if (!pk_cpu_source.ticks)
		return -ENOMEM;
	/* the probe first: whoever is parked from the start must be woken */
	ret = pk_tracepoints_attach(pk_cpu_tracepoints, ARRAY_SIZE(pk_cpu_tracepoints), s);
	if (ret)
		goto err_ticks;
	pk_ticks_begin(s);
	ret = pk_cpu_hotplug_add();
	if (ret)
		goto err_probe;
	return 0;
err_probe:
	pk_tracepoints_detach(pk_cpu_tracepoints, ARRAY_SIZE(pk_cpu_tracepoints), s);
err_ticks:
	pk_ticks_destroy(pk_cpu_source.ticks);
	return ret;
}

static void pk_cpu_detach(struct pk_session *s)
{
	pk_cpu_hotplug_remove();
	pk_tracepoints_detach(pk_cpu_tracepoints, ARRAY_SIZE(pk_cpu_tracepoints), s);
	pk_ticks_destroy(pk_cpu_source.ticks);
	pk_cpu_source.ticks = NULL;
}

static int pk_cpu_works(void)
{
	return pk_tracepoints_find(pk_cpu_tracepoints, ARRAY_SIZE(pk_cpu_tracepoints));
}

const struct pk_source pk_source_cpu = {
	.name = "cpu",
	.id = PKPROF_SRC_CPU,
	.works = pk_cpu_works,
	.attach = pk_cpu_attach,
	.detach = pk_cpu_detach,
};
