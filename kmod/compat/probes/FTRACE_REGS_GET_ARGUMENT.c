// SPDX-License-Identifier: GPL-2.0-or-later
/* "ftrace: abstract DYNAMIC_FTRACE_WITH_ARGS accesses", 6.2. */
#include <linux/ftrace.h>

unsigned long pk_probe(struct ftrace_regs *regs);
unsigned long pk_probe(struct ftrace_regs *regs)
{
	return ftrace_regs_get_argument(regs, 0);
}
