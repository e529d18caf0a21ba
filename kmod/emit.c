// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writing records: the way of an event from its source into this CPU's ring.
 *
 * In: events of any context. Out: records, and books in which each event is
 * found again. No lock, no allocation; a task's handler may be interrupted by a
 * softirq's, that by a hard irq's, that by an NMI's.
 */
#include <linux/irq_work.h>
#include "session.h"

/*
 * Where irq_work runs in a thread (PREEMPT_RT), a CPU on its way down has
 * parked that thread: what is queued there would wait for its return, and so
 * would STOP. The reader loses nothing but this one call.
 */
static void pk_emit_wake(struct pk_cpu *c)
{
	if (likely(cpu_active(smp_processor_id())))
		irq_work_queue(&c->wake);
}

void *pk_emit_begin(struct pk_session *s, enum pkprof_source src, enum pkprof_rec_type type,
		    u32 size, u32 tid, u64 time_ns)
{
	struct pk_cpu *c = pk_session_this_cpu(s);
	struct pkprof_rec *rec;

	local_inc(&c->books[src].generated);
	rec = pk_ring_reserve(&c->ring, size);
	if (unlikely(!rec)) {
		local_inc(&c->books[src].lost[PKPROF_LOSS_RING_FULL]);
		if (pk_ring_wake_due(&c->ring))
			pk_emit_wake(c);
		return NULL;
	}
	rec->type = type;
	rec->source = src;
	rec->size = size;
	rec->tid = tid;
	rec->time_ns = time_ns;
	return rec;
}

void pk_emit_end(struct pk_session *s)
{
	struct pk_cpu *c = pk_session_this_cpu(s);

	if (unlikely(pk_ring_commit(&c->ring)))
		pk_emit_wake(c);
}

void pk_emit_lost(struct pk_session *s, enum pkprof_source src, enum pkprof_loss why, u64 nr)
{
	struct pk_books *b = &pk_session_this_cpu(s)->books[src];

	local_add(nr, &b->generated);
	local_add(nr, &b->lost[why]);
}
