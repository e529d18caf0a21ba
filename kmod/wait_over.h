/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waits that ended, and who wants to hear of them.
 *
 * The ledger's sched_switch probe asks one word for each task that it switches in, and
 * tells of the wait behind it only who said so before. A new listener is a bit of that
 * word or the lines that it wants, and a call in pk_ledger_tell_over().
 */
#ifndef PK_WAIT_OVER_H
#define PK_WAIT_OVER_H

#include <linux/bits.h>
#include <linux/types.h>

/* A wait that ended: what the ledger knows of it when its task is switched in. */
struct pk_wait_over {
	u64 since_ns;		/* switched out */
	u64 woken_ns;		/* runnable since; since_ns: it was preempted */
	u64 now_ns;
	u8 line;		/* enum pkprof_line of the blocked part */
	u8 runq_line;		/* of the runnable part */
};

#define PK_WAIT_LINE(name)	BIT(PKPROF_LINE_##name)	/* each wait of that line */
#define PK_WAIT_OPS		BIT(30)			/* those within an operation on a file */
#define PK_WAIT_INSTANTS	BIT(31)			/* those in which an instant of source offcpu lies */

/* What is wanted by anybody; 0 while nobody listens. */
extern u32 pk_wait_wanted;

/* Context: control mutex. After a grace period of tracepoints nobody is told any more. */
static inline void pk_wait_want(u32 what)
{
	smp_store_release(&pk_wait_wanted, pk_wait_wanted | what);
}

static inline void pk_wait_unwant(u32 what)
{
	WRITE_ONCE(pk_wait_wanted, pk_wait_wanted & ~what);
}

#endif
