// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Capture of stacks with irqs off, and sending of new ones.
 *
 * In: the registers that the interrupt saved, if there was one. Out: addresses, leaf first, and
 * why they end. The kernel half goes through nested interrupts and irq stacks, see
 * unwind.h; the user half by unwind rows, see uwalk.h. Both take at most the depth limit's
 * number of steps; memory that is not there ends them.
 */
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/uaccess.h>
#include <asm/fsgsbase.h>
#include <asm/ptrace.h>

#include "python.h"
#include "session.h"
#include "spaces.h"
#include "stack.h"
#include "unwind.h"

/* Whose code objects are told, and to whom. */
struct pk_stack_teller {
	struct pk_session *s;
	struct task_struct *task;
};

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

/* By DWARF's numbers. */
static void pk_uregs_fill(struct pk_uregs *to, const struct pt_regs *regs)
{
	*to = (struct pk_uregs){
		.ip = regs->ip,
		.reg = { regs->ax, regs->dx, regs->cx, regs->bx, regs->si, regs->di, regs->bp,
			 regs->sp, regs->r8, regs->r9, regs->r10, regs->r11, regs->r12, regs->r13,
			 regs->r14, regs->r15 },
	};
}

/*
 * With all checks that there are: whether user memory can be read now at all. The words that
 * follow are read in a tenth of its instructions. The lowest page of a stack may just be
 * about to be made; callers lie above it.
 */
static bool pk_user_memory_is_there(const struct pt_regs *regs)
{
	u32 word;

	return !copy_from_user_nofault(&word, (const void __user *)regs->sp, sizeof(word)) ||
	       !copy_from_user_nofault(&word, (const void __user *)(regs->sp + PAGE_SIZE), sizeof(word));
}

/*
 * A forked process has its parent's until it has been in user mode for the first time. That
 * one's struct mm_struct is only compared with those that are known.
 */
static const struct pk_ranges *pk_user_ranges(const struct pk_session *s)
{
	const struct pk_ranges *ranges = pk_spaces_find(s->spaces, current->mm);

	if (ranges || !(current->flags & PF_FORKNOEXEC))
		return ranges;
	return pk_spaces_find(s->spaces, READ_ONCE(rcu_dereference(current->real_parent)->mm));
}

/* This CPU's, where nobody else can walk here meanwhile. */
static struct pk_rule_memo *pk_this_memo(struct pk_session *s)
{
	return irqs_disabled() && !in_nmi() ? pk_session_this_cpu(s)->memo : NULL;
}

/* --- Python frames --- */

/* What pthread_self() returns in the task: the address of its thread's data. */
static u64 pk_user_thread(const struct task_struct *task)
{
	return task == current ? x86_fsbase_read_cpu() : task->thread.fsbase;
}

/* What tells a code object goes before the stack with it. */
static bool pk_stack_tell_code(void *ctx, const struct pkprof_rec_code *code)
{
	struct pk_stack_teller *teller = ctx;
	struct pkprof_rec_code *r = pk_emit_begin(teller->s, PKPROF_SRC_DEF, PKPROF_REC_CODE,
						  code->rec.size, teller->task->pid,
						  pk_clock_ns());

	if (!r)
		return false;
	memcpy((u8 *)r + sizeof(r->rec), (const u8 *)code + sizeof(r->rec),
	       code->rec.size - sizeof(r->rec));
	r->tgid = teller->task->tgid;
	pk_emit_end(teller->s);
	return true;
}

void pk_stack_walk_user(struct pk_session *s, struct pk_stack *st, struct task_struct *task,
			struct pt_regs *regs, u32 max_depth)
{
	struct pk_stack_teller teller = { s, task };
	struct pk_python python = {
		.cpu = pk_session_this_cpu(s)->python,
		.tell = pk_stack_tell_code,
		.ctx = &teller,
	};
	struct pk_uspace space = { .memo = pk_this_memo(s), .python = &python };
	struct pk_uregs user;

	st->nr = 0;
	st->end = PKPROF_END_ROOT;
	/* a kernel address here is a jump that is just about to fault */
	if (!max_depth || !regs || regs->ip >= TASK_SIZE_MAX)
		return;
	if (!pk_user_memory_is_there(regs)) {
		st->ip[st->nr++] = regs->ip;
		st->end = PKPROF_END_FAULT;
		return;
	}
	pk_uregs_fill(&user, regs);
	space.compat = !user_64bit_mode(regs);
	/* the number of an address space is not used again */
	python.space = current->active_mm->context.ctx_id;
	python.thread = pk_user_thread(task);
	rcu_read_lock();
	space.ranges = pk_user_ranges(s);
	pagefault_disable();
	pk_uwalk(st, &user, &space, max_depth);
	pagefault_enable();
	rcu_read_unlock();
}

void pk_stack_capture_user(struct pk_session *s, struct pk_stack *st, struct pt_regs *regs,
			   u32 max_depth)
{
	pk_stack_walk_user(s, st, current, pk_user_regs(regs), max_depth);
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
