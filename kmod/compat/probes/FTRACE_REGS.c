// SPDX-License-Identifier: GPL-2.0-or-later
/* "ftrace: Have the callbacks receive a struct ftrace_regs instead of pt_regs", 5.11. */
#include <linux/ftrace.h>

static void pk_callback(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			struct ftrace_regs *regs)
{
}

void pk_probe(struct ftrace_ops *ops);
void pk_probe(struct ftrace_ops *ops)
{
	ops->func = pk_callback;
}
