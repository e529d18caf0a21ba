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
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/string.h>
#include <asm/ptrace.h>
#include <asm/switch_to.h>

#include "compat/preempt.h"
#include "stack_sched.h"
#include "unwind.h"

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
	struct pt_regs regs = { .ip = at->ip, .sp = at->sp, .bp = at->bp, .cs = __KERNEL_CS };
	struct pk_walk w = { .st = st, .max_depth = max_depth };

	st->nr = 0;
	st->end = PKPROF_END_ROOT;
	if (!max_depth)
		return;
	pk_unwind(&w, task, &regs);
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

bool pk_stack_capture_waker(struct pk_stack *st, u32 max_depth)
{
	bool interrupt = in_hardirq() || in_serving_softirq();
	struct pk_walk w = {
		.st = st,
		.max_depth = max_depth,
		.event = true,
		.stop_at_entry = interrupt,
	};
	struct pt_regs here;

	st->nr = 0;
	st->end = PKPROF_END_ROOT;
	pk_unwind_here(&here);
	pk_unwind(&w, current, &here);
	if (in_hardirq())
		return true;
	/* the end is an interrupt's entry: no system call number in user mode's registers */
	return interrupt && w.entry &&
	       (!user_mode((struct pt_regs *)w.entry) || (long)w.entry->orig_ax == -1);
}
