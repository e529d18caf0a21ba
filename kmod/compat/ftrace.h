/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Callbacks of ftrace at a function's entry, and the function's arguments there.
 *
 * Until 5.11 a callback got struct pt_regs, and only those with FTRACE_OPS_FL_SAVE_REGS got
 * any; then struct ftrace_regs, in which the arguments always are.
 */
#ifndef PK_COMPAT_FTRACE_H
#define PK_COMPAT_FTRACE_H

#include <linux/ftrace.h>
#include <linux/ptrace.h>
#include "config.h"

#if HAVE_FTRACE_REGS
typedef struct ftrace_regs pk_ftrace_regs;
#define PK_FTRACE_FLAGS 0
#else
typedef struct pt_regs pk_ftrace_regs;
/* the callback is not called by a function that it calls itself */
#define PK_FTRACE_FLAGS (FTRACE_OPS_FL_SAVE_REGS | FTRACE_OPS_FL_RECURSION_SAFE)
#endif

/* Argument @n of the function, below 6. */
static __always_inline unsigned long pk_ftrace_arg(pk_ftrace_regs *regs, unsigned int n)
{
#if HAVE_FTRACE_REGS_GET_ARGUMENT
	return ftrace_regs_get_argument(regs, n);
#elif HAVE_FTRACE_REGS
	return regs_get_kernel_argument(&regs->regs, n);
#else
	return regs_get_kernel_argument(regs, n);
#endif
}

/* A callback that another file has. */
#define PK_FTRACE_DECLARE(name)                                                              \
	void notrace name(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops, \
			  pk_ftrace_regs *regs)

/* Defines it, to hand on to fn(void *data, pk_ftrace_regs *regs). */
#define PK_FTRACE_CALLBACK_SHARED(name, fn)                                                  \
	PK_FTRACE_DECLARE(name)                                                              \
	{                                                                                    \
		fn(ops->private, regs);                                                      \
	}

/* Likewise, of this file alone. */
#define PK_FTRACE_CALLBACK(name, fn) static PK_FTRACE_CALLBACK_SHARED(name, fn)

#endif
