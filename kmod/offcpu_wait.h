/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Source offcpu, what its parts share: one wait that is to be recorded, who has been
 * told of, and the session's instants. source_offcpu.c decides and attaches,
 * waiting.c walks those who still wait at the end.
 */
#ifndef PK_OFFCPU_WAIT_H
#define PK_OFFCPU_WAIT_H

#include <linux/bitops.h>
#include <linux/types.h>
#include "instants.h"
#include "sample.h"

struct pk_session;
struct task_struct;

/* Goes into a PKPROF_REC_WAIT. */
struct pk_wait {
	u32 tid, tgid;
	u64 since_ns;
	u64 woken_ns;
	u64 now_ns;
	u64 nr_blocked, nr_runq;	/* instants in the two parts */
	u8 line, runq_line;
	u8 p;				/* of whose instants */
	u8 flags;			/* PKPROF_WAIT_* */
};

/**
 * struct pk_waits - the source's state
 * @from_ns:	the source was attached; instants before it do not count
 * @end_ns:	it is being detached, 0: not yet; waits are cut there, as at the session's end
 * @told:	bitmap of PID_MAX_LIMIT bits: threads whose wait across the end was recorded.
 *		Each has one at most. It is told by whoever sets the bit: the walk of those
 *		who still wait, or the switch by which it is over, if that comes first.
 */
struct pk_waits {
	struct pk_session *session;
	u64 from_ns, end_ns;
	struct pk_instants instants;
	unsigned long *told;
};

/*
 * Count the instants in a wait, from the source's begin on: sets p, nr_blocked,
 * nr_runq. woken_ns 0: still blocked. One that reaches across its end is cut there, and is open.
 * Any context. Return: whether there are any.
 */
bool pk_wait_weigh(const struct pk_waits *waits, struct pk_wait *w);

/* Whether it is the caller who tells of it; always, unless it is open. */
static inline bool pk_wait_claim(const struct pk_waits *waits, const struct pk_wait *w)
{
	return !(w->flags & PKPROF_WAIT_OPEN) || !test_and_set_bit(w->tid, waits->told);
}

/* Flags but OPEN. Context: @task is current or cannot run meanwhile. */
u8 pk_wait_flags(struct task_struct *task);

/* Write the record and what its stacks need, or count its loss. Context: irqs off. */
void pk_wait_write(struct pk_session *s, const struct pk_wait *w,
		   const struct pk_sample_scratch *stacks);

#endif
