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

/* The type of the file behind a descriptor of @p. Context: likewise. */
enum pk_file_type pk_cause_file_type(const struct task_struct *p, unsigned int fd);

#endif
