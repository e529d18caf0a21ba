// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stacks around a switch, see stack_sched.h.
 *
 * In: what __switch_to_asm() left on the stack of a task that is off its CPU; or
 * the probe that runs in who wakes one up. Out: addresses, leaf first.
 *
 * A switched-out stack is unwound from made-up registers: those that it will have
 * in __schedule(). The unwinder begins at the caller of what such registers are
 * in, so neither __schedule() nor what follows the switch (finish_task_switch(), the
 * interrupt that takes the stack there) is in any of them.
 */
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/string.h>
#include <asm/ptrace.h>
#include <asm/switch_to.h>
#include <asm/unwind.h>

#include "compat/preempt.h"
#include "stack_sched.h"

void pk_stack_resume_of(struct task_struct *task, struct pk_resume *ret)
{
	struct inactive_task_frame *frame = (struct inactive_task_frame *)task->thread.sp;

	/* the stack's shadow, where there is one, is still that of the calls before */
	ret->ip = READ_ONCE_NOCHECK(frame->ret_addr);
	ret->bp = READ_ONCE_NOCHECK(frame->bp);
	ret->sp = (unsigned long)(frame + 1);
}

void pk_stack_capture_waiter(struct pk_stack *st, struct task_struct *task,
			     const struct pk_resume *at, u32 max_depth)
{
	struct pt_regs regs = { .ip = at->ip, .sp = at->sp, .bp = at->bp };
	struct unwind_state state;
	unsigned long ip;

	st->nr = 0;
	st->end = PKPROF_END_ROOT;
	if (!max_depth)
		return;
	for (unwind_start(&state, task, &regs, NULL); !unwind_done(&state);
	     unwind_next_frame(&state)) {
		ip = unwind_get_return_address(&state);
		if (!ip)
			break;
		if (st->nr == max_depth) {
			st->end = PKPROF_END_DEPTH;
			return;
		}
		st->ip[st->nr++] = ip;
	}
	st->end = pk_stack_unwind_end(&state);
	if (!st->nr)	/* not in __schedule(), but where a new task begins */
		st->ip[st->nr++] = at->ip;
}

void pk_text_find(unsigned long start, struct pk_text *ret)
{
	static char name[KSYM_SYMBOL_LEN];	/* one caller at a time */
	char *size;

	ret->start = start;
	sprint_symbol(name, start);	/* "function+0x0/0x5d [module]" */
	size = strchr(name, '/');
	ret->bytes = size ? simple_strtoul(size + 1, NULL, 16) : 0;
}

static bool pk_text_has(const struct pk_text *text, unsigned long ip)
{
	return ip - text->start < text->bytes;
}

/* The end of the walk is user mode, entered by an interrupt: no system call number. */
static bool pk_unwind_from_interrupt(struct unwind_state *state)
{
	struct pt_regs *regs = unwind_get_entry_regs(state, NULL);

	return regs && user_mode(regs) && (long)regs->orig_ax == -1;
}

bool pk_stack_capture_waker(struct pk_stack *st, const struct pk_text *skip, u32 max_depth)
{
	bool interrupt = in_hardirq() || in_serving_softirq();
	struct unwind_state state;
	unsigned long ip;

	st->nr = 0;
	st->end = PKPROF_END_ROOT;
	for (unwind_start(&state, current, NULL, NULL); !unwind_done(&state);
	     unwind_next_frame(&state)) {
		ip = unwind_get_return_address(&state);
		if (!ip)
			break;
		/* registers: what was interrupted begins here */
		if (interrupt && unwind_get_entry_regs(&state, NULL))
			return true;
		if (!st->nr && (within_module(ip, THIS_MODULE) || pk_text_has(skip, ip)))
			continue;
		if (st->nr >= max_depth) {
			st->end = PKPROF_END_DEPTH;
			return in_hardirq();
		}
		st->ip[st->nr++] = ip;
	}
	st->end = pk_stack_unwind_end(&state);
	return in_hardirq() || (interrupt && pk_unwind_from_interrupt(&state));
}
