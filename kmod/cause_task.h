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
#define PK_CAUSE_PF_ODD (PF_KTHREAD | PF_IO_WORKER | PF_USER_WORKER | PF_EXITING)

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
void __init pk_cause_init(void);

#define PK_ASK_ALL 0xff

/**
 * pk_cause_quick - the common case of pk_cause_of_task(), in few instructions
 *
 * A user task that sleeps interruptibly in a 64-bit call, on a plain kind of file
 * if on any. Return: a line, or what is none: ask pk_cause_of_task().
 */
static __always_inline u8 pk_cause_quick(const struct task_struct *p, unsigned int state)
{
	const struct pt_regs *regs = task_pt_regs((struct task_struct *)p);
	const struct fdtable *fdt;
	const struct inode *inode;
	const struct file *file;
	unsigned long call, fd;
	u8 line;

	if (unlikely(p->flags & PK_CAUSE_PF_ODD || state & ~PK_STATES_INTERRUPTIBLE ||
		     p->in_iowait || p->frozen))
		return PK_ASK_ALL;
	call = regs->orig_ax;
	if (unlikely(call >= PK_NR_CALLS ||
		     READ_ONCE(task_thread_info((struct task_struct *)p)->status) & TS_COMPAT))
		return PK_ASK_ALL;
	line = pk_cause_quick_calls[call];
	if (line != PK_ASK_FILE)
		return line;
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
	return pk_cause_quick_modes[data_race(inode->i_mode) >> 12];
}

/* The type of the file behind a descriptor of @p. Context: likewise. */
enum pk_file_type pk_cause_file_type(const struct task_struct *p, unsigned int fd);

#endif
