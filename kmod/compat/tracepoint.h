/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Probes for the kernel's tracepoints. A PK_PROBE_ macro defines, under the
 * name given, a probe of the type that this kernel calls; it hands on to
 * fn(data, ...) of the newest type. That the type is right is checked where it
 * is defined: a probe of another kernel's type does not compile.
 *
 * Since 7.x probes run preemptible where the tracepoint does, so what touches
 * per-CPU data must disable preemption itself.
 */
#ifndef PK_COMPAT_TRACEPOINT_H
#define PK_COMPAT_TRACEPOINT_H

#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/tracepoint.h>
#include <trace/events/cgroup.h>
#include <trace/events/sched.h>
#include <trace/events/task.h>
#include "config.h"
#include "task.h"

/* Compiles if @name is a probe for tracepoint @event, and to nothing. */
#define PK_PROBE_CHECK(event, name)                                                          \
	static inline void __maybe_unused name##_check(void)                                 \
	{                                                                                    \
		check_trace_callback_type_##event(name);                                     \
	}

/*
 * fn(void *data, struct task_struct *prev, struct task_struct *next), and likewise with
 * the state in which @prev was when the scheduler looked. Before 5.18 it is read here:
 * if it was blocked, somebody may be waking it already.
 */
#if HAVE_SCHED_SWITCH_PREV_STATE
#define PK_SCHED_SWITCH_ARGS                                                                 \
	void *data, bool preempt, struct task_struct *prev, struct task_struct *next,        \
		unsigned int prev_state
#define PK_SCHED_SWITCH_STATE prev_state
#else
#define PK_SCHED_SWITCH_ARGS                                                                 \
	void *data, bool preempt, struct task_struct *prev, struct task_struct *next
#define PK_SCHED_SWITCH_STATE pk_task_state(prev)
#endif

#define PK_PROBE_SCHED_SWITCH(name, fn)                                                      \
	static void name(PK_SCHED_SWITCH_ARGS)                                               \
	{                                                                                    \
		fn(data, prev, next);                                                        \
	}                                                                                    \
	PK_PROBE_CHECK(sched_switch, name)

#define PK_PROBE_SCHED_SWITCH_STATE(name, fn)                                                \
	static void name(PK_SCHED_SWITCH_ARGS)                                               \
	{                                                                                    \
		fn(data, prev, next, PK_SCHED_SWITCH_STATE);                                 \
	}                                                                                    \
	PK_PROBE_CHECK(sched_switch, name)

/*
 * fn(void *data, struct task_struct *p, bool group_dead). Before 6.16 the
 * tracepoint did not tell; it came after the count of living threads was
 * lowered, so 0 means that @p is the last, or one of the last at once.
 */
#if HAVE_SCHED_PROCESS_EXIT_GROUP_DEAD
#define PK_PROBE_SCHED_PROCESS_EXIT(name, fn)                                                \
	static void name(void *data, struct task_struct *p, bool group_dead)                 \
	{                                                                                    \
		fn(data, p, group_dead);                                                     \
	}                                                                                    \
	PK_PROBE_CHECK(sched_process_exit, name)
#else
#define PK_PROBE_SCHED_PROCESS_EXIT(name, fn)                                                \
	static void name(void *data, struct task_struct *p)                                  \
	{                                                                                    \
		fn(data, p, !atomic_read(&p->signal->live));                                 \
	}                                                                                    \
	PK_PROBE_CHECK(sched_process_exit, name)
#endif

#endif
