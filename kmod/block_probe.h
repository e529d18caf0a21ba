/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What probes of source block share: their beginning and end, and the beginning and
 * end of what they follow. Each probe turns irqs off, so that its CPU's sums are its own.
 */
#ifndef PK_BLOCK_PROBE_H
#define PK_BLOCK_PROBE_H

#include <linux/irqflags.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include "block.h"
#include "block_device.h"
#include "block_owner.h"
#include "block_stack.h"
#include "compat/block.h"
#include "tracepoint.h"
#include "vfs_op.h"
#include "waited.h"

/* Probes of requests, and those of bios: each table's ends come before its beginnings. */
extern struct pk_tracepoint pk_block_request_tracepoints[];
extern const unsigned int pk_block_nr_request_tracepoints;
extern struct pk_tracepoint pk_block_bio_tracepoints[];
extern const unsigned int pk_block_nr_bio_tracepoints;

/* --- a run of a probe: irqs off, timed --- */

/* Reading the kernel's clock twice takes as long as a probe: few runs are timed; a prime. */
#define PK_BLOCK_TIME_EVERY 251

struct pk_block_run {
	unsigned long irqs;
	struct pk_block_here *here;
	u64 entered_ns;
};

/*
 * A probe's usual course makes no call, so that hardly a register has to be saved: it goes
 * only as far as nothing has changed yet, and else begins anew with pk_block_enter_again().
 * Context: irqs off. True: this run is not timed, and *@now_ret is the time.
 */
static __always_inline bool pk_block_enter_quick(struct pk_block_here *here, u64 *now_ret)
{
	return likely(--here->left && pk_tsc_clock_quick(&here->clock, now_ret));
}

/*
 * After a quick beginning, with irqs as they were before it: its run is counted. True: it is to
 * be timed, and the whole probe runs once more before pk_block_leave().
 */
static inline bool pk_block_enter_again(struct pk_block *b, unsigned long irqs,
					struct pk_block_run *r)
{
	r->irqs = irqs;
	r->here = this_cpu_ptr(b->here);
	r->entered_ns = 0;
	if (likely(r->here->left))
		return false;
	r->here->apart_ns = 0;
	r->entered_ns = pk_books_enter_due(r->here->books, &r->here->left, PK_BLOCK_TIME_EVERY);
	return true;
}

static inline void pk_block_enter(struct pk_block *b, struct pk_block_run *r)
{
	unsigned long irqs;

	local_irq_save(irqs);
	this_cpu_ptr(b->here)->left--;
	if (pk_block_enter_again(b, irqs, r))
		r->here->left--;
}

static inline void pk_block_leave(struct pk_block_run *r)
{
	if (unlikely(r->entered_ns))
		pk_books_leave(r->here->books, r->entered_ns + r->here->apart_ns);
	local_irq_restore(r->irqs);
}

static inline u64 pk_block_clock_ns(struct pk_block_here *here)
{
	return pk_tsc_clock_ns(&here->clock);
}

/* --- what is asked for --- */

static __always_inline enum pkprof_block_op pk_block_op(unsigned int flags, u64 bytes)
{
	unsigned int op = flags & REQ_OP_MASK;

	if (op == (__force unsigned int)REQ_OP_READ)
		return PKPROF_BLOCK_READ;
	if (op == (__force unsigned int)REQ_OP_WRITE) {
		if (!bytes)
			return PKPROF_BLOCK_BARRIER;
		return flags & (__force unsigned int)(REQ_SYNC | REQ_FUA | REQ_PREFLUSH) ?
			       PKPROF_BLOCK_SYNC : PKPROF_BLOCK_WRITE;
	}
	switch (op) {
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

/* --- flights --- */

/* @who: its submitter; in an idle task's time that is nobody. */
static __always_inline void pk_flight_init(struct pk_flight *f, u64 first_ns, u32 who)
{
	f->first_ns = first_ns;
	f->issued_ns = f->device_ns = f->bytes = 0;
	f->who = who;
	f->elsewhere = 0;
	f->state.word = PK_FLIGHT_QUEUED;
	f->op = 0;
	f->sample = 0;
}

/* By the current task, which may be in an operation on a file. */
static __always_inline void pk_block_join_op(struct pk_block *b, struct pk_flight *f, u64 now_ns)
{
	struct pk_vfs *v = READ_ONCE(b->vfs);

	if (v)
		f->op = pk_op_submitted(v, now_ns);
}

/* The driver has what is part of an operation. */
static __always_inline void pk_block_send_op(struct pk_block *b, const struct pk_flight *f,
					     u64 now_ns)
{
	struct pk_vfs *v;

	if (!f->op)
		return;
	v = READ_ONCE(b->vfs);
	if (v)
		pk_op_request_sent(v, f->op, now_ns);
}

/* The end of what is part of an operation. */
static __always_inline void pk_block_leave_op(struct pk_block *b, const struct pk_flight *f,
					      u64 issued_ns, u64 now_ns)
{
	struct pk_vfs *v;

	if (!f->op)
		return;
	v = READ_ONCE(b->vfs);
	if (v)
		pk_op_request_over(v, f->op, f->first_ns, issued_ns, now_ns);
}

/* @more: 1 or -1 requests at the device. */
static __always_inline void pk_block_load(struct pk_block_device *d, int more, u64 now_ns)
{
	u32 depth = pk_depth_change(&d->depth, more, now_ns);

	if (more > 0 && !depth)
		pk_busy_begin(&d->busy, now_ns);
	else if (more < 0 && depth == 1)
		pk_busy_end(&d->busy, now_ns);
}

static __always_inline void pk_block_deeper(struct pk_block *b, u16 device, int more, u64 now_ns)
{
	if (likely(device))
		pk_block_load(&b->devices[device], more, now_ns);
}

/* The driver has it, or will have it at once. */
static inline void pk_block_sent(struct pk_block *b, struct pk_flight *f,
				 const struct gendisk *disk, u64 now_ns)
{
	if (f->state.device == PK_FLIGHT_QUEUED)
		f->state.device = pk_block_device_of(b, disk);
	f->issued_ns = now_ns;
	pk_block_send_op(b, f, now_ns);
	pk_block_deeper(b, f->state.device, 1, now_ns);
}

/* It is at the driver no more. */
static inline void pk_block_returned(struct pk_block *b, struct pk_flight *f, u64 now_ns)
{
	if (!f->issued_ns)
		return;
	if (now_ns > f->issued_ns)
		f->device_ns += now_ns - f->issued_ns;
	f->issued_ns = 0;
	pk_block_deeper(b, f->state.device, -1, now_ns);
}

/* What is known of a request or bio that ends at d->now_ns. */
static __always_inline void pk_block_known(const struct pk_flight *f, struct pk_block_done *d)
{
	u64 total_ns = d->now_ns > f->first_ns ? d->now_ns - f->first_ns : 0;

	d->who = f->who;
	d->elsewhere = f->elsewhere;
	d->device = f->state.device;
	d->nr_requeued = f->state.nr_requeued;
	d->nr_partial = f->state.nr_partial;
	d->device_ns = f->device_ns;
	d->queue_ns = total_ns > d->device_ns ? total_ns - d->device_ns : 0;
	d->timed = true;
}

/* The end of a request or bio; @f: what is known of it, NULL: nothing. */
static inline void pk_block_end(struct pk_block *b, struct pk_block_here *here,
				const struct pk_flight *f, struct pk_block_done *d)
{
	if (f) {
		pk_block_known(f, d);
		pk_block_leave_op(b, f, d->now_ns - d->device_ns, d->now_ns);
		if (d->op == PKPROF_BLOCK_FLUSH)
			WRITE_ONCE(b->devices[d->device].flushed_ns, d->now_ns - d->device_ns);
	}
	pk_block_book(&b->keys, &here->sums, d);
	if (unlikely(f && f->sample))
		pk_block_stack_end(b, f->sample, d, 0);
}

static inline void pk_block_piece(struct pk_block *b, struct pk_block_here *here,
				  const struct gendisk *disk, unsigned int flags, u64 bytes,
				  bool merged)
{
	if (disk)
		pk_block_book_piece(&b->keys, &here->sums, pk_block_device_of(b, disk),
				    pk_block_op(flags, bytes), bytes, merged,
				    pk_block_clock_ns(here));
}

#endif
