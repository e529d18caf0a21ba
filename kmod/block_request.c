// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Probes of source block that see requests; which and why is said in source_block.c.
 *
 * Context: hard irq, softirq or task; preemptible where the tracepoint is.
 */
#include <linux/kernel.h>

#include "block_probe.h"

/*
 * When the request's bio was submitted, and by whom; that is then forgotten. Else, as of
 * the rest of a bio that was cut: when the request was made, and who runs.
 */
static __always_inline void pk_block_submitted(struct pk_block *b, const struct request *rq,
					       u64 now_ns, struct pk_flight *f)
{
	int at = rq->bio ? pk_flights_find(&b->flights, (u64)rq->bio) : -1;

	if (likely(at >= 0)) {
		f->first_ns = b->flights.flight[at].first_ns;
		f->tgid = b->flights.flight[at].tgid;
		pk_flights_drop(&b->flights, at);
	} else if (rq->start_time_ns) {
		f->first_ns = min(rq->start_time_ns, now_ns);
	}
}

/* The request's slot, new or known; NULL: there is no room. */
static struct pk_flight *pk_block_follow(struct pk_block *b, struct request *rq, u64 now_ns)
{
	const struct gendisk *disk = pk_request_disk(rq);
	bool known;
	int at = pk_flights_get(&b->flights, (u64)rq, &known);

	if (unlikely(at < 0))
		return NULL;
	if (known)
		return &b->flights.flight[at];
	if (unlikely(!disk)) {
		pk_flights_drop(&b->flights, at);
		return NULL;
	}
	pk_flight_init(&b->flights.flight[at], pk_block_device_of(b, disk), now_ns, 0);
	pk_block_submitted(b, rq, now_ns, &b->flights.flight[at]);
	return &b->flights.flight[at];
}

static void pk_block_issue_probe(void *data, struct request *rq)
{
	struct pk_block *b = data;
	struct pk_block_run run;
	struct pk_flight *f;
	u64 now_ns;

	pk_block_enter(b, &run);
	now_ns = pk_block_clock_ns();
	f = pk_block_follow(b, rq, now_ns);
	if (likely(f)) {
		/* else the one that had this memory before was given up without a word */
		if (likely(!f->issued_ns))
			pk_block_deeper(b, f->device, 1, now_ns);
		else
			pk_flight_init(f, f->device, now_ns, 0);
		f->issued_ns = now_ns;
	}
	pk_block_leave(&run);
}

static void pk_block_requeue_probe(void *data, struct request *rq)
{
	struct pk_block *b = data;
	struct pk_block_run run;
	int at;

	pk_block_enter(b, &run);
	at = pk_flights_find(&b->flights, (u64)rq);
	if (at >= 0) {
		struct pk_flight *f = &b->flights.flight[at];

		pk_block_returned(b, f, pk_block_clock_ns());
		f->nr_requeued += f->nr_requeued < U8_MAX;
	}
	pk_block_leave(&run);
}

/* Nothing is known of a request that the driver never saw but when it was made. */
static void pk_block_end_unseen(struct pk_block *b, struct request *rq, struct pk_block_done *d)
{
	const struct gendisk *disk = pk_request_disk(rq);
	struct pk_flight f = { 0 };

	if (!disk)
		return;
	pk_block_submitted(b, rq, d->now_ns, &f);
	d->device = f.device = pk_block_device_of(b, disk);
	pk_block_end(b, d->op == PKPROF_BLOCK_BARRIER && f.first_ns ? &f : NULL, d);
}

static void pk_block_completed(struct pk_block *b, struct request *rq, bool failed, unsigned int nr_bytes)
{
	struct pk_block_done d = { .now_ns = pk_block_clock_ns(), .failed = failed, .bytes = nr_bytes };
	int at = pk_flights_find(&b->flights, (u64)rq);
	struct pk_flight *f = at >= 0 ? &b->flights.flight[at] : NULL;
	bool all = nr_bytes >= blk_rq_bytes(rq);
	/* data of a write that still waits for a flush */
	bool midway = rq->rq_flags & RQF_FLUSH_SEQ && req_op(rq) != REQ_OP_FLUSH;

	if (f) {
		f->bytes += nr_bytes;
		d.bytes = f->bytes;
		if (all)
			pk_block_returned(b, f, d.now_ns);
		else
			f->nr_partial += f->nr_partial < U8_MAX;
	}
	if (!all || midway)
		return;
	d.op = pk_block_op((__force unsigned int)rq->cmd_flags, d.bytes);
	if (f) {
		pk_block_end(b, f, &d);
		pk_flights_drop(&b->flights, at);
	} else {
		pk_block_end_unseen(b, rq, &d);
	}
}

static void pk_block_complete(void *data, struct request *rq, bool failed, unsigned int nr_bytes)
{
	struct pk_block_run run;

	pk_block_enter(data, &run);
	pk_block_completed(data, rq, failed, nr_bytes);
	pk_block_leave(&run);
}

static void pk_block_merge_probe(void *data, struct request *rq)
{
	struct pk_block *b = data;
	struct pk_block_run run;
	int at;

	pk_block_enter(b, &run);
	at = pk_flights_find(&b->flights, (u64)rq);
	if (at >= 0) {
		pk_block_returned(b, &b->flights.flight[at], pk_block_clock_ns());
		pk_flights_drop(&b->flights, at);
	}
	pk_block_piece(b, pk_request_disk(rq), (__force unsigned int)rq->cmd_flags,
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
