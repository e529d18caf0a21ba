/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stacks around a switch: of a task that is off its CPU or has just come back, and
 * of who wakes one up. They begin at the caller of __schedule(), whichever way they
 * were taken, so that equal waits have equal stacks. Like those of samples they
 * neither fault, sleep nor allocate, and are bounded by a depth.
 */
#ifndef PK_STACK_SCHED_H
#define PK_STACK_SCHED_H

#include <linux/types.h>
#include "stack.h"

struct task_struct;

/* Where a task that was switched out goes on: in __schedule(). */
struct pk_resume {
	unsigned long ip, sp, bp;
};

/*
 * Context: @task is not running, nor going to be meanwhile: the scheduler holds the
 * lock of its run queue, or it is blocked and its pi_lock is held.
 */
void pk_stack_resume_of(struct task_struct *task, struct pk_resume *ret);

/**
 * pk_stack_capture_waiter - kernel half of a task that is off its CPU
 * @task:	as above, or the current one, which resumed from there right now
 *
 * A task that was never in user mode nor ran yet has its entry as only frame.
 * Context: irqs off.
 */
void pk_stack_capture_waiter(struct pk_stack *st, struct task_struct *task,
			     const struct pk_resume *at, u32 max_depth);

/* The code of one function. */
struct pk_text {
	unsigned long start, bytes;
};

/* Look @start's function up; unknown: 0 bytes. May sleep, one caller at a time. */
void pk_text_find(unsigned long start, struct pk_text *ret);

/**
 * pk_stack_capture_waker - kernel half of the current task, from a probe's caller on
 *
 * In an interrupt or a softirq that came with one, what was interrupted has no part
 * in it: the stack ends at the interrupt's entry.
 * Context: irqs off. Return: whether that was so; then the user half has none either.
 */
bool pk_stack_capture_waker(struct pk_stack *st, u32 max_depth);

#endif
