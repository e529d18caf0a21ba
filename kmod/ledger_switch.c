// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The wait ledger's handlers: what the scheduler does becomes transitions of accounts.
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
#include <linux/sched.h>
#include "books.h"
#include "cause_task.h"
#include "compat/config.h"
#include "compat/tracepoint.h"
#include "ledger.h"
#include "ledger_state.h"
#include "offcpu.h"
#include "session.h"
#include "throttle.h"
#include "tracepoint.h"
#include "vfs_op.h"
#include "waited.h"

/* One run in so many is timed: reading the clock twice costs as much as half a switch. */
#define PK_TIME_EVERY 64

u32 pk_wait_wanted __read_mostly;

/* --- tasks without an account --- */

/* @state: in which it was until now, if nothing was missed. NULL: there is no room. */
static struct pk_thread *pk_ledger_meet(struct task_struct *p, u8 state, u64 now_ns)
{
	u64 from_ns = max_t(u64, p->start_time, pk_ledger.from_ns);
	struct pk_thread *t = pk_thread_create(p, state, from_ns);

	if (t && unlikely(atomic64_read(&pk_ledger.nr_overflow)))
		pk_account_lose(&t->account, now_ns);
	return t;
}

/* --- distributions --- */

/* Of two threads at once one may be forgotten by their process, until it is surpassed. */
static void pk_hist_new_max(struct pk_hist *h, u64 ns)
{
	if (ns > READ_ONCE(h->max_ns))
		WRITE_ONCE(h->max_ns, ns);
}

/*
 * Threads of one process run on several CPUs at once; the rest is the CPU's or the
 * thread's. A CPU's sum of slices is what it was busy.
 */
static __always_inline void pk_ledger_count(struct pk_ledger_cpu *c, struct pk_thread *t,
					    enum pkprof_hist_what what, u64 ns)
{
	unsigned long bucket = pk_hist_bucket(ns);
	struct pk_hists *ours = t->hists;

	c->hists[what].nr[bucket]++;
	/* the compiler would calculate the address first */
	asm volatile(LOCK_PREFIX "incl %c[nr](%[ours], %[bucket], 4)"
		     :
		     : [nr] "i"(offsetof(struct pk_hists, of) + what * sizeof(struct pk_hist) +
				offsetof(struct pk_hist, nr)),
		       [ours] "r"(ours), [bucket] "r"(bucket)
		     : "memory", "cc");
	asm volatile(LOCK_PREFIX "addq %1, %0" : "+m"(ours->of[what].sum_ns) : "r"(ns) : "cc");
	t->account.coarse[what][pk_hist_coarse[bucket]]++;
}

/* --- switches --- */

static __always_inline void pk_ledger_off(struct pk_ledger_cpu *c, struct pk_thread *t, u8 line,
					  u64 now_ns)
{
	u64 ran_ns = pk_account_off(&t->account, line, now_ns);

	t->hists->changed_ns = now_ns;
	pk_ledger_count(c, t, PKPROF_HIST_SLICE, ran_ns);
	if (unlikely(ran_ns > t->account.max_slice_ns))
		t->account.max_slice_ns = ran_ns;
	pk_hist_new_max(&t->hists->of[PKPROF_HIST_SLICE], ran_ns);
	pk_hist_new_max(&c->hists[PKPROF_HIST_SLICE], ran_ns);
}

static noinline void pk_ledger_off_dead(struct pk_ledger_cpu *c, struct pk_thread *t,
				       struct task_struct *p, u64 now_ns)
{
	pk_ledger_off(c, t, PKPROF_LINE_KLOCK, now_ns);
	pk_thread_bury(t, p, now_ns);
}

/*
 * It is not the account of @p that runs here, as far as we knew: the idle task, or one
 * that is met for the first time. Return: its account, or NULL.
 */
static noinline struct pk_thread *pk_ledger_off_unknown(struct pk_ledger_cpu *c,
						       struct task_struct *p, u64 now_ns)
{
	u64 ran_ns = now_ns - c->since_ns;
	struct pk_thread *t;

	if (!p->pid) {
		c->idle_ns += ran_ns;
		return NULL;
	}
	t = pk_thread_find(p);
	if (!t)
		t = pk_ledger_meet(p, PKPROF_LINE_CPU, now_ns);
	if (!t) {
		c->overflow_ns += ran_ns;
		c->hists[PKPROF_HIST_SLICE].nr[pk_hist_bucket(ran_ns)]++;
	}
	return t;
}

static void pk_ledger_out(struct pk_ledger_cpu *c, struct task_struct *p,
					  unsigned int state, u64 now_ns)
{
	struct pk_thread *t = c->running;
	u8 line = PKPROF_LINE_PREEMPTED;

	if (unlikely(t->task != p)) {
		t = pk_ledger_off_unknown(c, p, now_ns);
		if (!t)
			return;
	}
	if (likely(pk_task_is_blocked(p))) {
		line = pk_cause_quick(p, state, &t->account.call);
		if (unlikely(line >= PKPROF_NR_LINES)) {
			if (state & TASK_DEAD) {
				pk_ledger_off_dead(c, t, p, now_ns);
				return;
			}
			line = pk_cause_of_task(p, state, &t->account.call);
		}
	}
	if (line == PKPROF_LINE_PREEMPTED && pk_task_is_throttled(p))
		t->account.flags |= PK_ACCOUNT_THROTTLED;
	pk_ledger_off(c, t, line, now_ns);
}

static __always_inline void pk_ledger_wait(const struct pk_thread *t, u64 now_ns,
					   struct pk_wait_over *ret)
{
	const struct pk_account *a = &t->account;
	bool blocked = pk_line_is_blocked(a->state);

	ret->since_ns = a->since_ns;
	ret->woken_ns = blocked ? a->woken_ns : a->since_ns;
	ret->now_ns = now_ns;
	ret->line = a->state;
	ret->runq_line = blocked ? PKPROF_LINE_WAKEUP : a->state;
}

/* @p may be in an operation on a file that is taken apart. */
static __always_inline bool pk_ledger_is_in_op(const struct task_struct *p)
{
	const struct pk_vfs *v = READ_ONCE(pk_op_vfs);

	return v && pk_op_is_on(v, p);
}

/*
 * What is over is in a line that is wanted, an instant may lie in it, or it was in the
 * middle of an operation: for few instructions.
 */
static __always_inline bool pk_ledger_may_tell(const struct pk_thread *t,
					       const struct task_struct *p, u32 wanted, u64 now_ns)
{
	return wanted & BIT(t->account.state) ||
	       (wanted & PK_WAIT_INSTANTS && !pk_offcpu_none(t->account.since_ns, now_ns)) ||
	       (wanted & PK_WAIT_OPS && pk_ledger_is_in_op(p));
}

/* Before it is booked. Each listener is asked for what it wants. */
static noinline void pk_ledger_tell_over(struct pk_thread *t, struct task_struct *p, u32 wanted,
					 u64 now_ns)
{
	struct pk_wait_over w;

	if (t->account.state == PKPROF_LINE_CPU)
		return;
	pk_ledger_wait(t, now_ns, &w);
	if (!w.woken_ns)	/* nobody told */
		w.woken_ns = now_ns;
	if (wanted & BIT(w.line))
		pk_waited_over(t, p, &w);
	if (wanted & PK_WAIT_INSTANTS && !pk_offcpu_none(w.since_ns, now_ns))
		pk_offcpu_over(p, &w);
	if (wanted & PK_WAIT_OPS)
		pk_op_wait_over(p, &w);
}

/* A long wait on the run queue, for which somebody may want to see who ran instead. */
static noinline void pk_ledger_tell_late(struct pk_ledger_cpu *c, const struct task_struct *prev,
					const struct task_struct *next, bool woken, u64 ran_ns,
					u64 waited_ns, u64 now_ns)
{
	struct pk_session *s = READ_ONCE(pk_ledger.session);

	if (s)
		pk_tell_late(c, s, prev, next,
			     woken ? PKPROF_LINE_WAKEUP : PKPROF_LINE_PREEMPTED,
			     now_ns - waited_ns, ran_ns, now_ns);
}

/* One whom nobody has met is about to run. Return: its account; pk_nobody: no room. */
static noinline struct pk_thread *pk_ledger_on_unknown(struct task_struct *p, u64 now_ns)
{
	return pk_ledger_meet(p, PKPROF_LINE_PREEMPTED, now_ns) ?: &pk_nobody;
}

/* What a cgroup's quota took of the time that @p was runnable. */
static u64 pk_ledger_throttled_ns(struct pk_thread *t, const struct task_struct *p, u64 now_ns)
{
	u64 queued_ns = pk_account_queued_ns(&t->account);
	bool may_be = pk_account_may_be_throttled(&t->account), yet;

	t->account.flags &= ~PK_ACCOUNT_THROTTLED;
	if (!unlikely(READ_ONCE(pk_throttle_on)) || !may_be || !queued_ns)
		return 0;
	return pk_throttle_of(p, queued_ns, now_ns, &yet);
}

static void pk_ledger_in(struct pk_ledger_cpu *c, struct task_struct *prev,
					 struct task_struct *p, u64 ran_ns, u64 now_ns)
{
	struct pk_thread *t;
	u64 waited_ns;
	bool woken;
	u32 wanted;

	if (unlikely(!p->pid)) {
		c->running = &pk_idler;
		return;
	}
	t = pk_thread_find(p);
	if (unlikely(!t))
		t = pk_ledger_on_unknown(p, now_ns);
	c->running = t;
	if (unlikely(t->task != p))
		return;
	wanted = READ_ONCE(pk_wait_wanted);
	if (unlikely(wanted) && pk_ledger_may_tell(t, p, wanted, now_ns))
		pk_ledger_tell_over(t, p, wanted, now_ns);
	woken = t->account.state != PKPROF_LINE_PREEMPTED;
	waited_ns = pk_account_on(&t->account, pk_ledger_throttled_ns(t, p, now_ns), now_ns);
	pk_ledger_count(c, t, PKPROF_HIST_RUNQ, waited_ns);
	c->hists[PKPROF_HIST_RUNQ].sum_ns += waited_ns;
	if (unlikely(waited_ns > t->account.max_runq_ns))
		t->account.max_runq_ns = waited_ns;
	pk_hist_new_max(&t->hists->of[PKPROF_HIST_RUNQ], waited_ns);
	pk_hist_new_max(&c->hists[PKPROF_HIST_RUNQ], waited_ns);
	if (unlikely(waited_ns >= c->late_ns))
		pk_ledger_tell_late(c, prev, p, woken, ran_ns, waited_ns, now_ns);
	c->rare_ns = min(c->late_ns, c->hists[PKPROF_HIST_RUNQ].max_ns + 1);
}

/* --- what the handlers cost --- */

/* One run in PK_TIME_EVERY is timed, and brings the number of all up to date. */
static void pk_ledger_book_cost(struct pk_ledger_cpu *c, u64 entered_ns)
{
	struct pk_session *s = READ_ONCE(pk_ledger.session);
	u64 hits = pk_ledger_hits(c);
	struct pk_books *books;

	if (!s)
		return;
	books = &pk_session_this_cpu(s)->books[PKPROF_SRC_SCHED];
	local_add(hits - c->nr_told, &books->hits);
	c->nr_told = hits;
	pk_books_leave(books, entered_ns);
}

/* A switch makes two of seq. */
static __always_inline bool pk_ledger_is_timed(u64 seq)
{
	return !(seq & (2 * PK_TIME_EVERY - 1));
}

/*
 * Any switch. What is below does the most frequent kinds of it in fewer instructions,
 * and comes here before it has booked anything if it meets another kind.
 */
static noinline void pk_ledger_switch_any(struct task_struct *prev, struct task_struct *next,
					  unsigned int state)
{
	struct pk_ledger_cpu *c = this_cpu_ptr(pk_ledger_cpus);
	u64 now_ns = pk_tsc_clock_ns(&c->clock), ran_ns = now_ns - c->since_ns;

	pk_ledger_cpu_write_begin(c);
	pk_ledger_out(c, prev, state, now_ns);
	c->since_ns = now_ns;
	pk_ledger_in(c, prev, next, ran_ns, now_ns);
	pk_ledger_cpu_write_end(c);
}

/* The one that is timed, in its usual course. */
static noinline void pk_ledger_switch_timed(struct task_struct *prev, struct task_struct *next,
					    unsigned int state);

/* The second half of it. */
static noinline void pk_ledger_switch_in_any(struct pk_ledger_cpu *c, struct task_struct *prev,
					     struct task_struct *next, u64 ran_ns, u64 now_ns)
{
	pk_ledger_in(c, prev, next, ran_ns, now_ns);
	pk_ledger_cpu_write_end(c);
}

/* A thread that was woken or preempted is switched in, as usual. Return: whether it is that. */
static __always_inline bool pk_ledger_in_quick(struct pk_ledger_cpu *c, struct pk_thread *t,
					       u64 now_ns)
{
	struct pk_account *a = &t->account;
	u64 queued_ns = a->since_ns, slept_ns = 0, waited_ns;
	u8 state = a->state;

	if (pk_line_is_blocked(state)) {
		queued_ns = a->woken_ns;
		slept_ns = queued_ns - a->since_ns;
		if (unlikely((s64)slept_ns < 0))
			return false;
	} else if (unlikely(state != PKPROF_LINE_PREEMPTED)) {
		return false;
	}
	/* also what is below 0, and who was not woken */
	waited_ns = now_ns - queued_ns;
	if (unlikely(waited_ns >= c->rare_ns || waited_ns > a->max_runq_ns))
		return false;
	pk_account_write_begin(a);
	if (pk_line_is_blocked(state)) {
		a->sums.ns[state] += slept_ns;
		a->sums.nr[state]++;
		a->sums.ns[PKPROF_LINE_WAKEUP] += waited_ns;
		a->sums.nr[PKPROF_LINE_WAKEUP]++;
		a->woken_ns = 0;
	} else {
		a->sums.ns[PKPROF_LINE_PREEMPTED] += waited_ns;
		a->sums.nr[PKPROF_LINE_PREEMPTED]++;
	}
	a->since_ns = now_ns;
	a->state = PKPROF_LINE_CPU;
	pk_account_write_end(a);
	pk_ledger_count(c, t, PKPROF_HIST_RUNQ, waited_ns);
	c->hists[PKPROF_HIST_RUNQ].sum_ns += waited_ns;
	return true;
}

/*
 * A thread that has an account stops, plainly, and another one that has one runs. No
 * function is called but as the last thing, so that no register need be saved.
 */
static __always_inline void pk_ledger_switch_usual(struct task_struct *prev,
						   struct task_struct *next, unsigned int state,
						   bool may_time)
{
	u8 line = PKPROF_LINE_PREEMPTED;
	struct pk_ledger_cpu *c;
	struct pk_thread *t;
	u64 now_ns, ran_ns;
	unsigned long at;
	u32 wanted;

	if (!likely(READ_ONCE(pk_ledger_live)))
		return;
	c = this_cpu_ptr(pk_ledger_cpus);
	t = c->running;
	if (may_time && unlikely(pk_ledger_is_timed(c->seq))) {
		pk_ledger_switch_timed(prev, next, state);
		return;
	}
	if (unlikely(!pk_tsc_clock_quick(&c->clock, &now_ns)))
		goto any;
	if (unlikely(t->task != prev)) {
		if (unlikely(t != &pk_idler || prev->pid))
			goto any;
		pk_ledger_cpu_write_begin(c);
		ran_ns = now_ns - c->since_ns;
		c->idle_ns += ran_ns;
		c->since_ns = now_ns;
		goto in;
	}
	if (pk_task_is_blocked(prev)) {
		line = pk_cause_quick(prev, state, &t->account.call);
		if (unlikely(line >= PKPROF_NR_LINES))
			goto any;
	} else if (HAVE_TASK_THROTTLED && unlikely(pk_task_is_throttled(prev))) {
		goto any;
	}
	ran_ns = now_ns - t->account.since_ns;
	if (unlikely(ran_ns > t->account.max_slice_ns || ran_ns > c->hists[PKPROF_HIST_SLICE].max_ns))
		goto any;
	pk_ledger_cpu_write_begin(c);
	pk_account_write_begin(&t->account);
	t->account.sums.ns[PKPROF_LINE_CPU] += ran_ns;
	t->account.sums.nr[PKPROF_LINE_CPU]++;
	t->account.since_ns = now_ns;
	t->account.state = line;
	pk_account_write_end(&t->account);
	t->hists->changed_ns = now_ns;
	pk_ledger_count(c, t, PKPROF_HIST_SLICE, ran_ns);
	c->since_ns = now_ns;

	if (unlikely(!next->pid)) {
		c->running = &pk_idler;
		pk_ledger_cpu_write_end(c);
		return;
	}
in:
	at = data_race(pk_ledger.threads[pk_thread_bucket(next)]);
	for (;;) {
		/* whoever was led astray or is not there is looked for with care */
		if (unlikely(at & 1))
			goto in_any;
		t = (struct pk_thread *)at;
		if (likely(data_race(t->task) == next))
			break;
		at = data_race(t->next);
	}
	wanted = READ_ONCE(pk_wait_wanted);
	if (unlikely(wanted) && pk_ledger_may_tell(t, next, wanted, now_ns))
		goto in_any;
	if (unlikely(READ_ONCE(pk_throttle_on)))
		goto in_any;
	if (unlikely(!pk_ledger_in_quick(c, t, now_ns)))
		goto in_any;
	c->running = t;
	pk_ledger_cpu_write_end(c);
	return;
any:
	pk_ledger_switch_any(prev, next, state);
	return;
in_any:
	pk_ledger_switch_in_any(c, prev, next, ran_ns, now_ns);
}

static noinline void pk_ledger_switch_timed(struct task_struct *prev, struct task_struct *next,
					    unsigned int state)
{
	struct pk_ledger_cpu *c = this_cpu_ptr(pk_ledger_cpus);
	u64 entered_ns = pk_clock_ns();

	pk_ledger_switch_usual(prev, next, state, false);
	pk_ledger_book_cost(c, entered_ns);
	pk_late_relax(c, entered_ns);
}

static __always_inline void pk_ledger_switch(void *data, struct task_struct *prev,
					     struct task_struct *next, unsigned int state)
{
	pk_ledger_switch_usual(prev, next, state, true);
}

PK_PROBE_SCHED_SWITCH_STATE(pk_ledger_switch_probe, pk_ledger_switch)

/* --- wake-ups --- */

/* A sleeper whom nobody has met; who wakes itself is running, and is met when it stops. */
static noinline void pk_ledger_wake_unknown(struct task_struct *p)
{
	u8 call = PKPROF_LINE_OTHER;
	struct pk_thread *t;
	u64 now_ns;

	if (p == current)
		return;
	now_ns = pk_clock_ns();
	t = pk_ledger_meet(p, pk_cause_of_task(p, pk_task_state(p), &call), now_ns);
	if (t && pk_account_is_asleep(&t->account))
		pk_account_wake(&t->account, now_ns);
}

/* Any wake-up, as pk_ledger_switch_any(). */
static noinline void pk_ledger_wakeup_any(struct task_struct *p)
{
	struct pk_ledger_cpu *c = this_cpu_ptr(pk_ledger_cpus);
	struct pk_thread *t = pk_thread_find(p);

	if (!t)
		pk_ledger_wake_unknown(p);
	else if (pk_account_is_asleep(&t->account))
		pk_account_wake(&t->account, pk_tsc_clock_ns(&c->clock));
}

static noinline void pk_ledger_wakeup_timed(struct task_struct *p);

static __always_inline void pk_ledger_wakeup_usual(struct task_struct *p, bool may_time)
{
	struct pk_ledger_cpu *c;
	struct pk_thread *t;
	unsigned long at;
	u64 now_ns;

	if (!likely(READ_ONCE(pk_ledger_live)))
		return;
	c = this_cpu_ptr(pk_ledger_cpus);
	if (may_time && unlikely(++c->nr_wakeups % PK_TIME_EVERY == 0)) {
		pk_ledger_wakeup_timed(p);
		return;
	}
	at = data_race(pk_ledger.threads[pk_thread_bucket(p)]);
	for (;;) {
		if (unlikely(at & 1))
			goto any;
		t = (struct pk_thread *)at;
		if (likely(data_race(t->task) == p))
			break;
		at = data_race(t->next);
	}
	if (unlikely(!pk_account_is_asleep(&t->account)))
		return;
	if (unlikely(!pk_tsc_clock_quick(&c->clock, &now_ns)))
		goto any;
	pk_account_wake(&t->account, now_ns);
	return;
any:
	pk_ledger_wakeup_any(p);
}

static noinline void pk_ledger_wakeup_timed(struct task_struct *p)
{
	u64 entered_ns = pk_clock_ns();

	pk_ledger_wakeup_usual(p, false);
	pk_ledger_book_cost(this_cpu_ptr(pk_ledger_cpus), entered_ns);
}

static void pk_ledger_wakeup(void *data, struct task_struct *p)
{
	pk_ledger_wakeup_usual(p, true);
}

/* A new task, not yet awake: fork returned it, and it is put on a run queue. */
static void pk_ledger_wakeup_new(void *data, struct task_struct *p)
{
	if (!likely(READ_ONCE(pk_ledger_live)))
		return;
	if (!pk_thread_create(p, PKPROF_LINE_WAKEUP,
			      pk_tsc_clock_ns(&this_cpu_ptr(pk_ledger_cpus)->clock)))
		atomic64_inc(&pk_ledger.nr_overflow);
}

PK_PROBE_CHECK(sched_wakeup, pk_ledger_wakeup)
PK_PROBE_CHECK(sched_wakeup_new, pk_ledger_wakeup_new)

static struct pk_tracepoint pk_ledger_tracepoints[] = {
	{ .name = "sched_switch", .probe = pk_ledger_switch_probe },
	{ .name = "sched_wakeup", .probe = pk_ledger_wakeup },
	{ .name = "sched_wakeup_new", .probe = pk_ledger_wakeup_new },
};

int pk_ledger_probes_find(void)
{
	return pk_tracepoints_find(pk_ledger_tracepoints, ARRAY_SIZE(pk_ledger_tracepoints));
}

int pk_ledger_probes_attach(void)
{
	return pk_tracepoints_attach(pk_ledger_tracepoints, ARRAY_SIZE(pk_ledger_tracepoints), NULL);
}

void pk_ledger_probes_detach(void)
{
	pk_tracepoints_detach(pk_ledger_tracepoints, ARRAY_SIZE(pk_ledger_tracepoints), NULL);
}

bool pk_ledger_wait_of(struct task_struct *p, struct pk_wait_over *ret)
{
	struct pk_thread *t = pk_thread_find(p);

	if (!t || t->account.state == PKPROF_LINE_CPU)
		return false;
	pk_ledger_wait(t, pk_tsc_clock_ns(&this_cpu_ptr(pk_ledger_cpus)->clock), ret);
	return true;
}

struct pk_asleep pk_ledger_asleep(struct task_struct *p)
{
	struct pk_thread *t = pk_thread_find(p);

	if (unlikely(!t || !pk_account_is_asleep(&t->account)))
		return (struct pk_asleep){ 0, 0 };
	return (struct pk_asleep){ t->account.since_ns,
				   pk_tsc_clock_ns(&this_cpu_ptr(pk_ledger_cpus)->clock) };
}
