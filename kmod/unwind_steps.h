/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps of the unwinder, taken from memory and taught to it; see unwind.h.
 */
#ifndef PK_UNWIND_STEPS_H
#define PK_UNWIND_STEPS_H

#include <linux/compiler.h>
#include <linux/percpu.h>
#include <asm/unwind.h>
#include "steps.h"
#include "unwind.h"

/* What lies between an event and who caused it. */
bool pk_unwind_is_own(unsigned long ip);

#ifdef CONFIG_UNWINDER_ORC

extern struct pk_steps pk_steps;

/* Bounds of a stack. */
struct pk_span {
	unsigned long low, high;
};

/* This CPU's stack of interrupts, once the unwinder has shown it; it stays where it is. high 0: not yet. */
DECLARE_PER_CPU(struct pk_span, pk_irq_stack);

static __always_inline unsigned long pk_word(unsigned long at)
{
	return READ_ONCE_NOCHECK(*(unsigned long *)at);
}

/**
 * pk_steps_walk - a walk from what is remembered, and by the unwinder where nothing is
 * @thorough_inout: learn also what is hardly ever needed; set if it was needed
 *
 * Only of the current task. Return: whether it came to its end; if not, what was
 * appended to the stack has no meaning.
 */
bool pk_steps_walk(struct pk_walk *w, struct pt_regs *regs, bool *thorough_inout);

/* Remember what the unwinder did at @ip, from registers made up for that. */
void pk_steps_learn(const struct pt_regs *regs, unsigned long ip, bool exact,
		    const struct pk_span *span, const struct unwind_state *after);

/* Whether an address is the very word on the stack. If not, that word is a tracer's. */
bool pk_state_is_plain(const struct unwind_state *state);

void pk_learn_irq_stack(const struct pk_span *stack);

int pk_steps_init(void);
void pk_steps_deinit(void);

#else

static inline bool pk_steps_walk(struct pk_walk *w, struct pt_regs *regs, bool *thorough_inout)
{
	*thorough_inout = false;
	return false;
}

static inline int pk_steps_init(void)
{
	return 0;
}

static inline void pk_steps_deinit(void)
{
}

#endif

#endif
