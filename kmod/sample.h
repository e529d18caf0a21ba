/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One on-CPU sample: what the timer and the counter source have in common.
 */
#ifndef PK_SAMPLE_H
#define PK_SAMPLE_H

#include <linux/preempt.h>
#include <linux/sched.h>
#include "stack.h"

struct pt_regs;
struct pk_session;

/* Room for both halves of a stack, too large for the kernel's. One per CPU and source. */
struct pk_sample_scratch {
	struct pk_stack kernel, user;
};

/* The CPU has nothing to do. Softirqs that run on the idle task are work. Hard irq or NMI. */
static inline bool pk_sample_is_idle(void)
{
	return is_idle_task(current) && !in_serving_softirq();
}

/**
 * pk_sample_take - write a sample of the current task, or count its loss
 * @src:	in whose books
 * @regs:	as interrupted; NULL: the current task is the caller
 * @shift:	it stands for 2^shift periods, at most PKPROF_SAMPLE_MAX_SHIFT
 *
 * The task's ids are of the initial pid namespace; the idle tasks are 0, 0.
 * Context: irqs off or NMI.
 */
void pk_sample_take(struct pk_session *s, enum pkprof_source src, struct pk_sample_scratch *scratch,
		    struct pt_regs *regs, u64 now_ns, u32 shift);

#endif
