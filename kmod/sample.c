// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One on-CPU sample, see sample.h. In: the registers that an interrupt saved.
 * Out: one record and the definitions of its stacks, or a loss in the books.
 */
#include <linux/sched/task_stack.h>
#include <asm/ptrace.h>

#include "sample.h"
#include "session.h"

static u32 pk_sample_flags(struct pt_regs *regs)
{
	struct pt_regs *user = task_pt_regs(current);
	u32 flags = 0;

	if (regs && user_mode(regs))
		flags |= PKPROF_SAMPLE_USER;
	else if (in_serving_softirq())
		flags |= PKPROF_SAMPLE_SOFTIRQ;
	if (current->flags & PF_KTHREAD)
		return flags | PKPROF_SAMPLE_KTHREAD;
	if (!current->mm || current->in_execve)
		flags |= PKPROF_SAMPLE_NO_MM;
	else if (user_mode(user) && !user_64bit_mode(user))
		flags |= PKPROF_SAMPLE_COMPAT;
	return flags;
}

static void pk_sample_write(struct pk_session *s, enum pkprof_source src,
			    const struct pk_sample_scratch *scratch, struct pt_regs *regs,
			    u64 now_ns, u32 shift)
{
	u32 tid = current->pid, kstack, ustack;
	struct pkprof_rec_sample *r;

	if (pk_stack_intern(s, PKPROF_STACK_KERNEL, &scratch->kernel, tid, now_ns, &kstack) ||
	    pk_stack_intern(s, PKPROF_STACK_USER, &scratch->user, tid, now_ns, &ustack)) {
		pk_emit_lost(s, src, PKPROF_LOSS_DEFINITION, 1);
		return;
	}
	r = pk_emit_begin(s, src, PKPROF_REC_SAMPLE, sizeof(*r), tid, now_ns);
	if (!r)
		return;
	r->tgid = current->tgid;
	r->flags = pk_sample_flags(regs) | shift << PKPROF_SAMPLE_SHIFT;
	r->kstack = kstack;
	r->ustack = ustack;
	pk_emit_end(s);
}

void pk_sample_take(struct pk_session *s, enum pkprof_source src, struct pk_sample_scratch *scratch,
		    struct pt_regs *regs, u64 now_ns, u32 shift)
{
	if (!pk_session_claim_stacks(s)) {
		pk_emit_lost(s, src, PKPROF_LOSS_NESTED, 1);
		return;
	}
	pk_stack_capture_kernel(&scratch->kernel, regs, s->cfg.kernel_depth);
	pk_stack_capture_user(s, &scratch->user, regs, s->cfg.user_depth);
	pk_sample_write(s, src, scratch, regs, now_ns, shift);
	pk_session_release_stacks(s);
}
