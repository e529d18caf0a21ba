/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What waits for disks and sockets were for; part of the ledger.
 *
 * A wait is booked when it is over, with what ended it.
 *
 * Disk. The truth is in the waking: what a thread waits for is what wakes it. When a
 * request ends its CPU notes the device; who is woken in the same interrupt waited for that
 * one. A thread that is so woken carries the device through its run, and so do workers of
 * the kernel: whom they wake on their part waited for it, too (a journal's commit, a page
 * that somebody else reads, a lock whose holder waited for the disk). What nobody can be
 * seen to have waited for is not known. A note is good for one run, which is told by its
 * number, or for one interrupt: no switch has been since on that CPU, and at most 1 ms.
 *
 * Socket. The system call's registers and the table of files say which socket it is, for as
 * long as the thread is blocked in it. So nothing has to be noted beforehand, and it holds
 * for waits that began before the session as well.
 */
#ifndef PK_WAITED_H
#define PK_WAITED_H

#include <linux/percpu.h>
#include <linux/types.h>
#include "compat/preempt.h"
#include "net_sums.h"
#include "wait_over.h"
#include "waited_sums.h"

struct pk_block;
struct pk_session;
struct pk_thread;
struct task_struct;

/**
 * struct pk_waited - what a session knows; stays until the session goes
 * @from_ns:	begin: of a wait that is older only what is behind it counts
 * @peers:	sockets by kind and address; role: enum pkprof_wait_on_kind
 */
struct pk_waited {
	struct pk_session *session;
	u64 from_ns;
	u32 wanted;		/* of pk_wait_wanted */
	bool probed;		/* tracepoints are attached */
	struct pk_waited_cell **cpus;	/* nr_cpu_ids, NULL where there is none */
	struct pk_waited_keys keys;
	struct pk_net_keys peers;
};

/* --- block devices: the last request that ended on this CPU --- */

struct pk_disk_done {
	u64 ns;
	u16 target;	/* row of the device plus 1; 0: none, or too long ago */
	u32 interrupt;	/* not 0: in one */
};
DECLARE_PER_CPU(struct pk_disk_done, pk_disk_done);

/* Not 0: yes. */
static __always_inline u32 pk_in_interrupt(void)
{
	return hardirq_count() | in_serving_softirq();
}

/* Called by source block before the request's end is told to who waits for it. Irqs off. */
static __always_inline void pk_waited_disk_done(u16 device, u64 now_ns)
{
	this_cpu_write(pk_disk_done.ns, now_ns);
	this_cpu_write(pk_disk_done.target, device + 1);
	this_cpu_write(pk_disk_done.interrupt, pk_in_interrupt());
}

/* --- life; control mutex --- */

/*
 * Before the ledger is attached: else waits would be in accounts, and not here. Nothing is
 * to be done unless source block or tcp is asked for.
 */
int pk_waited_attach(struct pk_session *s);
/* Then, with the ledger attached. After an error, as ever, detach. */
int pk_waited_attach_probes(struct pk_session *s);
void pk_waited_detach(struct pk_session *s);
/* Context: may sleep. NULL is fine. */
void pk_waited_destroy(struct pk_waited *x);

/* --- the ledger's side --- */

/* A wait of a line that is wanted is over. Context: the sched_switch probe. */
void pk_waited_over(struct pk_thread *t, const struct task_struct *p, const struct pk_wait_over *w);

/* --- waited_peer.c --- */

/*
 * The number of the socket that a task is blocked on, or was when it was switched out last;
 * 0: not known. Context: irqs off; @p does not run.
 */
u16 pk_waited_peer(struct pk_net_keys *peers, const struct task_struct *p);

/* --- reading, as pk_vfs_next_ops() --- */

size_t pk_waited_next(struct pk_waited *x, u64 *pos, u64 epoch_ns, const struct pk_filter *filter,
		      void *buf);

#endif
