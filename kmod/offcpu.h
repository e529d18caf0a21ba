/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stacks of waits, by time-weighted sampling: which waits are recorded is decided
 * by instants that all CPUs share (instants.h). The ledger tells when a wait is
 * over; this decides whether it is to be recorded, and has the stacks walked.
 */
#ifndef PK_OFFCPU_H
#define PK_OFFCPU_H

#include <linux/cache.h>
#include <linux/percpu.h>
#include <linux/types.h>
#include "instants.h"
#include "wait_over.h"

struct task_struct;

/* log2 of P, ns: the set of instants that holds now. Written when the rate calls for it. */
extern u32 pk_offcpu_p;

/* The instants around the present, as this CPU last looked; of another set: does not count. */
DECLARE_PER_CPU(struct pk_instants_gap, pk_offcpu_gap);

/*
 * No instant within [since, now), as far as a few instructions can tell. Irqs off.
 */
static __always_inline bool pk_offcpu_none(u64 since_ns, u64 now_ns)
{
	return pk_instants_none(this_cpu_ptr(&pk_offcpu_gap), READ_ONCE(pk_offcpu_p), since_ns,
				now_ns);
}

/*
 * Called by the ledger's sched_switch probe for each task but idle that is switched
 * in, if PK_WAIT_INSTANTS is wanted and not pk_offcpu_none(): irqs off, run-queue lock held,
 * @next's memory not mapped yet.
 */
void pk_offcpu_over(struct task_struct *next, const struct pk_wait_over *w);

/* The session's level of coarseness has changed. Context: control mutex, source attached. */
void pk_offcpu_coarsen(void);

#endif
