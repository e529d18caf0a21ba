/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the time of one operation on a file went to.
 *
 * In, in the order of time: a page was missing, a request was submitted, a request of its
 * own ended, a wait of its thread is over, the operation ended. Out: a sum for each
 * enum pkprof_op_part. Invariant: up to @at_ns all of its time is in one of the sums, so at
 * the end they sum to its length, whatever was missed or came late.
 *
 * A wait for the disk is explained by the last request of the operation's own that ended
 * within it: up to its submission and from its end on nobody knows better, in between it was
 * in the queue, then at the device. Where none ended, and it has just submitted one that
 * is not at the device yet, it waits for room in the queue; else others' requests are waited
 * for, and it is only known when the device was busy.
 *
 * Written by the operation's own thread or, while that does not run, by the CPU that
 * switches it in; but for @sent_ns, @asked_ns, @issued_ns and @done_ns, which whoever sends
 * or ends a request writes: they are cut to what is possible. The same file compiles in the unit
 * tests.
 */
#ifndef PK_OP_PARTS_H
#define PK_OP_PARTS_H

#ifdef __KERNEL__
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/types.h>
#else
#include "kernel_shim.h"	/* tests/unit */
#endif
#include "uapi/pkprof.h"

/**
 * struct pk_op_parts - one operation on its way
 * @at_ns:	all before is in @ns
 * @doing:	enum pkprof_op_part of what its thread does on the CPU since then
 * @sent_ns:	a request of its own was given to the device, the last time
 * @done_ns:	end of the request that ended last; 0: none has ended
 * @asked_ns:	then: its submission,
 * @issued_ns:	and when the device got it, 0: it did not
 */
struct pk_op_parts {
	u64 at_ns;
	u64 ns[PKPROF_NR_OP_PARTS];
	u64 sent_ns;
	u64 done_ns, asked_ns, issued_ns;
	u32 nr_requests;
	u8 doing;
};

/* A wait of the operation's thread that is over; as struct pk_wait_over. */
struct pk_op_wait {
	u64 since_ns, woken_ns, now_ns;
	u8 line;	/* enum pkprof_line of the blocked part */
	bool locked;	/* for a lock, whatever the line says */
	u64 busy_ns;	/* of [since, woken) the device had something to do */
};

/* One by one: setting so few words as a block costs more than they do. */
static __always_inline void pk_op_parts_begin(struct pk_op_parts *p, u64 first_ns)
{
	unsigned int i;

	p->at_ns = first_ns;
#pragma GCC unroll 16
	for (i = 0; i < PKPROF_NR_OP_PARTS; i++)
		p->ns[i] = 0;
	p->sent_ns = p->done_ns = 0;
	p->nr_requests = 0;
	p->doing = PKPROF_OP_CPU;
}

static inline void pk_op_parts_upto(struct pk_op_parts *p, u8 part, u64 now_ns)
{
	/* clocks of two CPUs may differ a bit */
	if (now_ns <= p->at_ns)
		return;
	p->ns[part] += now_ns - p->at_ns;
	p->at_ns = now_ns;
}

/* A page is missing, or reading ahead goes on. */
static inline void pk_op_parts_missed(struct pk_op_parts *p, u64 now_ns)
{
	pk_op_parts_upto(p, p->doing, now_ns);
	p->doing = PKPROF_OP_CACHE;
}

/* Its thread submitted a request. */
static inline void pk_op_parts_submitted(struct pk_op_parts *p, u64 now_ns)
{
	pk_op_parts_upto(p, p->doing, now_ns);
	p->doing = PKPROF_OP_SUBMIT;
	p->nr_requests++;
}

/* A request of its own ended. Context: any CPU. */
static inline void pk_op_parts_done(struct pk_op_parts *p, u64 asked_ns, u64 issued_ns, u64 done_ns)
{
	WRITE_ONCE(p->asked_ns, asked_ns);
	WRITE_ONCE(p->issued_ns, issued_ns);
	WRITE_ONCE(p->done_ns, done_ns);
}

/* Whether @w is explained by others' requests, so that busy_ns matters. */
bool pk_op_parts_is_others(const struct pk_op_parts *p, const struct pk_op_wait *w);
void pk_op_parts_wait(struct pk_op_parts *p, const struct pk_op_wait *w);
void pk_op_parts_end(struct pk_op_parts *p, u64 now_ns);

#endif
