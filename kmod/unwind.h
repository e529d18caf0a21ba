/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walking the kernel half of a stack.
 *
 * In: registers to begin with. Out: addresses of callers, leaf first, and why they
 * end. The unwinder of the kernel decides; what it does at an address is remembered
 * (steps.h), so that most walks read the stack alone. A walk that meets what is not
 * known is the unwinder's from there on, and teaches some of it.
 */
#ifndef PK_UNWIND_H
#define PK_UNWIND_H

#include <linux/sched.h>
#include <linux/types.h>
#include <asm/ptrace.h>
#include "stack.h"

/**
 * struct pk_walk - what a walk is to do, and what it found besides the stack
 * @interrupted: the registers are an interrupt's; else they were made up, for an
 *		address that many walks begin with
 * @event:	leave out, at the leaf end, this module and the tracepoint that called it
 * @stop_at_entry: end where an interrupt came
 * @entry:	set to the registers at which the walk ended, if it did: those of user
 *		mode, or with @stop_at_entry those of an interrupt
 */
struct pk_walk {
	struct pk_stack *st;
	u32 max_depth;
	bool interrupted;
	bool event;
	bool stop_at_entry;
	const struct pt_regs *entry;
};

/**
 * pk_unwind - append the callers of where @regs are
 * @task:	current, or one that is off its CPU
 * @regs:	of kernel mode, on a stack of @task's or on this CPU's
 *
 * Context: irqs off or NMI; with the claim of the CPU's stacks if @task is current.
 */
void pk_unwind(struct pk_walk *w, struct task_struct *task, struct pt_regs *regs);

/* Registers of the function that this is in, for a walk from there. */
static __always_inline void pk_unwind_here(struct pt_regs *ret)
{
	*ret = (struct pt_regs){ .cs = __KERNEL_CS };
	asm volatile("lea (%%rip), %0\n\tmov %%rsp, %1\n\tmov %%rbp, %2"
		     : "=r" (ret->ip), "=r" (ret->sp), "=r" (ret->bp));
}

#define PK_UNWIND_EVENTS 2	/* tracepoints from which walks begin */

/* The tracepoint's function at @start is left out by walks of events. At load. */
void pk_unwind_leave_out(unsigned long start);

int pk_unwind_init(void);
void pk_unwind_deinit(void);

#endif
