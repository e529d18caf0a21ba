/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wait ledger: an account of the time of each thread, fed by the scheduler's
 * tracepoints. There is one, shared by the session's source "sched" and by all
 * descriptors that watch; it is attached while anyone holds a reference.
 *
 * In: sched_switch, sched_wakeup and sched_wakeup_new, all of which run under the
 * task's run-queue lock, so an account has one writer at a time and needs no
 * lock of ours. Out: snapshots under each account's sequence count; the final
 * accounts of the dead in the session's ring.
 */
#ifndef PK_LEDGER_H
#define PK_LEDGER_H

#include <linux/types.h>
#include "uapi/pkprof.h"

struct pk_session;
struct pk_filter;
struct task_struct;
struct pk_wait_over;
struct netlink_ext_ack;

/* Module parameter: MB that accounts and distributions may take. */
#define PK_LEDGER_DEF_MB 64
#define PK_LEDGER_MAX_MB 65536u
extern unsigned int pk_ledger_mb;

/* Whether this kernel can do it: 0 or -errno. Context: module load, may sleep. */
int pk_ledger_works(void);

/**
 * pk_ledger_get - take a reference; the first one allocates and attaches
 * @extack:	gets the reason in words
 *
 * Tasks that are alive get their accounts before this returns; those blocked
 * already are classified from their saved registers and state.
 * Context: control mutex, may sleep. Return: 0, -ENOMEM, -EOPNOTSUPP.
 */
int pk_ledger_get(struct netlink_ext_ack *extack);

/* Drop a reference; the last one detaches and frees. Context: control mutex, may sleep. */
void pk_ledger_put(void);

/*
 * The session whose ring takes final accounts and long latencies, or NULL. When it
 * returns no handler uses the former one. The ledger must be attached.
 * Context: control mutex, may sleep.
 */
void pk_ledger_set_session(struct pk_session *s);

/*
 * The wait of a blocked or runnable task up to now, by this CPU's fast clock; woken_ns
 * is 0 while it is blocked. False: it is running, or has no account. Context: irqs
 * off, the task's state cannot change meanwhile (its pi_lock or run-queue lock is
 * held, as in the scheduler's tracepoints; the pi_lock alone does for a blocked one).
 */
bool pk_ledger_wait_of(struct task_struct *p, struct pk_wait_over *ret);

/* The most asked part of it, in two registers: @since_ns 0: not blocked, or woken already. */
struct pk_asleep {
	u64 since_ns, now_ns;
};
struct pk_asleep pk_ledger_asleep(struct task_struct *p);

/*
 * Reading, at any rate, by any number of readers, while the ledger is attached.
 * Context: task; the caller holds a reference, not the control mutex. A call takes
 * bounded time and no global lock.
 */

/* Bytes that the largest struct pkprof_ledger_thread, _process or pkprof_hist takes. */
#define PK_LEDGER_MAX_BYTES                                                                  \
	(sizeof(struct pkprof_hist) + PKPROF_HIST_BUCKETS * sizeof(struct pkprof_hist_bucket))

void pk_ledger_read_info(struct pkprof_ledger_info *ret);
void pk_ledger_read_cpu(unsigned int cpu, struct pkprof_ledger_cpu *ret);

/**
 * pk_ledger_next_thread - snapshot of the next account that changed
 * @pos:	where to go on, 0 at first; opaque
 * @epoch_ns:	only accounts with a transition at or after it; 0: all
 * @filter:	only these processes; NULL: all
 * @buf:	PK_LEDGER_MAX_BYTES, aligned to 8; gets a struct pkprof_ledger_thread
 *
 * May reschedule between accounts. Return: bytes used, 0: no more.
 */
size_t pk_ledger_next_thread(u64 *pos, u64 epoch_ns, const struct pk_filter *filter, void *buf);

/* The ids of the accounts of the living, up to @max of them. Return: how many, 0: no more. */
size_t pk_ledger_next_alive(u64 *pos, const struct pk_filter *filter, u64 *ids, size_t max);

/* As next_thread, struct pkprof_ledger_process: processes with threads that are gone, then tgid 0. */
size_t pk_ledger_next_process(u64 *pos, u64 epoch_ns, const struct pk_filter *filter, void *buf);

/*
 * Likewise, struct pkprof_hist: of CPUs (told whatever @filter), processes and, with
 * @coarse, threads, with values at or after the epoch; without an epoch the empty, too.
 */
size_t pk_ledger_next_hist(u64 *pos, u64 epoch_ns, const struct pk_filter *filter, bool coarse,
			   void *buf);

#endif
