// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What waits for disks and sockets were for; see waited.h.
 *
 * In: waits that ended, from the ledger's switch probe; tracepoint sched_waking, as that is
 * in the waker, where sched_wakeup may come on another CPU; ends of requests, from source
 * block. Out: sums, read by dumps.
 *
 * An account says when a wait began and when its thread was woken. What is booked here is
 * just that, so that all targets together are what the account has, to the ns.
 */
#include <linux/cpumask.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include <linux/vmalloc.h>
#include "compat/task.h"
#include "compat/tracepoint.h"
#include "filter.h"
#include "ledger.h"
#include "ledger_state.h"
#include "session.h"
#include "tracepoint.h"
#include "waited.h"

/* An interrupt that ends a request has woken everybody by then, also in slow machines. */
#define PK_DISK_DONE_NS 1000000ULL

/* Threads between two chances for others. */
#define PK_WAITED_BATCH 256

DEFINE_PER_CPU(struct pk_disk_done, pk_disk_done);

/* Of the session that runs. Set before anything is wanted, until nobody is told any more. */
static struct pk_waited *pk_waited;

/* --- disks: who wakes whom --- */

/* The number of the run that a thread is in; one that waits is to be in the next one. */
static __always_inline u32 pk_run_of(const struct pk_thread *t)
{
	return READ_ONCE(t->account.sums.nr[PKPROF_LINE_WAKEUP]);
}

/* The disk whose request this CPU is just ending, in the caller's context; 0: none. */
static __always_inline u16 pk_disk_here(struct pk_ledger_cpu *c, bool interrupt)
{
	struct pk_disk_done *d = this_cpu_ptr(&pk_disk_done);

	if (likely(!d->target))
		return 0;
	if (d->ns < c->since_ns || pk_tsc_clock_ns(&c->clock) - d->ns > PK_DISK_DONE_NS) {
		d->target = 0;
		return 0;
	}
	return !!d->interrupt == interrupt ? d->target : 0;
}

/* What the thread that runs here was woken by, as long as this run lasts. */
static __always_inline u16 pk_disk_of_run(const struct pk_ledger_cpu *c)
{
	const struct pk_thread *t = c->running;

	return t->task == current && t->on_run == pk_run_of(t) ? t->on : 0;
}

static noinline void pk_waited_note(struct task_struct *p, u16 target, bool interrupt)
{
	struct pk_thread *t = pk_thread_find(p);
	u8 state;

	if (!t)
		return;
	state = t->account.state;
	/* its switch may be on its way on another CPU: by the books it runs */
	if (state != PKPROF_LINE_DISK &&
	    !(interrupt && (state == PKPROF_LINE_KTHREAD || state == PKPROF_LINE_CPU)))
		return;
	t->on = target;
	t->on_run = pk_run_of(t) + 1;
}

static void pk_waited_waking_probe(void *data, struct task_struct *p)
{
	struct pk_ledger_cpu *c = this_cpu_ptr(pk_ledger_cpus);
	bool interrupt = pk_in_interrupt();
	u16 target = pk_disk_here(c, interrupt);

	if (!target && !interrupt)
		target = pk_disk_of_run(c);
	if (unlikely(target))
		pk_waited_note(p, target, interrupt);
}

PK_PROBE_CHECK(sched_waking, pk_waited_waking_probe)

static struct pk_tracepoint pk_waited_tracepoints[] = {
	{ .name = "sched_waking", .probe = pk_waited_waking_probe },
};

/* --- booking --- */

static u16 pk_waited_target(struct pk_waited *x, const struct pk_thread *t,
			    const struct task_struct *p, u8 line)
{
	if (line == PKPROF_LINE_SOCKET)
		return pk_waited_peer(&x->peers, p);
	return t->on_run == pk_run_of(t) + 1 ? t->on : 0;
}

/* The part of a wait that is not booked yet. Context: irqs off; @p is not switched meanwhile. */
static void pk_waited_book_part(struct pk_waited *x, const struct pk_thread *t,
				const struct task_struct *p, u64 since_ns, u64 to_ns, u64 nr,
				u64 now_ns)
{
	struct pk_waited_what what = {
		.tgid = p->tgid,
		.line = t->account.state,
	};
	u64 from_ns = max3(since_ns, t->told_ns, x->from_ns);
	struct pk_waited_cell *cells = x->cpus[smp_processor_id()];

	if (!pk_filter_match(&x->session->filter, p->tgid))
		return;
	what.target = pk_waited_target(x, t, p, what.line);
	pk_waited_book(&cells[pk_waited_cell_of(&x->keys, &what)],
		       to_ns > from_ns ? to_ns - from_ns : 0, nr, now_ns);
}

void pk_waited_over(struct pk_thread *t, const struct task_struct *p, const struct pk_wait_over *w)
{
	pk_waited_book_part(pk_waited, t, p, w->since_ns, w->woken_ns, 1, w->now_ns);
}

/*
 * A thread that waits for a socket may do so for long: what is over of it is booked now.
 * Whose state says under its pi_lock that it sleeps is woken by nobody before that is given
 * back.
 */
static void pk_waited_settle(struct pk_waited *x, struct pk_thread *t)
{
	struct task_struct *p = READ_ONCE(t->task);
	unsigned long flags;
	u64 now_ns;

	if (!p)
		return;
	raw_spin_lock_irqsave(&p->pi_lock, flags);
	if (t->task == p && t->account.state == PKPROF_LINE_SOCKET &&
	    pk_account_is_asleep(&t->account) && pk_task_state(p) & TASK_NORMAL &&
	    pk_task_is_blocked(p) && !pk_task_is_running(p)) {
		now_ns = pk_tsc_clock_ns(&this_cpu_ptr(pk_ledger_cpus)->clock);
		pk_waited_book_part(x, t, p, t->account.since_ns, now_ns, 0, now_ns);
		t->told_ns = max(t->account.since_ns, now_ns);
	}
	raw_spin_unlock_irqrestore(&p->pi_lock, flags);
}

static void pk_waited_settle_all(struct pk_waited *x)
{
	unsigned int nr = 0, end = pk_pool_end(&pk_ledger.thread_pool);

	while (nr < end) {
		rcu_read_lock();
		do {
			struct pk_thread *t = pk_pool_at(&pk_ledger.thread_pool, nr);

			if (READ_ONCE(t->account.state) == PKPROF_LINE_SOCKET)
				pk_waited_settle(x, t);
		} while (++nr < end && nr % PK_WAITED_BATCH);
		rcu_read_unlock();
		cond_resched();
	}
}

/* --- reading --- */

static bool pk_waited_is_gone(u32 tgid)
{
	bool gone;

	rcu_read_lock();
	gone = !pid_task(find_pid_ns(tgid, &init_pid_ns), PIDTYPE_TGID);
	rcu_read_unlock();
	return gone;
}

/* Numbers of targets are those of rows, plus 1. Behind the peers are those without room. */
static void pk_waited_fill(const struct pk_waited *x, const struct pk_waited_told *told,
			   struct pkprof_wait_on *ret)
{
	unsigned int row = told->what.target - 1;
	const struct pk_net_who *who;

	if (!told->what.target)
		return;
	if (told->what.line == PKPROF_LINE_DISK) {
		ret->kind = PKPROF_ON_DEVICE;
		ret->device = row;
		return;
	}
	if (row >= x->peers.nr) {
		ret->kind = row - x->peers.nr;
		ret->flags |= PKPROF_ON_OTHERS;
		return;
	}
	who = &x->peers.key[row].who;
	ret->kind = who->role;
	ret->family = who->family;
	ret->port = who->port;
	memcpy(ret->remote, who->remote, sizeof(ret->remote));
	memcpy(ret->local, who->local, sizeof(ret->local));
}

size_t pk_waited_next(struct pk_waited *x, u64 *pos, u64 epoch_ns, const struct pk_filter *filter,
		      void *buf)
{
	struct pkprof_wait_on *ret = buf;
	struct pk_waited_told told;
	bool idle;

	if (!*pos && READ_ONCE(pk_waited) == x && x->wanted & PK_WAIT_LINE(SOCKET))
		pk_waited_settle_all(x);
	/* the probe that took the time of a change may not have made it yet */
	epoch_ns -= min_t(u64, epoch_ns, NSEC_PER_SEC);
	while (*pos < PK_WAITED_NR) {
		unsigned int at = (*pos)++;

		cond_resched();
		if (!pk_waited_tell(&x->keys, x->cpus, nr_cpu_ids, at, epoch_ns, &idle, &told)) {
			if (idle && told.what.tgid && pk_waited_is_gone(told.what.tgid))
				pk_waited_free(&x->keys, x->cpus, nr_cpu_ids, at);
			continue;
		}
		if (filter && told.what.tgid && !pk_filter_match(filter, told.what.tgid))
			continue;
		*ret = (struct pkprof_wait_on){
			.cell = at, .id = told.id, .tgid = told.what.tgid, .line = told.what.line,
			.flags = told.any_tgid ? PKPROF_ON_ANY_TGID : 0,
			.nr = told.nr, .ns = told.ns,
		};
		pk_waited_fill(x, &told, ret);
		return sizeof(*ret);
	}
	return 0;
}

/* --- life --- */

static u32 pk_waited_lines(const struct pk_session *s)
{
	return (s->cfg.sources & BIT(PKPROF_SRC_BLOCK) ? PK_WAIT_LINE(DISK) : 0) |
	       (s->cfg.sources & BIT(PKPROF_SRC_TCP) ? PK_WAIT_LINE(SOCKET) : 0);
}

void pk_waited_destroy(struct pk_waited *x)
{
	unsigned int cpu;

	if (!x)
		return;
	for (cpu = 0; x->cpus && cpu < nr_cpu_ids; cpu++)
		vfree(x->cpus[cpu]);
	kfree(x->cpus);
	vfree(x);
}

static struct pk_waited *pk_waited_create(struct pk_session *s)
{
	struct pk_waited *x = vzalloc(sizeof(*x));
	unsigned int cpu;

	if (!x)
		return NULL;
	x->session = s;
	x->wanted = pk_waited_lines(s);
	x->peers.nr = PK_NET_MAX_CELLS;
	x->cpus = kcalloc(nr_cpu_ids, sizeof(*x->cpus), GFP_KERNEL);
	for_each_possible_cpu(cpu) {
		if (!x->cpus)
			break;
		x->cpus[cpu] = vzalloc_node(PK_WAITED_NR * sizeof(**x->cpus), cpu_to_node(cpu));
		if (x->cpus[cpu])
			continue;
		pk_waited_destroy(x);
		return NULL;
	}
	if (x->cpus)
		return x;
	pk_waited_destroy(x);
	return NULL;
}

int pk_waited_attach(struct pk_session *s)
{
	struct pk_waited *x;
	unsigned int cpu;

	if (!pk_waited_lines(s))
		return 0;
	x = pk_waited_create(s);
	if (!x)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		per_cpu(pk_disk_done, cpu).target = 0;
	x->from_ns = pk_clock_ns();
	s->waited = x;
	WRITE_ONCE(pk_waited, x);
	pk_wait_want(x->wanted);
	return 0;
}

int pk_waited_attach_probes(struct pk_session *s)
{
	struct pk_waited *x = s->waited;
	int err;

	if (!x || !(x->wanted & PK_WAIT_LINE(DISK)))
		return 0;
	err = pk_tracepoints_find(pk_waited_tracepoints, ARRAY_SIZE(pk_waited_tracepoints)) ?:
	      pk_tracepoints_attach(pk_waited_tracepoints, ARRAY_SIZE(pk_waited_tracepoints), x);
	x->probed = !err;
	return err;
}

void pk_waited_detach(struct pk_session *s)
{
	struct pk_waited *x = s->waited;

	if (!x)
		return;
	pk_wait_unwant(x->wanted);
	if (x->probed)
		pk_tracepoints_detach(pk_waited_tracepoints, ARRAY_SIZE(pk_waited_tracepoints), x);
	x->probed = false;
	/* the ledger's probes may yet be at it */
	tracepoint_synchronize_unregister();
	WRITE_ONCE(pk_waited, NULL);
}
