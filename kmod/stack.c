// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Capture of stacks with irqs off, and sending of new ones.
 *
 * In: the registers that the interrupt saved, if there was one. Out: addresses, leaf first, and
 * why they end. The kernel half goes through nested interrupts and irq stacks, see
 * unwind.h. The user half follows frame
 * pointers, each of which must lie above the last one, so that no chain is a
 * loop; memory that is not there ends it. Both halves take at most the depth
 * limit's number of steps. Code compiled without frame pointers shows its leaf
 * and what its base pointer happens to lead to.
 */
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/uaccess.h>
#include <asm/ptrace.h>

#include "session.h"
#include "stack.h"
#include "unwind.h"

void pk_stack_capture_kernel(struct pk_stack *st, struct pt_regs *regs, u32 max_depth)
{
	struct pk_walk w = {
		.st = st,
		.max_depth = max_depth,
		.interrupted = regs,
		.event = !regs,
	};
	struct pt_regs here;

	st->nr = 0;
	st->end = PKPROF_END_ROOT;
	if (!max_depth || (regs && user_mode(regs)))
		return;
	if (regs) {
		/* a walk starts at the caller of what was interrupted */
		st->ip[st->nr++] = regs->ip;
	} else {
		pk_unwind_here(&here);
		regs = &here;
	}
	pk_unwind(&w, current, regs);
}

/* What a frame pointer points at, in either width. */
struct pk_frame {
	u64 next;	/* the caller's frame pointer */
	u64 ret;	/* return address */
};

/* With all checks that there are, also whether this memory can be read now at all. */
static int pk_frame_read_first(struct pk_frame *f, u64 fp, bool compat)
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

/* What follows the first, in a tenth of its instructions. Page faults are disabled. */
static __always_inline int pk_frame_read(struct pk_frame *f, u64 fp, bool compat)
{
	const u64 __user *wide = (const u64 __user *)fp;
	const u32 __user *narrow = (const u32 __user *)fp;

	if (!user_access_begin(wide, sizeof(*f)))
		return -EFAULT;
	if (!compat) {
		unsafe_get_user(f->next, wide, fault);
		unsafe_get_user(f->ret, wide + 1, fault);
	} else {
		unsafe_get_user(f->next, narrow, fault);
		unsafe_get_user(f->ret, narrow + 1, fault);
	}
	user_access_end();
	return 0;

fault:
	user_access_end();
	return -EFAULT;
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

/* From @fp on. Page faults are disabled. Return: enum pkprof_stack_end. */
static u32 pk_stack_walk_frames(struct pk_stack *st, u64 fp, u64 floor, bool compat, u32 max_depth)
{
	struct pk_frame frame;

	while (fp >= floor && fp % (compat ? 4 : 8) == 0 && fp < TASK_SIZE_MAX - sizeof(frame)) {
		if (st->nr == max_depth)
			return PKPROF_END_DEPTH;
		if (st->nr == 1 ? pk_frame_read_first(&frame, fp, compat) :
				  pk_frame_read(&frame, fp, compat))
			return PKPROF_END_FAULT;
		if (frame.ret < PAGE_SIZE || frame.ret >= TASK_SIZE_MAX)
			return PKPROF_END_BAD_FRAME;
		st->ip[st->nr++] = frame.ret;
		floor = fp + 1;
		fp = frame.next;
	}
	/* programs and threads start with a frame pointer of 0 */
	return !fp && st->nr > 1 ? PKPROF_END_ROOT : PKPROF_END_BAD_FRAME;
}

void pk_stack_walk_user(struct pk_stack *st, struct pt_regs *regs, u32 max_depth)
{
	st->nr = 0;
	st->end = PKPROF_END_ROOT;
	/* a kernel address here is a jump that is just about to fault */
	if (!max_depth || !regs || regs->ip >= TASK_SIZE_MAX)
		return;
	st->ip[st->nr++] = regs->ip;
	pagefault_disable();
	/* a frame lies above what is in use below it */
	st->end = pk_stack_walk_frames(st, regs->bp, regs->sp, !user_64bit_mode(regs), max_depth);
	pagefault_enable();
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
