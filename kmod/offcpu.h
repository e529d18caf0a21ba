/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stacks of waits, by time-weighted sampling: which waits are recorded is decided
 * by instants that all CPUs share (instants.h). The ledger tells when a wait is
 * over; this decides whether it is to be recorded, and has the stacks walked.
 */
#ifndef PK_OFFCPU_H
#define PK_OFFCPU_H

#include <linux/jump_label.h>
#include <linux/types.h>

struct task_struct;

/* A wait that ended: what the ledger knows of it when @next is switched in. */
struct pk_wait_over {
	u64 since_ns;		/* switched out */
	u64 woken_ns;		/* runnable since; since_ns: it was preempted */
	u64 now_ns;
	u8 line;		/* enum pkprof_line of the blocked part */
	u8 runq_line;		/* of the runnable part */
};

/* On while source offcpu is attached. */
DECLARE_STATIC_KEY_FALSE(pk_offcpu_key);

/*
 * Called by the ledger's sched_switch probe for each task but idle that is switched
 * in, if the key is on: irqs off, run-queue lock held, @next's memory not mapped
 * yet. The common case, no instant within the wait, must cost a few instructions.
 */
void pk_offcpu_over(struct task_struct *next, const struct pk_wait_over *w);

#endif
