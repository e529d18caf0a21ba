/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the ledger share: its one state, the entries of threads and
 * processes, and how they are found. Nobody else includes this.
 *
 * An entry of a thread is found by its task's address. It is inserted and removed under
 * its bucket's lock; looking it up takes no lock. Entries come from pools and are
 * used again at once, so a look-up may be led into another chain, which it sees
 * by the chain's end mark, and starts anew. A look-up by whoever keeps the task
 * from being switched finds what is there, as nobody else then removes it.
 *
 * Order of locks: the scheduler's (pi_lock, run queue), process bucket, thread
 * bucket, pool. All are raw; all are taken with irqs off.
 */
#ifndef PK_LEDGER_STATE_H
#define PK_LEDGER_STATE_H

#include <linux/hash.h>
#include <linux/irq_work.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include "account.h"
#include "compat/config.h"
#include "pool.h"
#include "tsc_clock.h"

#define PK_THREAD_HASH_BITS  16
#define PK_PROCESS_HASH_BITS 12
#define PK_NR_BUCKET_LOCKS   256	/* several buckets share one */

/* A wait on the run queue is told as late from here on; more, where there are many. */
#define PK_LATE_MIN_NS 1000000ULL

/* Distributions of a process, or of those that found no room. */
struct pk_hists {
	struct pk_pool_link link;
	u64 changed_ns;
	struct pk_hist of[PKPROF_NR_HISTS];
};

/**
 * struct pk_process - a process that has accounts
 * @next:	chain of its bucket; it and all that follows under the bucket's lock
 * @signal:	key: what the threads of a process share as long as one exists
 * @nr_threads:	accounts
 * @nr_exited:	threads in @dead
 * @hists:	own or the ledger's common ones
 */
struct pk_process {
	struct pk_pool_link link;
	struct pk_process *next;
	const struct signal_struct *signal;	/* NULL: not in use */
	u32 tgid;
	u32 nr_threads;
	u64 start_ns;
	u64 nr_exited;
	u64 changed_ns;
	struct pk_sums dead;
	struct pk_hists *hists;
};

/**
 * struct pk_thread - a thread and its account
 * @task:	key; NULL: not in use
 * @next:	chain of its bucket: address of the next, or the bucket's end mark
 * @hists:	its process's
 * @on, @on_run: the disk that its wait or, from its end on, its run number @on_run is of,
 *		see waited.h; 0: not known
 * @told_ns:	up to then the wait that it is in is booked there
 */
struct pk_thread {
	struct pk_pool_link link;
	struct task_struct *task;
	unsigned long next;
	struct pk_hists *hists;
	struct pk_account account;
	struct pk_process *process;
	u64 told_ns;
	u32 on_run;
	u16 on;
};

/**
 * struct pk_ledger_cpu - of one CPU; written there with irqs off, but for hotplug
 * @seq:	odd while it is being written; half of it is the number of switches
 * @running:	of the task that runs; pk_nobody: not known, or no account; pk_idler
 * @since_ns:	the last switch
 * @late_ns:	a wait from here on is told; above all if no session takes it
 * @rare_ns:	a wait from here on is late, or this CPU's longest
 * @overflow_ns: time of tasks without an account
 * @nr_told:	handler runs that are in the session's books
 * @hists:	by enum pkprof_hist_what
 */
struct pk_ledger_cpu {
	u64 seq;
	struct pk_thread *running;
	u64 since_ns;
	u64 rare_ns;
	struct pk_tsc_clock clock;
	u64 late_ns;
	u64 nr_wakeups;
	u64 idle_ns, offline_ns, overflow_ns;
	u64 nr_told;
	u64 late_window_ns;
	u32 nr_late;			/* in this window */
	bool offline;
	struct pk_hist hists[PKPROF_NR_HISTS];
};

static __always_inline void pk_ledger_cpu_write_begin(struct pk_ledger_cpu *c)
{
	asm volatile("incq %0" : "+m"(c->seq) : : "memory", "cc");
	smp_wmb();
}

static __always_inline void pk_ledger_cpu_write_end(struct pk_ledger_cpu *c)
{
	smp_wmb();
	asm volatile("incq %0" : "+m"(c->seq) : : "memory", "cc");
}

/* Runs of the handlers. */
static inline u64 pk_ledger_hits(const struct pk_ledger_cpu *c)
{
	return c->seq / 2 + c->nr_wakeups;
}

/* Who runs where no account is charged. Never in use, so they are no task's. */
extern struct pk_thread pk_nobody, pk_idler;

extern struct pk_ledger_cpu __percpu *pk_ledger_cpus;

/* On while events are booked. */
extern bool pk_ledger_live;

/* The ledger; all is set before pk_ledger_live is. */
struct pk_ledger {
	unsigned int nr_users;		/* control mutex */
	u64 from_ns;			/* attached */
	unsigned long *threads;		/* buckets */
	struct pk_process **processes;
	struct pk_pool thread_pool, process_pool, hist_pool;
	size_t cap_bytes, fixed_bytes;
	struct pk_hists *common;	/* of processes that found no room */
	struct pk_session *session;	/* takes what is told, or NULL */
	raw_spinlock_t gone_lock;
	struct pk_sums gone;		/* of processes that are gone */
	u64 nr_gone, gone_changed_ns;	/* threads */
	atomic64_t nr_overflow, nr_overflow_hist, nr_aggregated;
	struct irq_work want;		/* pools are low */
	struct work_struct provide;
	raw_spinlock_t bucket_locks[PK_NR_BUCKET_LOCKS];
};

extern struct pk_ledger pk_ledger;

/* Where tasks are throttled, not whole queues, it is known of whom; else it may be anyone. */
static inline bool pk_account_may_be_throttled(const struct pk_account *a)
{
	return !HAVE_TASK_THROTTLED || a->flags & PK_ACCOUNT_THROTTLED;
}

/* End mark of a chain: odd, names its bucket. */
static __always_inline unsigned long pk_chain_end(unsigned int bucket)
{
	return (unsigned long)bucket << 1 | 1;
}

static __always_inline unsigned int pk_thread_bucket(const struct task_struct *p)
{
	return hash_ptr(p, PK_THREAD_HASH_BITS);
}

/* The account of a task that is not switched meanwhile, or NULL. */
static __always_inline struct pk_thread *pk_thread_find(const struct task_struct *p)
{
	unsigned int bucket = pk_thread_bucket(p);
	unsigned long at;

again:
	at = READ_ONCE(pk_ledger.threads[bucket]);
	while (likely(!(at & 1))) {
		struct pk_thread *t = (struct pk_thread *)at;

		if (likely(READ_ONCE(t->task) == p))
			return t;
		at = READ_ONCE(t->next);
	}
	if (unlikely(at != pk_chain_end(bucket)))
		goto again;
	return NULL;
}

static inline bool pk_task_is_running(const struct task_struct *p)
{
#ifdef CONFIG_SMP
	return READ_ONCE(p->on_cpu);
#else
	return p == current;
#endif
}

/* --- ledger_pool.c --- */

/* Pools, buckets. May sleep. Return: 0 or -ENOMEM. */
int pk_ledger_memory_init(void);
void pk_ledger_memory_deinit(void);
size_t pk_ledger_memory_bytes(void);

/**
 * pk_thread_create - an account for a task that has none
 * @state, @from_ns: as pk_account_open()
 *
 * Context: irqs off; @p is neither dead nor on its last switch meanwhile.
 * Return: it, or the one that somebody else has made just now, as that one has
 * it; NULL: there is no room.
 */
struct pk_thread *pk_thread_create(struct task_struct *p, u8 state, u64 from_ns);

/* The task is dead: book its account where the dead are, tell the session, free it. */
void pk_thread_bury(struct pk_thread *t, struct task_struct *p, u64 now_ns);

/* The lock that guards a process; NULL: it is not in use. */
raw_spinlock_t *pk_process_lock_of(const struct pk_process *process);

/* Ask for more memory, if pools are low. Context: any, irqs off. */
void pk_ledger_want(void);

/* --- ledger_switch.c: the probes --- */

int pk_ledger_probes_find(void);
int pk_ledger_probes_attach(void);
void pk_ledger_probes_detach(void);

/* --- ledger_tell.c: records for the session --- */

void pk_tell_dead(struct pk_session *s, const struct pk_thread *t, const struct task_struct *p,
		  u64 now_ns);
void pk_tell_hists(struct pk_session *s, const struct pk_process *process, u32 tid, u64 now_ns);
void pk_tell_late(struct pk_ledger_cpu *c, struct pk_session *s, const struct task_struct *prev,
		  const struct task_struct *next, u8 line, u64 queued_ns, u64 ran_ns, u64 now_ns);

/* Once in a while: the threshold of what is late follows what there is to tell. */
void pk_late_relax(struct pk_ledger_cpu *c, u64 now_ns);

/* --- ledger_walk.c --- */

/* Accounts for all tasks that have none. May sleep. */
void pk_ledger_walk(void);

#endif
