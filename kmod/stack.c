// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Capture of stacks with irqs off, and sending of new ones.
 *
 * In: the registers that the interrupt saved, if there was one. Out: addresses, leaf first, and
 * why they end. The kernel half follows the unwind tables (ORC) of the kernel
 * itself, through nested interrupts and irq stacks. The user half follows frame
 * pointers, each of which must lie above the last one, so that no chain is a
 * loop; memory that is not there ends it. Both halves take at most the depth
 * limit's number of steps. Code compiled without frame pointers shows its leaf
 * and what its base pointer happens to lead to.
 */
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/uaccess.h>
#include <asm/ptrace.h>
#include <asm/unwind.h>

#include "session.h"
#include "stack.h"

/* The end of a kernel half: user mode, or something the unwinder cannot pass. */
u32 pk_stack_unwind_end(struct unwind_state *state)
{
	struct pt_regs *regs = unwind_get_entry_regs(state, NULL);

	if (regs && user_mode(regs))
		return PKPROF_END_ROOT;
	return unwind_done(state) && !unwind_error(state) ? PKPROF_END_ROOT : PKPROF_END_UNWIND;
}

void pk_stack_capture_kernel(struct pk_stack *st, struct pt_regs *regs, u32 max_depth)
{
	struct unwind_state state;
	unsigned long ip;

	st->nr = 0;
	st->end = PKPROF_END_ROOT;
	if (!max_depth || (regs && user_mode(regs)))
		return;
	/* the unwinder starts at the caller of what was interrupted */
	if (regs)
		st->ip[st->nr++] = regs->ip;
	for (unwind_start(&state, current, regs, NULL); !unwind_done(&state);
	     unwind_next_frame(&state)) {
		ip = unwind_get_return_address(&state);
		if (!ip)	/* user mode; else a trampoline or code of a JIT */
			break;
		if (!regs && !st->nr && within_module(ip, THIS_MODULE))
			continue;
		if (st->nr == max_depth) {
			st->end = PKPROF_END_DEPTH;
			return;
		}
		st->ip[st->nr++] = ip;
	}
	st->end = pk_stack_unwind_end(&state);
}

/* What a frame pointer points at, in either width. */
struct pk_frame {
	u64 next;	/* the caller's frame pointer */
	u64 ret;	/* return address */
};

static int pk_frame_read(struct pk_frame *f, u64 fp, bool compat)
{
	u32 narrow[2];

	if (!compat)
		return copy_from_user_nofault(f, (const void __user *)fp, sizeof(*f));
	if (copy_from_user_nofault(narrow, (const void __user *)fp, sizeof(narrow)))
		return -EFAULT;
	f->next = narrow[0];
	f->ret = narrow[1];
	return 0;
}

/*
 * The registers with which this task will return to user mode, or NULL. A
 * kernel thread has none, nor memory to walk, even while it borrows some. From
 * exec's start to its end registers and memory may belong to two programs.
 */
static struct pt_regs *pk_user_regs(struct pt_regs *regs)
{
	if (regs && user_mode(regs))
		return regs;
	if ((current->flags & PF_KTHREAD) || !current->mm || current->in_execve)
		return NULL;
	regs = task_pt_regs(current);
	/* workers of io_uring have memory, but never were in user mode */
	return user_mode(regs) ? regs : NULL;
}

void pk_stack_capture_user(struct pk_stack *st, struct pt_regs *regs, u32 max_depth)
{
	pk_stack_walk_user(st, pk_user_regs(regs), max_depth);
}

void pk_stack_walk_user(struct pk_stack *st, struct pt_regs *regs, u32 max_depth)
{
	struct pk_frame frame;
	u64 fp, floor;
	bool compat;

	st->nr = 0;
	st->end = PKPROF_END_ROOT;
	/* a kernel address here is a jump that is just about to fault */
	if (!max_depth || !regs || regs->ip >= TASK_SIZE_MAX)
		return;
	compat = !user_64bit_mode(regs);
	st->ip[st->nr++] = regs->ip;
	fp = regs->bp;
	floor = regs->sp;	/* a frame lies above what is in use below it */
	st->end = PKPROF_END_BAD_FRAME;
	while (fp >= floor && fp % (compat ? 4 : 8) == 0 && fp < TASK_SIZE_MAX - sizeof(frame)) {
		if (st->nr == max_depth) {
			st->end = PKPROF_END_DEPTH;
			return;
		}
		if (pk_frame_read(&frame, fp, compat)) {
			st->end = PKPROF_END_FAULT;
			return;
		}
		if (frame.ret < PAGE_SIZE || frame.ret >= TASK_SIZE_MAX)
			return;
		st->ip[st->nr++] = frame.ret;
		floor = fp + 1;
		fp = frame.next;
	}
	/* programs and threads start with a frame pointer of 0 */
	if (!fp && st->nr > 1)
		st->end = PKPROF_END_ROOT;
}

int pk_stack_intern(struct pk_session *s, enum pkprof_stack_kind kind, const struct pk_stack *st,
		    u32 tid, u64 time_ns, u32 *slot_ret)
{
	struct pk_stack_table *table = &pk_session_this_cpu(s)->stacks[kind];
	size_t ip_bytes = st->nr * sizeof(st->ip[0]);
	struct pkprof_rec_stack *r;
	u64 hash;

	*slot_ret = PKPROF_NO_STACK;
	if (!st->nr)
		return 0;
	if (pk_stack_lookup(table, st, s->seed, &hash, slot_ret))
		return 0;
	r = pk_emit_begin(s, PKPROF_SRC_DEF, PKPROF_REC_STACK, sizeof(*r) + ip_bytes, tid,
			  time_ns);
	if (!r)
		return -ENOBUFS;
	r->slot = *slot_ret;
	r->nr = st->nr;
	r->kind = kind;
	r->end = st->end;
	memcpy(r->ip, st->ip, ip_bytes);
	pk_emit_end(s);
	pk_stack_define(table, *slot_ret, hash);
	return 0;
}
