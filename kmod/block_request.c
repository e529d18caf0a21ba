// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Probes of source block that see requests; which and why is said in source_block.c.
 *
 * A request is followed under the name of its first bio, from the bio's submission on.
 * That name holds until a part of the request is done: then, and where it never had a
 * bio, it is followed under its own. Bios that join it are not followed any more; where
 * one joined at the front the name is that of a bio further behind.
 *
 * Context: hard irq, softirq or task; preemptible where the tracepoint is.
 */
#include <linux/kernel.h>

#include "block_probe.h"

#define PK_BLOCK_CHAIN 16	/* bios of a request that are looked at for its name */

static __always_inline struct pk_flight *pk_block_named(struct pk_block *b, const struct request *rq)
{
	return likely(rq->bio) ? pk_flights_find(&b->flights, (u64)rq->bio) : NULL;
}

/* What is not known by its first bio. */
static noinline struct pk_flight *pk_block_find_else(struct pk_block *b, const struct request *rq)
{
	struct pk_flight *f = pk_flights_find(&b->flights, (u64)rq);
	const struct bio *bio = rq->bio;
	unsigned int i;

	if (f || !bio)
		return f;
	for (i = 0; bio->bi_next && i < PK_BLOCK_CHAIN && !f; i++) {
		bio = bio->bi_next;
		f = pk_flights_find(&b->flights, (u64)bio);
	}
	return f ?: pk_flights_find(&b->flights, (u64)rq->biotail);
}

static __always_inline struct pk_flight *pk_block_find(struct pk_block *b, const struct request *rq)
{
	struct pk_flight *f = pk_block_named(b, rq);

	return likely(f) ? f : pk_block_find_else(b, rq);
}

/* Follow it under another name. Return: its slot, NULL: there is no room. */
static struct pk_flight *pk_block_rename(struct pk_block *b, struct pk_flight *f, u64 key)
{
	struct pk_flight was = *f, *to;
	bool known;

	pk_flights_drop(f);
	to = pk_flights_get(&b->flights, key, &known);
	if (to) {
		was.key = to->key;
		*to = was;
	}
	return to;
}

/* --- issue --- */

/*
 * A request of which no bio was seen being submitted under the name that it has now, as
 * the rest of a bio that was cut. Return: its slot, NULL: there is no room.
 */
static struct pk_flight *pk_block_follow(struct pk_block *b, const struct request *rq,
						  u64 now_ns)
{
	struct pk_flight *f = pk_block_find_else(b, rq);
	bool known;

	if (f)
		return rq->bio ? pk_block_rename(b, f, (u64)rq->bio) : f;
	f = pk_flights_get(&b->flights, rq->bio ? (u64)rq->bio : (u64)rq, &known);
	if (f)
		pk_flight_init(f, rq->start_time_ns ? min(rq->start_time_ns, now_ns) : now_ns,
			       pk_block_current());
	return f;
}

/* The one that had this memory before was given up without a word. */
static void pk_block_given_up(struct pk_block *b, struct pk_flight *f, u64 now_ns)
{
	pk_block_returned(b, f, now_ns);
	pk_flight_init(f, now_ns, f->who);
}

static __always_inline bool pk_block_is_data(const struct request *rq)
{
	return req_op((struct request *)rq) == REQ_OP_WRITE;
}

/* Known by its first bio, for the first time, and nobody else's. False: nothing was done. */
static __always_inline bool pk_block_issue_quick(struct pk_block *b, const struct request *rq,
						 u64 now_ns)
{
	const struct gendisk *disk = pk_request_disk(rq);
	struct pk_block_device *d;
	struct pk_flight *f;
	u16 device;

	if (unlikely(!disk || !rq->bio || !pk_flights_find_quick(&b->flights, (u64)rq->bio, &f)))
		return false;
	if (unlikely(f->state.word != PK_FLIGHT_QUEUED ||
		     (pk_block_is_data(rq) && pk_block_has_owners(rq))))
		return false;
	if (unlikely(!pk_block_device_quick(b, disk, &device, &d)))
		return false;
	if (unlikely(f->who >> PK_WHO_SHIFT))
		f->who = pk_who_settled(f->who);
	f->state.device = device;
	f->issued_ns = now_ns;
	pk_block_send_op(b, f, now_ns);
	pk_block_load(d, 1, now_ns);
	return true;
}

static void pk_block_issue_probe(void *data, struct request *rq);

static noinline void pk_block_issue_any(struct pk_block *b, struct request *rq, unsigned long irqs)
{
	const struct gendisk *disk = pk_request_disk(rq);
	struct pk_block_run run;
	struct pk_flight *f;
	bool first;
	u64 now_ns;

	if (unlikely(pk_block_enter_again(b, irqs, &run))) {
		pk_block_issue_probe(b, rq);
		pk_block_leave(&run);
		return;
	}
	now_ns = pk_block_clock_ns(run.here);
	f = disk ? pk_block_named(b, rq) ?: pk_block_follow(b, rq, now_ns) : NULL;
	if (f) {
		if (f->issued_ns)
			pk_block_given_up(b, f, now_ns);
		first = f->state.device == PK_FLIGHT_QUEUED;
		pk_block_sent(b, f, disk, now_ns);
		if (first && pk_block_is_data(rq) && pk_block_has_owners(rq))
			pk_block_find_owners(b, run.here, rq, f, now_ns);
		else if (first)
			f->who = pk_who_settled(f->who);
	}
	pk_block_leave(&run);
}

static void pk_block_issue_probe(void *data, struct request *rq)
{
	struct pk_block *b = data;
	unsigned long irqs;
	u64 now_ns;

	local_irq_save(irqs);
	if (likely(pk_block_enter_quick(this_cpu_ptr(b->here), &now_ns) &&
		   pk_block_issue_quick(b, rq, now_ns)))
		local_irq_restore(irqs);
	else
		pk_block_issue_any(b, rq, irqs);
}

static void pk_block_requeue_probe(void *data, struct request *rq)
{
	struct pk_block *b = data;
	struct pk_block_run run;
	struct pk_flight *f;

	pk_block_enter(b, &run);
	f = pk_block_find(b, rq);
	if (f) {
		pk_block_returned(b, f, pk_block_clock_ns(run.here));
		f->state.nr_requeued += f->state.nr_requeued < U8_MAX;
	}
	pk_block_leave(&run);
}

/* --- completion --- */

/* Of a request that the driver never saw nothing is known but when it was made. */
static void pk_block_end_unseen(struct pk_block *b, struct pk_block_here *here,
				struct request *rq, struct pk_flight *known,
				struct pk_block_done *d)
{
	const struct gendisk *disk = pk_request_disk(rq);
	struct pk_flight f = { 0 };

	if (known) {
		f = *known;
		pk_flights_drop(known);
	} else if (rq->start_time_ns) {
		f.first_ns = min(rq->start_time_ns, d->now_ns);
	}
	if (!disk)
		return;
	d->device = f.state.device = pk_block_device_of(b, disk);
	f.who = pk_who_settled(f.who);
	/* what the device does for it is a flush that the block layer made */
	if (d->op == PKPROF_BLOCK_BARRIER)
		pk_block_leave_op(b, &f, READ_ONCE(b->devices[d->device].flushed_ns), d->now_ns);
	f.op = 0;
	if (d->op == PKPROF_BLOCK_BARRIER && f.first_ns) {
		pk_block_end(b, here, &f, d);
		return;
	}
	pk_block_end(b, here, NULL, d);
	if (unlikely(f.sample))
		pk_block_stack_end(b, f.sample, d, 0);
}

/* Data of a write that still waits for a flush. */
static bool pk_block_midway(const struct request *rq)
{
	return rq->rq_flags & RQF_FLUSH_SEQ && req_op(rq) != REQ_OP_FLUSH;
}

/* Of any kind of request. */
static void pk_block_completed(struct pk_block *b, struct pk_block_here *here,
					struct request *rq, bool failed, unsigned int nr_bytes,
					u64 now_ns)
{
	struct pk_block_done d = { .failed = failed, .bytes = nr_bytes, .now_ns = now_ns };
	const struct gendisk *disk = pk_request_disk(rq);
	bool all = nr_bytes >= blk_rq_bytes(rq);
	struct pk_flight *f = pk_block_find(b, rq);
	bool sent = f && f->state.device != PK_FLIGHT_QUEUED;

	if (disk)
		pk_waited_disk_done(pk_block_device_of(b, disk), now_ns);
	if (sent) {
		f->bytes += d.bytes;
		d.bytes = f->bytes;
		if (all)
			pk_block_returned(b, f, now_ns);
		else
			f->state.nr_partial += f->state.nr_partial < U8_MAX;
	}
	if (!all || pk_block_midway(rq)) {
		/* its first bio is done, and has no name to give any more */
		if (f)
			pk_block_rename(b, f, (u64)rq);
		return;
	}
	d.op = pk_block_op((__force unsigned int)rq->cmd_flags, d.bytes);
	if (sent) {
		pk_block_end(b, here, f, &d);
		pk_flights_drop(f);
	} else {
		pk_block_end_unseen(b, here, rq, f, &d);
	}
}

/*
 * A plain one: known by its first bio, at one of the devices for the first time and all
 * done at once, of one process and with times in order. False: nothing was done.
 */
static __always_inline bool pk_block_complete_quick(struct pk_block *b, struct pk_block_here *here,
						    const struct request *rq, u32 nr_bytes,
						    u64 now_ns)
{
	struct pk_block_plain p = { .bytes = nr_bytes, .now_ns = now_ns };
	struct pk_flight *f;
	unsigned long op;
	u64 device;

	if (unlikely(!rq->bio || !pk_flights_find_quick(&b->flights, (u64)rq->bio, &f)))
		return false;
	/* with more to tell of it, or before it was issued, this is no device's number */
	device = f->whole >> 32;
	if (unlikely(device - 1 >= PK_BLOCK_DEVICES - 1 || nr_bytes < blk_rq_bytes(rq) || rq->rq_flags & RQF_FLUSH_SEQ))
		return false;
	p.queue_ns = f->issued_ns - f->first_ns;
	p.device_ns = now_ns - f->issued_ns;
	op = pk_block_op((__force unsigned int)rq->cmd_flags, nr_bytes);
	if (unlikely(!pk_block_is_plain(&p) ||
		     !pk_block_cells_quick(&b->keys, &here->sums, f->whole, op, &p)))
		return false;
	pk_block_book_plain(&p);
	pk_block_leave_op(b, f, f->issued_ns, now_ns);
	pk_waited_disk_done(device, now_ns);
	pk_flights_drop(f);
	pk_block_load(&b->devices[device], -1, now_ns);
	return true;
}

static __always_inline void pk_block_complete(void *data, struct request *rq, bool failed,
					      unsigned int nr_bytes);

static noinline void pk_block_complete_any(struct pk_block *b, struct request *rq,
					   unsigned int nr_bytes, unsigned long irqs)
{
	struct pk_block_run run;

	if (unlikely(pk_block_enter_again(b, irqs, &run))) {
		pk_block_complete(b, rq, false, nr_bytes);
		pk_block_leave(&run);
		return;
	}
	pk_block_completed(b, run.here, rq, false, nr_bytes, pk_block_clock_ns(run.here));
	pk_block_leave(&run);
}

static noinline void pk_block_complete_failed(struct pk_block *b, struct request *rq,
					      unsigned int nr_bytes)
{
	struct pk_block_run run;

	pk_block_enter(b, &run);
	pk_block_completed(b, run.here, rq, true, nr_bytes, pk_block_clock_ns(run.here));
	pk_block_leave(&run);
}

static __always_inline void pk_block_complete(void *data, struct request *rq, bool failed,
					      unsigned int nr_bytes)
{
	struct pk_block *b = data;
	struct pk_block_here *here;
	unsigned long irqs;
	u64 now_ns;

	if (unlikely(failed)) {
		pk_block_complete_failed(b, rq, nr_bytes);
		return;
	}
	local_irq_save(irqs);
	here = this_cpu_ptr(b->here);
	if (likely(pk_block_enter_quick(here, &now_ns) &&
		   pk_block_complete_quick(b, here, rq, nr_bytes, now_ns)))
		local_irq_restore(irqs);
	else
		pk_block_complete_any(b, rq, nr_bytes, irqs);
}

/* --- merges --- */

static void pk_block_merge_probe(void *data, struct request *rq)
{
	struct pk_block *b = data;
	struct pk_block_run run;
	struct pk_flight *f;

	pk_block_enter(b, &run);
	f = pk_block_find(b, rq);
	if (f) {
		pk_block_returned(b, f, pk_block_clock_ns(run.here));
		if (unlikely(f->sample))
			pk_block_stack_gone(b, run.here, f, rq->bio, PKPROF_IO_MERGED);
		pk_flights_drop(f);
	}
	pk_block_piece(b, run.here, pk_request_disk(rq), (__force unsigned int)rq->cmd_flags,
		       blk_rq_bytes(rq), true);
	pk_block_leave(&run);
}

PK_PROBE_CHECK(block_rq_issue, pk_block_issue_probe)
PK_PROBE_CHECK(block_rq_requeue, pk_block_requeue_probe)
PK_PROBE_CHECK(block_rq_merge, pk_block_merge_probe)
PK_PROBE_BLOCK_RQ_COMPLETE(pk_block_complete_probe, pk_block_complete)

/* What was issued before the last row is not followed. */
struct pk_tracepoint pk_block_request_tracepoints[] = {
	{ .name = "block_rq_complete", .probe = pk_block_complete_probe },
	{ .name = "block_rq_merge", .probe = pk_block_merge_probe },
	{ .name = "block_rq_requeue", .probe = pk_block_requeue_probe },
	{ .name = "block_rq_issue", .probe = pk_block_issue_probe },
};
const unsigned int pk_block_nr_request_tracepoints = ARRAY_SIZE(pk_block_request_tracepoints);
