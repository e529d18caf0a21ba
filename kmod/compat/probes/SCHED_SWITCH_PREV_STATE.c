// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "sched/tracing: Append prev_state to tp args instead", 5.18; in RHEL's 5.14
 * and stable series too.
 */
#include <trace/events/sched.h>

static void pk_callback(void *data, bool preempt, struct task_struct *prev,
			struct task_struct *next, unsigned int prev_state)
{
}

void pk_probe(void);
void pk_probe(void)
{
	check_trace_callback_type_sched_switch(pk_callback);
}
