/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What probes of source block share: their beginning and end, and the beginning and
 * end of what they follow. Each probe turns irqs off, so that its CPU's sums are its own.
 */
#ifndef PK_BLOCK_PROBE_H
#define PK_BLOCK_PROBE_H

#include <linux/irqflags.h>
#include <linux/percpu.h>
#include <linux/sched.h>

#include "block.h"
#include "block_device.h"
#include "compat/block.h"
#include "session.h"
#include "tracepoint.h"
#include "tsc_clock.h"

/* Probes of requests, and those of bios: each table's ends come before its beginnings. */
extern struct pk_tracepoint pk_block_request_tracepoints[];
extern const unsigned int pk_block_nr_request_tracepoints;
extern struct pk_tracepoint pk_block_bio_tracepoints[];
extern const unsigned int pk_block_nr_bio_tracepoints;

/* Of each CPU; its irqs are off. */
DECLARE_PER_CPU(struct pk_tsc_clock, pk_block_clock);

static __always_inline u64 pk_block_clock_ns(void)
{
	return pk_tsc_clock_ns(this_cpu_ptr(&pk_block_clock));
}

struct pk_block_run {
	unsigned long irqs;
	struct pk_books *books;
	u64 entered_ns;
};

static __always_inline void pk_block_enter(struct pk_block *b, struct pk_block_run *r)
{
	local_irq_save(r->irqs);
	r->books = &pk_session_this_cpu(b->session)->books[PKPROF_SRC_BLOCK];
	r->entered_ns = pk_books_enter(r->books, PK_BOOKS_TIME_EVERY);
}

static __always_inline void pk_block_leave(struct pk_block_run *r)
{
	pk_books_leave(r->books, r->entered_ns);
	local_irq_restore(r->irqs);
}

static inline struct pk_block_cpu *pk_block_this_cpu(struct pk_block *b)
{
	return b->cpus[smp_processor_id()];
}

static __always_inline void pk_block_deeper(struct pk_block *b, u16 device, int more, u64 now_ns)
{
	if (likely(device))
		pk_depth_change(&b->devices[device].depth, more, now_ns);
}

static inline enum pkprof_block_op pk_block_op(unsigned int flags, u64 bytes)
{
	switch (flags & REQ_OP_MASK) {
	case (__force unsigned int)REQ_OP_READ:
		return PKPROF_BLOCK_READ;
	case (__force unsigned int)REQ_OP_WRITE:
		if (!bytes)
			return PKPROF_BLOCK_BARRIER;
		return flags & (__force unsigned int)(REQ_SYNC | REQ_FUA | REQ_PREFLUSH) ?
			       PKPROF_BLOCK_SYNC : PKPROF_BLOCK_WRITE;
	case (__force unsigned int)REQ_OP_FLUSH:
		return PKPROF_BLOCK_FLUSH;
	case (__force unsigned int)REQ_OP_DISCARD:
		return PKPROF_BLOCK_DISCARD;
	case (__force unsigned int)REQ_OP_WRITE_ZEROES:
	case (__force unsigned int)REQ_OP_SECURE_ERASE:
		return PKPROF_BLOCK_ZERO;
	}
	return PKPROF_BLOCK_OTHER;
}

/* Whoever runs is taken for its submitter; in an idle task's time that is nobody. */
static __always_inline void pk_flight_init(struct pk_flight *f, u16 device, u64 first_ns, u64 bytes)
{
	*f = (struct pk_flight){ .first_ns = first_ns, .bytes = bytes, .tgid = current->tgid,
				 .device = device };
}

/* It is at the driver no more. */
static __always_inline void pk_block_returned(struct pk_block *b, struct pk_flight *f, u64 now_ns)
{
	if (!f->issued_ns)
		return;
	if (now_ns > f->issued_ns)
		f->device_ns += now_ns - f->issued_ns;
	f->issued_ns = 0;
	pk_block_deeper(b, f->device, -1, now_ns);
}

/* The end of a request or bio; @f: what is known of it, NULL: nothing. */
static inline void pk_block_end(struct pk_block *b, const struct pk_flight *f, struct pk_block_done *d)
{
	u64 total_ns;

	if (f) {
		d->tgid = f->tgid;
		d->device = f->device;
		d->nr_requeued = f->nr_requeued;
		d->nr_partial = f->nr_partial;
		total_ns = d->now_ns > f->first_ns ? d->now_ns - f->first_ns : 0;
		d->time_ns[PKPROF_BLOCK_DEVICE] = f->device_ns;
		d->time_ns[PKPROF_BLOCK_TOTAL] = max(total_ns, f->device_ns);
		d->time_ns[PKPROF_BLOCK_QUEUE] = d->time_ns[PKPROF_BLOCK_TOTAL] - f->device_ns;
		d->timed = true;
	}
	pk_block_book(&b->keys, pk_block_this_cpu(b), d);
}

static __always_inline void pk_block_piece(struct pk_block *b, const struct gendisk *disk,
					   unsigned int flags, u64 bytes, bool merged)
{
	if (disk)
		pk_block_book_piece(&b->keys, pk_block_this_cpu(b), pk_block_device_of(b, disk),
				    pk_block_op(flags, bytes), bytes, merged, pk_block_clock_ns());
}

#endif
