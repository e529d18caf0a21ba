// SPDX-License-Identifier: GPL-2.0-or-later
/* "exit: move and extend sched_process_exit() tracepoint", 6.16. */
#include <trace/events/sched.h>

static void pk_callback(void *data, struct task_struct *p, bool group_dead)
{
}

void pk_probe(void);
void pk_probe(void)
{
	check_trace_callback_type_sched_process_exit(pk_callback);
}
