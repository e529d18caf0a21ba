/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time in which a cgroup's CPU quota is used up: what of a runnable thread's wait is
 * not for a CPU, but for its cgroup's next period.
 *
 * In: the scheduler throttles and unthrottles run queues of cgroups, seen by kprobes.
 * Out: the overlap of a wait with the last periods in which any of the queues that
 * the thread is in, from its own to the topmost, was throttled.
 *
 * The arithmetic of overlaps (throttle_span.c) compiles in the unit tests.
 */
#ifndef PK_THROTTLE_H
#define PK_THROTTLE_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include "kernel_shim.h"	/* tests/unit */
#endif

/* Throttled from begin_ns to end_ns; U64_MAX: it is so yet. */
struct pk_span {
	u64 begin_ns, end_ns;
};

/* Of one queue so many are remembered: at the usual period of 100 ms, 0.8 s. */
#define PK_NR_SPANS 8

/* Levels of cgroups that are looked at, and spans of one wait in all of them. */
#define PK_MAX_LEVELS 8
#define PK_MAX_SPANS  32

/* How much of [from_ns, to_ns) lies in any of the spans, which may overlap. */
u64 pk_spans_cover(const struct pk_span *spans, unsigned int nr, u64 from_ns, u64 to_ns);

#ifdef __KERNEL__

struct task_struct;

/* On since any queue was throttled. */
extern bool pk_throttle_on;

/*
 * Attach, detach the kprobes. Where the kernel lacks what they need, no time is ever
 * throttled, which the log says. May sleep. Return: 0, -ENOMEM.
 */
int pk_throttle_attach(void);
void pk_throttle_detach(void);

/* Forget all. Detached, and nobody asks any more. May sleep. */
void pk_throttle_deinit(void);

/* Has a queue been throttled for the first time? Then set the flag. May sleep. */
void pk_throttle_work(void);

/**
 * pk_throttle_of - what throttling takes of a runnable task's wait
 * @yet_ret:	it is throttled at @now_ns
 *
 * Context: irqs off and @p's run-queue lock held; or RCU read side, then it may be
 * wrong if its run queue changes meanwhile.
 */
u64 pk_throttle_of(const struct task_struct *p, u64 queued_ns, u64 now_ns, bool *yet_ret);

#endif
#endif
