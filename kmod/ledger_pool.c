// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ledger's memory: entries of threads and processes, from birth to death.
 *
 * In: tasks that come and go. Out: entries that are found by task, sums of the dead.
 * All of it is under the limit of the module parameter ledger_mb: five eighths are
 * for threads, one for processes and two for their distributions.
 * Entries are taken from pools that a worker fills as they run low; who finds
 * none is counted.
 */
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "ledger.h"
#include "ledger_state.h"
#include "throttle.h"

#define PK_PROVIDE_THREADS   1024	/* free ones at first, at least */
#define PK_PROVIDE_PROCESSES 256

unsigned int pk_ledger_mb = PK_LEDGER_DEF_MB;

static atomic64_t pk_nr_accounts;	/* since load: ids are never used twice */

static raw_spinlock_t *pk_thread_lock(unsigned int bucket)
{
	return &pk_ledger.bucket_locks[bucket % (PK_NR_BUCKET_LOCKS / 2)];
}

static raw_spinlock_t *pk_process_lock(unsigned int bucket)
{
	return &pk_ledger.bucket_locks[PK_NR_BUCKET_LOCKS / 2 + bucket % (PK_NR_BUCKET_LOCKS / 2)];
}

static unsigned int pk_process_bucket(const struct signal_struct *signal)
{
	return hash_ptr(signal, PK_PROCESS_HASH_BITS);
}

raw_spinlock_t *pk_process_lock_of(const struct pk_process *process)
{
	const struct signal_struct *signal = READ_ONCE(process->signal);

	return signal ? pk_process_lock(pk_process_bucket(signal)) : NULL;
}

/* --- memory --- */

static void pk_ledger_provide(struct work_struct *work)
{
	struct pk_ledger *l = &pk_ledger;

	pk_pool_provide(&l->thread_pool, 2 * l->thread_pool.low);
	pk_pool_provide(&l->process_pool, 2 * l->process_pool.low);
	pk_pool_provide(&l->hist_pool, 2 * l->hist_pool.low);
	pk_throttle_work();
}

static void pk_ledger_queue_provide(struct irq_work *work)
{
	schedule_work(&pk_ledger.provide);
}

/* On PREEMPT_RT a CPU on its way down runs no such work any more; the next event asks again. */
void pk_ledger_want(void)
{
	struct pk_ledger *l = &pk_ledger;

	if (likely(!pk_pool_is_low(&l->thread_pool) && !pk_pool_is_low(&l->process_pool) &&
		   !pk_pool_is_low(&l->hist_pool)))
		return;
	if (cpu_active(smp_processor_id()))
		irq_work_queue(&l->want);
}

static int pk_ledger_pools_init(struct pk_ledger *l)
{
	size_t cap = l->cap_bytes;
	int err;

	err = pk_pool_init(&l->thread_pool, sizeof(struct pk_thread), cap / 8 * 5);
	if (err)
		return err;
	err = pk_pool_init(&l->process_pool, sizeof(struct pk_process), cap / 8);
	if (err)
		return err;
	return pk_pool_init(&l->hist_pool, sizeof(struct pk_hists), cap / 8 * 2);
}

static unsigned int pk_count_tasks(unsigned int *nr_processes_ret)
{
	struct task_struct *g;
	unsigned int nr = 0;

	*nr_processes_ret = 0;
	rcu_read_lock();
	for_each_process(g) {
		++*nr_processes_ret;
		nr += get_nr_threads(g);
	}
	rcu_read_unlock();
	return nr;
}

static int pk_ledger_fill(struct pk_ledger *l)
{
	unsigned int nr_processes, nr_threads = pk_count_tasks(&nr_processes);
	unsigned int more_threads = max_t(unsigned int, nr_threads / 2, PK_PROVIDE_THREADS);
	unsigned int more_processes = max_t(unsigned int, nr_processes / 2, PK_PROVIDE_PROCESSES);

	l->thread_pool.low = more_threads / 2;
	l->process_pool.low = more_processes / 2;
	l->hist_pool.low = more_processes / 2;
	return pk_pool_provide(&l->thread_pool, nr_threads + more_threads) ?:
	       pk_pool_provide(&l->process_pool, nr_processes + more_processes) ?:
	       pk_pool_provide(&l->hist_pool, nr_processes + more_processes);
}

static int pk_ledger_buckets_init(struct pk_ledger *l)
{
	unsigned int i;

	l->threads = vmalloc(array_size(1u << PK_THREAD_HASH_BITS, sizeof(*l->threads)));
	l->processes = vzalloc(array_size(1u << PK_PROCESS_HASH_BITS, sizeof(*l->processes)));
	if (!l->threads || !l->processes)
		return -ENOMEM;
	for (i = 0; i < 1u << PK_THREAD_HASH_BITS; i++)
		l->threads[i] = pk_chain_end(i);
	for (i = 0; i < PK_NR_BUCKET_LOCKS / 2; i++)
		raw_spin_lock_init(&l->bucket_locks[i]);
	for (; i < PK_NR_BUCKET_LOCKS; i++)
		raw_spin_lock_init(&l->bucket_locks[i]);
	raw_spin_lock_init(&l->gone_lock);
	return 0;
}

static int pk_ledger_cpus_init(void)
{
	unsigned int cpu;

	pk_ledger_cpus = alloc_percpu(struct pk_ledger_cpu);
	if (!pk_ledger_cpus)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct pk_ledger_cpu *c = per_cpu_ptr(pk_ledger_cpus, cpu);

		c->late_ns = U64_MAX;
		c->running = &pk_nobody;
		pk_ledger.fixed_bytes += sizeof(*c);
	}
	return 0;
}

int pk_ledger_memory_init(void)
{
	struct pk_ledger *l = &pk_ledger;
	int err;

	memset(l, 0, offsetof(struct pk_ledger, bucket_locks));
	init_irq_work(&l->want, pk_ledger_queue_provide);
	INIT_WORK(&l->provide, pk_ledger_provide);
	l->cap_bytes = (size_t)clamp(READ_ONCE(pk_ledger_mb), 1u, PK_LEDGER_MAX_MB) << 20;
	l->fixed_bytes = sizeof(*l->threads) << PK_THREAD_HASH_BITS;
	err = pk_ledger_cpus_init();
	if (!err)
		err = pk_ledger_buckets_init(l);
	l->common = kvzalloc(sizeof(*l->common), GFP_KERNEL);
	if (!err && !l->common)
		err = -ENOMEM;
	if (!err)
		err = pk_ledger_pools_init(l);
	if (!err)
		err = pk_ledger_fill(l);
	if (err)
		pk_ledger_memory_deinit();
	return err;
}

/* Also of what was set up in part: the rest is NULL. */
void pk_ledger_memory_deinit(void)
{
	struct pk_ledger *l = &pk_ledger;

	irq_work_sync(&l->want);
	cancel_work_sync(&l->provide);
	pk_throttle_deinit();
	pk_pool_deinit(&l->thread_pool);
	pk_pool_deinit(&l->process_pool);
	pk_pool_deinit(&l->hist_pool);
	kvfree(l->common);
	vfree(l->processes);
	vfree(l->threads);
	l->threads = NULL;
	free_percpu(pk_ledger_cpus);
	pk_ledger_cpus = NULL;
}

size_t pk_ledger_memory_bytes(void)
{
	const struct pk_ledger *l = &pk_ledger;

	return l->fixed_bytes + pk_pool_bytes(&l->thread_pool) + pk_pool_bytes(&l->process_pool) +
	       pk_pool_bytes(&l->hist_pool);
}

/* --- processes --- */

static struct pk_hists *pk_hists_create(void)
{
	struct pk_hists *h = pk_pool_take(&pk_ledger.hist_pool);

	if (!h) {
		atomic64_inc(&pk_ledger.nr_overflow_hist);
		return pk_ledger.common;
	}
	h->changed_ns = 0;
	memset(h->of, 0, sizeof(h->of));
	return h;
}

static void pk_hists_destroy(struct pk_hists *h)
{
	if (h != pk_ledger.common)
		pk_pool_give(&pk_ledger.hist_pool, h);
}

static struct pk_process *pk_process_create(const struct task_struct *p, unsigned int bucket)
{
	struct pk_process *process = pk_pool_take(&pk_ledger.process_pool);

	if (!process)
		return NULL;
	process->tgid = p->tgid;
	process->nr_threads = 0;
	/* the leader of one that is unhashed may be gone */
	process->start_ns = pid_alive(p) ? p->group_leader->start_time : p->start_time;
	process->nr_exited = 0;
	process->changed_ns = 0;
	memset(&process->dead, 0, sizeof(process->dead));
	process->hists = pk_hists_create();
	process->next = pk_ledger.processes[bucket];
	pk_ledger.processes[bucket] = process;
	WRITE_ONCE(process->signal, p->signal);
	return process;
}

/* With one thread more; NULL: there is no room. */
static struct pk_process *pk_process_join(const struct task_struct *p)
{
	unsigned int bucket = pk_process_bucket(p->signal);
	raw_spinlock_t *lock = pk_process_lock(bucket);
	struct pk_process *process;
	unsigned long flags;

	raw_spin_lock_irqsave(lock, flags);
	for (process = pk_ledger.processes[bucket]; process; process = process->next) {
		if (process->signal == p->signal)
			break;
	}
	if (!process)
		process = pk_process_create(p, bucket);
	if (process)
		process->nr_threads++;
	raw_spin_unlock_irqrestore(lock, flags);
	return process;
}

static void pk_process_unlink(struct pk_process *process, unsigned int bucket)
{
	struct pk_process **at = &pk_ledger.processes[bucket];

	while (*at != process)
		at = &(*at)->next;
	*at = process->next;
	WRITE_ONCE(process->signal, NULL);
}

static void pk_ledger_add_gone(const struct pk_sums *sums, u64 nr, u64 now_ns)
{
	struct pk_ledger *l = &pk_ledger;
	unsigned long flags;

	raw_spin_lock_irqsave(&l->gone_lock, flags);
	pk_sums_add(&l->gone, sums);
	l->nr_gone += nr;
	l->gone_changed_ns = now_ns;
	raw_spin_unlock_irqrestore(&l->gone_lock, flags);
}

/*
 * One thread less; @sums of a dead one, NULL of one that never was. The last one's
 * is the process's end. Return: it is.
 */
static bool pk_process_leave(struct pk_process *process, const struct pk_sums *sums, u64 now_ns)
{
	unsigned int bucket = pk_process_bucket(process->signal);
	raw_spinlock_t *lock = pk_process_lock(bucket);
	unsigned long flags;
	bool last;

	raw_spin_lock_irqsave(lock, flags);
	if (sums) {
		pk_sums_add(&process->dead, sums);
		process->nr_exited++;
		process->changed_ns = now_ns;
	}
	last = !--process->nr_threads;
	if (last)
		pk_process_unlink(process, bucket);
	raw_spin_unlock_irqrestore(lock, flags);
	return last;
}

static void pk_process_destroy(struct pk_process *process)
{
	pk_hists_destroy(process->hists);
	pk_pool_give(&pk_ledger.process_pool, process);
}

/* --- threads --- */

/* Return: @t, or who was there before. */
static struct pk_thread *pk_thread_insert(struct pk_thread *t, struct task_struct *p)
{
	unsigned int bucket = pk_thread_bucket(p);
	raw_spinlock_t *lock = pk_thread_lock(bucket);
	struct pk_thread *other;
	unsigned long flags;

	raw_spin_lock_irqsave(lock, flags);
	other = pk_thread_find(p);
	if (!other) {
		WRITE_ONCE(t->next, pk_ledger.threads[bucket]);
		WRITE_ONCE(t->task, p);
		smp_store_release(&pk_ledger.threads[bucket], (unsigned long)t);
	}
	raw_spin_unlock_irqrestore(lock, flags);
	return other ?: t;
}

static void pk_thread_remove(struct pk_thread *t)
{
	unsigned int bucket = pk_thread_bucket(t->task);
	raw_spinlock_t *lock = pk_thread_lock(bucket);
	unsigned long flags, *at;

	raw_spin_lock_irqsave(lock, flags);
	at = &pk_ledger.threads[bucket];
	while (*at != (unsigned long)t)
		at = &((struct pk_thread *)*at)->next;
	WRITE_ONCE(*at, t->next);
	WRITE_ONCE(t->task, NULL);
	raw_spin_unlock_irqrestore(lock, flags);
}

struct pk_thread *pk_thread_create(struct task_struct *p, u8 state, u64 from_ns)
{
	struct pk_thread *t = pk_pool_take(&pk_ledger.thread_pool), *first;

	pk_ledger_want();
	if (!t)
		return NULL;
	t->process = pk_process_join(p);
	t->hists = t->process ? t->process->hists : pk_ledger.common;
	t->told_ns = 0;
	t->on_run = t->on = 0;
	pk_account_open(&t->account, atomic64_inc_return(&pk_nr_accounts), state, from_ns);
	first = pk_thread_insert(t, p);
	if (likely(first == t))
		return t;
	pk_account_close(&t->account);
	if (t->process && pk_process_leave(t->process, NULL, 0))
		pk_process_destroy(t->process);
	pk_pool_give(&pk_ledger.thread_pool, t);
	return first;
}

void pk_thread_bury(struct pk_thread *t, struct task_struct *p, u64 now_ns)
{
	struct pk_session *s = READ_ONCE(pk_ledger.session);
	struct pk_process *process = t->process;

	if (s)
		pk_tell_dead(s, t, p, now_ns);
	pk_thread_remove(t);
	if (!process) {
		pk_ledger_add_gone(&t->account.sums, 1, now_ns);
	} else if (pk_process_leave(process, &t->account.sums, now_ns)) {
		if (s)
			pk_tell_hists(s, process, p->pid, now_ns);
		pk_ledger_add_gone(&process->dead, process->nr_exited, now_ns);
		pk_process_destroy(process);
	}
	pk_account_close(&t->account);
	pk_pool_give(&pk_ledger.thread_pool, t);
}
