/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The line of a blocked task: what cause.h wants to know, taken from the task.
 *
 * In: a task that is switched out right now, or is blocked already. Out: a line.
 * Nothing is locked: the task does not run, so its registers, its table of files
 * and its flags stand still, up to what others do to shared files; they are read
 * under RCU. A task that is blocked in a call keeps a reference to its file.
 */
#ifndef PK_CAUSE_TASK_H
#define PK_CAUSE_TASK_H

#include <linux/fdtable.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/thread_info.h>
#include <asm/ptrace.h>
#include "cause.h"
#include "compat/task.h"

/* Those of whom the registers do not say what they do. */
#define PK_CAUSE_PF_WORKER (PF_KTHREAD | PF_IO_WORKER | PF_USER_WORKER)
#define PK_CAUSE_PF_ODD (PK_CAUSE_PF_WORKER | PF_EXITING)

/* Bits of states of which none means stopped, frozen or a lock of PREEMPT_RT. */
#define PK_STATES_PLAIN \
	(PK_STATES_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE | TASK_NOLOAD | TASK_WAKEKILL)

/**
 * pk_cause_of_task - any wait
 * @state:	of the task when it blocked
 * @call_inout:	line of its last wait in a system call; kept up to date
 *
 * Context: irqs off or RCU read side; @p does not run.
 */
u8 pk_cause_of_task(const struct task_struct *p, unsigned int state, u8 *call_inout);

/* Line, PK_ASK_FILE or worse of an interruptible wait, by 64-bit call; made at load. */
extern u8 pk_cause_quick_calls[PK_NR_CALLS];
/* Line of an interruptible wait in a call on a descriptor, by the inode's type; or worse. */
extern u8 pk_cause_quick_modes[16];
/* Line, PK_ASK_FILE or worse of a wait with in_iowait, by 64-bit call. */
extern u8 pk_cause_iowait_calls[PK_NR_CALLS];
void __init pk_cause_init(void);

#define PK_ASK_ALL 0xff

/* Sleeps of the kernel's threads; of the others those with in_iowait, in a 64-bit call. */
static __always_inline u8 pk_cause_quick_deep(const struct task_struct *p, unsigned int state)
{
	unsigned long call;

	if (unlikely(state & ~PK_STATES_PLAIN || p->frozen || pk_task_is_frozen(p, state)))
		return PK_ASK_ALL;
	if (p->flags & PK_CAUSE_PF_WORKER && !p->in_iowait)
		return (state & (TASK_UNINTERRUPTIBLE | TASK_NOLOAD)) == TASK_UNINTERRUPTIBLE ?
			       PKPROF_LINE_KLOCK : PKPROF_LINE_KTHREAD;
	if (unlikely(!p->in_iowait))
		return PK_ASK_ALL;
	if (p->flags & PK_CAUSE_PF_ODD)
		return PKPROF_LINE_DISK;
	call = task_pt_regs((struct task_struct *)p)->orig_ax;
	if (unlikely(call >= PK_NR_CALLS ||
		     READ_ONCE(task_thread_info((struct task_struct *)p)->status) & TS_COMPAT))
		return PK_ASK_ALL;
	return pk_cause_iowait_calls[call];
}

/**
 * pk_cause_quick - the common cases of pk_cause_of_task(), in few instructions
 * @call_out:	as there; left alone where no line is returned
 *
 * A user task that sleeps interruptibly in a 64-bit call, on a plain kind of file
 * if on any; and pk_cause_quick_deep(). Return: a line, or what is none: ask pk_cause_of_task().
 */
static __always_inline u8 pk_cause_quick(const struct task_struct *p, unsigned int state,
					 u8 *call_out)
{
	const struct pt_regs *regs = task_pt_regs((struct task_struct *)p);
	const struct fdtable *fdt;
	const struct inode *inode;
	const struct file *file;
	unsigned long call, fd;
	u8 line;

	if (unlikely(p->flags & PK_CAUSE_PF_ODD || state & ~PK_STATES_INTERRUPTIBLE ||
		     p->in_iowait || p->frozen))
		return pk_cause_quick_deep(p, state);
	call = regs->orig_ax;
	if (unlikely(call >= PK_NR_CALLS ||
		     READ_ONCE(task_thread_info((struct task_struct *)p)->status) & TS_COMPAT))
		return PK_ASK_ALL;
	line = pk_cause_quick_calls[call];
	if (line != PK_ASK_FILE) {
		if (likely(line < PKPROF_NR_LINES))
			*call_out = line;
		return line;
	}
	/* plain reads: as volatile ones they could not be parts of other instructions */
	fdt = data_race((__force struct fdtable *)p->files->fdt);
	fd = (u32)regs->di;
	if (unlikely(fd >= fdt->max_fds))
		return PK_ASK_ALL;
	file = data_race((__force struct file *)fdt->fd[fd]);
	if (unlikely(!file))
		return PK_ASK_ALL;
	inode = READ_ONCE(file->f_inode);
	/* closed meanwhile, and its memory is a new file by now */
	if (unlikely(!inode))
		return PK_ASK_ALL;
	line = pk_cause_quick_modes[data_race(inode->i_mode) >> 12];
	if (likely(line < PKPROF_NR_LINES))
		*call_out = line;
	return line;
}

/* The type of the file behind a descriptor of @p. Context: likewise. */
enum pk_file_type pk_cause_file_type(const struct task_struct *p, unsigned int fd);

#endif
