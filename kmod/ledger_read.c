// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading the ledger while it is being written; see ledger.h.
 *
 * Entries are gone through by number. What is copied is consistent by the account's
 * sequence count; names and ids are the task's own, which stays for a grace period
 * after its account was closed.
 */
#include <linux/kernel_stat.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/tick.h>
#include "compat/clock.h"
#include "filter.h"
#include "ledger.h"
#include "ledger_state.h"
#include "throttle.h"

/* An event may be on its way while the reader is told the time: it counts as changed. */
#define PK_EPOCH_SLACK_NS 10000000ULL

/* Entries that are passed over between two chances for others. */
#define PK_READ_BATCH 256

static u64 pk_epoch(u64 epoch_ns)
{
	return epoch_ns > PK_EPOCH_SLACK_NS ? epoch_ns - PK_EPOCH_SLACK_NS : 0;
}

static void pk_read_comm(char dst[PKPROF_COMM_LEN], const struct task_struct *p)
{
	size_t len = strnlen(p->comm, PKPROF_COMM_LEN - 1);

	memcpy(dst, p->comm, len);
	memset(dst + len, 0, PKPROF_COMM_LEN - len);
}

void pk_ledger_read_info(struct pkprof_ledger_info *ret)
{
	const struct pk_ledger *l = &pk_ledger;
	unsigned int cpu;

	memset(ret, 0, sizeof(*ret));
	ret->from_ns = l->from_ns;
	ret->now_ns = pk_clock_ns();
	ret->memory_bytes = pk_ledger_memory_bytes();
	ret->memory_cap_bytes = l->cap_bytes;
	ret->nr_threads = READ_ONCE(l->thread_pool.nr_used);
	ret->nr_processes = READ_ONCE(l->process_pool.nr_used);
	ret->nr_overflow = atomic64_read(&l->nr_overflow);
	ret->nr_overflow_hist = atomic64_read(&l->nr_overflow_hist);
	ret->nr_aggregated = atomic64_read(&l->nr_aggregated);
	for_each_possible_cpu(cpu)
		ret->overflow_cpu_ns += READ_ONCE(per_cpu_ptr(pk_ledger_cpus, cpu)->overflow_ns);
}

/* A CPU's own account, as of one switch. */
static void pk_read_cpu_times(const struct pk_ledger_cpu *c, struct pkprof_ledger_cpu *ret)
{
	u64 seq, since_ns, now_ns, rest_ns;
	bool idle, offline;

	do {
		seq = READ_ONCE(c->seq);
		smp_rmb();
		since_ns = READ_ONCE(c->since_ns);
		ret->idle_ns = READ_ONCE(c->idle_ns);
		ret->offline_ns = READ_ONCE(c->offline_ns);
		idle = READ_ONCE(c->running) == &pk_idler;
		offline = READ_ONCE(c->offline);
		smp_rmb();
	} while (seq & 1 || READ_ONCE(c->seq) != seq);
	ret->nr_switches = seq / 2;
	now_ns = max(pk_clock_ns(), since_ns);
	rest_ns = now_ns - since_ns;
	if (offline)
		ret->offline_ns += rest_ns;
	else if (idle)
		ret->idle_ns += rest_ns;
	ret->online = !offline;
	ret->from_ns = pk_ledger.from_ns;
	ret->read_ns = now_ns;
	ret->busy_ns = now_ns - ret->from_ns - ret->idle_ns - ret->offline_ns;
}

void pk_ledger_read_cpu(unsigned int cpu, struct pkprof_ledger_cpu *ret)
{
	const u64 *kernel = kcpustat_cpu(cpu).cpustat;
	u64 iowait_us;

	memset(ret, 0, sizeof(*ret));
	ret->cpu = cpu;
	pk_read_cpu_times(per_cpu_ptr(pk_ledger_cpus, cpu), ret);
	ret->steal_ns = kernel[CPUTIME_STEAL];
	ret->softirq_ns = kernel[CPUTIME_SOFTIRQ];
	ret->irq_ns = kernel[CPUTIME_IRQ];
	iowait_us = cpu_online(cpu) ? get_cpu_iowait_time_us(cpu, NULL) : -1ULL;
	ret->iowait_ns = iowait_us == -1ULL ? kernel[CPUTIME_IOWAIT] : iowait_us * NSEC_PER_USEC;
}

/* --- threads --- */

/* Whether time passes on the run queue in which its quota may be used up: no event tells. */
static bool pk_may_be_throttled(const struct pk_account *a)
{
	return unlikely(READ_ONCE(pk_throttle_on)) && pk_account_queued_ns(a) &&
	       pk_account_may_be_throttled(a);
}

/* A consistent copy of an account in use that changed. Context: RCU read side. */
static bool pk_read_thread(const struct pk_thread *t, u64 epoch_ns, const struct pk_filter *filter,
			   struct pk_account *copy, struct task_struct **task_ret)
{
	struct task_struct *p = READ_ONCE(t->task);

	if (!p || (max(READ_ONCE(t->account.since_ns), READ_ONCE(t->account.woken_ns)) < epoch_ns &&
		   !pk_may_be_throttled(&t->account)))
		return false;
	if (!pk_account_read(&t->account, copy) || READ_ONCE(t->task) != p)
		return false;
	if (filter && !pk_filter_match(filter, p->tgid))
		return false;
	*task_ret = p;
	return true;
}

/* Context: RCU read side. */
static size_t pk_tell_thread(struct pk_account *copy, const struct task_struct *p,
			     struct pkprof_ledger_thread *ret)
{
	u64 read_ns = pk_clock_ns(), throttled_ns;
	size_t bytes;
	bool yet;

	pk_account_settle(copy);
	if (pk_may_be_throttled(copy)) {
		throttled_ns = pk_throttle_of(p, copy->since_ns, read_ns, &yet);
		if (throttled_ns)
			pk_account_split(copy, throttled_ns, yet, read_ns);
	}
	bytes = pk_account_tell(copy, read_ns, ret);
	ret->tid = p->pid;
	ret->tgid = p->tgid;
	ret->start_ns = p->start_time;
	if (p->flags & PF_KTHREAD)
		ret->flags |= PKPROF_TASK_KTHREAD;
	pk_read_comm(ret->comm, p);
	return bytes;
}

size_t pk_ledger_next_thread(u64 *pos, u64 epoch_ns, const struct pk_filter *filter, void *buf)
{
	unsigned int nr = *pos, end = pk_pool_end(&pk_ledger.thread_pool);
	struct pk_account copy;
	struct task_struct *p;
	size_t bytes = 0;

	epoch_ns = pk_epoch(epoch_ns);
	while (nr < end && !bytes) {
		rcu_read_lock();
		do {
			if (pk_read_thread(pk_pool_at(&pk_ledger.thread_pool, nr), epoch_ns, filter,
					   &copy, &p))
				bytes = pk_tell_thread(&copy, p, buf);
		} while (++nr < end && !bytes && nr % PK_READ_BATCH);
		rcu_read_unlock();
		cond_resched();
	}
	*pos = nr;
	return bytes;
}

size_t pk_ledger_next_alive(u64 *pos, const struct pk_filter *filter, u64 *ids, size_t max)
{
	unsigned int nr = *pos, end = pk_pool_end(&pk_ledger.thread_pool);
	size_t found = 0;

	for (; nr < end && found < max; nr++) {
		const struct pk_thread *t = pk_pool_at(&pk_ledger.thread_pool, nr);
		struct task_struct *p;
		u64 id;

		rcu_read_lock();
		id = READ_ONCE(t->account.id);
		p = READ_ONCE(t->task);
		if (p && id && (!filter || pk_filter_match(filter, p->tgid)))
			ids[found++] = id;
		rcu_read_unlock();
		if (nr % PK_READ_BATCH == 0)
			cond_resched();
	}
	*pos = nr;
	return found;
}

/* --- processes --- */

/* The leader may be a zombie or, after its exit's last breath, nobody. Context: RCU read side. */
static void pk_read_leader_comm(char comm[PKPROF_COMM_LEN], u32 tgid, u64 start_ns)
{
	struct task_struct *p = pid_task(find_pid_ns(tgid, &init_pid_ns), PIDTYPE_PID);

	memset(comm, 0, PKPROF_COMM_LEN);
	if (p && p->start_time == start_ns)
		pk_read_comm(comm, p);
}

static void pk_read_gone(struct pkprof_ledger_process *ret, struct pk_sums *sums)
{
	struct pk_ledger *l = &pk_ledger;
	unsigned long flags;

	raw_spin_lock_irqsave(&l->gone_lock, flags);
	*sums = l->gone;
	ret->nr_exited = l->nr_gone;
	raw_spin_unlock_irqrestore(&l->gone_lock, flags);
}

static size_t pk_tell_process(const struct pk_sums *sums, struct pkprof_ledger_process *ret)
{
	ret->read_ns = pk_clock_ns();
	memset(ret->reserved, 0, sizeof(ret->reserved));
	ret->nr_lines = pk_sums_tell(sums, ret->lines);
	return sizeof(*ret) + ret->nr_lines * sizeof(ret->lines[0]);
}

/* Return: whether it is a process with threads that are gone. Context: RCU read side. */
static bool pk_read_process(struct pk_process *process, u64 epoch_ns,
			    const struct pk_filter *filter, struct pkprof_ledger_process *ret,
			    struct pk_sums *sums)
{
	raw_spinlock_t *lock;
	unsigned long flags;
	bool told;

	if (READ_ONCE(process->changed_ns) < epoch_ns || !READ_ONCE(process->nr_exited))
		return false;
	lock = pk_process_lock_of(process);
	if (!lock)
		return false;
	raw_spin_lock_irqsave(lock, flags);
	told = process->signal && pk_process_lock_of(process) == lock && process->nr_exited &&
	       (!filter || pk_filter_match(filter, process->tgid));
	if (told) {
		ret->tgid = process->tgid;
		ret->nr_threads = process->nr_threads;
		ret->start_ns = process->start_ns;
		ret->nr_exited = process->nr_exited;
		*sums = process->dead;
	}
	raw_spin_unlock_irqrestore(lock, flags);
	return told;
}

size_t pk_ledger_next_process(u64 *pos, u64 epoch_ns, const struct pk_filter *filter, void *buf)
{
	unsigned int nr = *pos, end = pk_pool_end(&pk_ledger.process_pool);
	struct pkprof_ledger_process *ret = buf;
	struct pk_sums sums;

	epoch_ns = pk_epoch(epoch_ns);
	for (; nr < end; nr++) {
		bool told;

		rcu_read_lock();
		told = pk_read_process(pk_pool_at(&pk_ledger.process_pool, nr), epoch_ns, filter, ret,
				       &sums);
		if (told)
			pk_read_leader_comm(ret->comm, ret->tgid, ret->start_ns);
		rcu_read_unlock();
		if (nr % PK_READ_BATCH == 0)
			cond_resched();
		if (told) {
			*pos = nr + 1;
			return pk_tell_process(&sums, ret);
		}
	}
	if (*pos == U64_MAX || READ_ONCE(pk_ledger.gone_changed_ns) < max(epoch_ns, 1ULL))
		return 0;
	*pos = U64_MAX;
	memset(ret, 0, sizeof(*ret));
	pk_read_gone(ret, &sums);
	return pk_tell_process(&sums, ret);
}

/* --- distributions --- */

/*
 * An empty one is told where all are, so that the reader knows that what comes later
 * began after it.
 */
static size_t pk_tell_if(const struct pkprof_hist *told, size_t bytes, u64 epoch_ns)
{
	return told->count || !epoch_ns ? bytes : 0;
}

static size_t pk_tell_hist_of(const struct pk_hist *h, struct pkprof_hist *ret)
{
	size_t bytes = pk_hist_tell(h->nr, PKPROF_HIST_BUCKETS, ret);

	ret->sum_ns = READ_ONCE(h->sum_ns);
	ret->max_ns = READ_ONCE(h->max_ns);
	return bytes;
}

static size_t pk_tell_cpu_hist(unsigned int cpu, enum pkprof_hist_what what, u64 epoch_ns,
			       struct pkprof_hist *ret)
{
	const struct pk_ledger_cpu *c = per_cpu_ptr(pk_ledger_cpus, cpu);
	struct pkprof_ledger_cpu times;
	size_t bytes;

	if (!cpu_possible(cpu) || READ_ONCE(c->since_ns) < epoch_ns)
		return 0;
	bytes = pk_tell_hist_of(&c->hists[what], ret);
	ret->key = PKPROF_HIST_CPU;
	ret->id = cpu;
	ret->start_ns = 0;
	if (what == PKPROF_HIST_SLICE) {
		/* each time that a CPU is busy is somebody's slice */
		pk_read_cpu_times(c, &times);
		ret->sum_ns = times.busy_ns;
	}
	return pk_tell_if(ret, bytes, epoch_ns);
}

static size_t pk_tell_common_hist(enum pkprof_hist_what what, struct pkprof_hist *ret)
{
	size_t bytes = pk_tell_hist_of(&pk_ledger.common->of[what], ret);

	ret->key = PKPROF_HIST_PROCESS;
	ret->id = 0;
	ret->start_ns = 0;
	return ret->count ? bytes : 0;
}

static size_t pk_tell_process_hist(struct pk_process *process, enum pkprof_hist_what what,
				   u64 epoch_ns, const struct pk_filter *filter,
				   struct pkprof_hist *ret)
{
	raw_spinlock_t *lock = pk_process_lock_of(process);
	unsigned long flags;
	size_t bytes = 0;

	if (!lock)
		return 0;
	raw_spin_lock_irqsave(lock, flags);
	if (process->signal && pk_process_lock_of(process) == lock &&
	    process->hists != pk_ledger.common && process->hists->changed_ns >= epoch_ns &&
	    (!filter || pk_filter_match(filter, process->tgid))) {
		bytes = pk_tell_hist_of(&process->hists->of[what], ret);
		ret->key = PKPROF_HIST_PROCESS;
		ret->id = process->tgid;
		ret->start_ns = process->start_ns;
	}
	raw_spin_unlock_irqrestore(lock, flags);
	return bytes ? pk_tell_if(ret, bytes, epoch_ns) : 0;
}

static size_t pk_tell_thread_hist(const struct pk_thread *t, enum pkprof_hist_what what,
				  u64 epoch_ns, const struct pk_filter *filter,
				  struct pkprof_hist *ret)
{
	struct pk_account copy;
	struct task_struct *p;
	size_t bytes = 0;

	rcu_read_lock();
	if (pk_read_thread(t, epoch_ns, filter, &copy, &p)) {
		bytes = pk_hist_tell(copy.coarse[what], PKPROF_HIST_COARSE, ret);
		ret->key = PKPROF_HIST_THREAD;
		ret->id = p->pid;
		ret->start_ns = p->start_time;
		ret->sum_ns = what == PKPROF_HIST_SLICE ? copy.sums.ns[PKPROF_LINE_CPU] :
							  copy.sums.ns[PKPROF_LINE_WAKEUP] +
								  copy.sums.ns[PKPROF_LINE_PREEMPTED];
		ret->max_ns = what == PKPROF_HIST_SLICE ? copy.max_slice_ns : copy.max_runq_ns;
	}
	rcu_read_unlock();
	return bytes ? pk_tell_if(ret, bytes, epoch_ns) : 0;
}

/* A position: which kind in the upper half, number and enum pkprof_hist_what in the lower. */
enum pk_hist_phase {
	PK_PHASE_CPUS,
	PK_PHASE_COMMON,
	PK_PHASE_PROCESSES,
	PK_PHASE_THREADS,
	PK_PHASE_END
};

static unsigned int pk_phase_end(enum pk_hist_phase phase, bool coarse)
{
	switch (phase) {
	case PK_PHASE_CPUS:
		return nr_cpu_ids;
	case PK_PHASE_COMMON:
		return 1;
	case PK_PHASE_PROCESSES:
		return pk_pool_end(&pk_ledger.process_pool);
	case PK_PHASE_THREADS:
		return coarse ? pk_pool_end(&pk_ledger.thread_pool) : 0;
	default:
		return 0;
	}
}

static size_t pk_tell_hist_at(enum pk_hist_phase phase, unsigned int nr, u64 epoch_ns,
			      const struct pk_filter *filter, struct pkprof_hist *ret)
{
	enum pkprof_hist_what what = ret->what;

	switch (phase) {
	case PK_PHASE_CPUS:
		return pk_tell_cpu_hist(nr, what, epoch_ns, ret);
	case PK_PHASE_COMMON:
		return pk_tell_common_hist(what, ret);
	case PK_PHASE_PROCESSES:
		return pk_tell_process_hist(pk_pool_at(&pk_ledger.process_pool, nr), what, epoch_ns,
					    filter, ret);
	default:
		return pk_tell_thread_hist(pk_pool_at(&pk_ledger.thread_pool, nr), what, epoch_ns,
					   filter, ret);
	}
}

size_t pk_ledger_next_hist(u64 *pos, u64 epoch_ns, const struct pk_filter *filter, bool coarse,
			   void *buf)
{
	struct pkprof_hist *ret = buf;
	size_t bytes = 0;

	epoch_ns = pk_epoch(epoch_ns);
	while (!bytes && *pos >> 32 < PK_PHASE_END) {
		enum pk_hist_phase phase = *pos >> 32;
		u32 at = (u32)*pos;

		if (at / PKPROF_NR_HISTS >= pk_phase_end(phase, coarse)) {
			*pos = (u64)(phase + 1) << 32;
			continue;
		}
		ret->what = at % PKPROF_NR_HISTS;
		bytes = pk_tell_hist_at(phase, at / PKPROF_NR_HISTS, epoch_ns, filter, ret);
		if (++*pos % PK_READ_BATCH == 0)
			cond_resched();
	}
	return bytes;
}
