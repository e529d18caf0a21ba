// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Probes of source block that see bios; which and why is said in source_block.c.
 *
 * A bio is followed from its submission on: to the end of the request that it begins, to
 * when it joins another one, or, on a device without a queue, to its own end.
 *
 * Context: hard irq, softirq or task; preemptible where the tracepoint is.
 */
#include <linux/kernel.h>

#include "block_probe.h"

static __always_inline void pk_block_bio_queue(void *data, struct bio *bio);

static noinline void pk_block_submit_any(struct pk_block *b, struct bio *bio, unsigned long irqs)
{
	const struct gendisk *disk = pk_bio_disk(bio);
	struct pk_block_run run;
	struct pk_flight *f;
	bool known;
	u64 now_ns;

	if (unlikely(pk_block_enter_again(b, irqs, &run))) {
		pk_block_bio_queue(b, bio);
		pk_block_leave(&run);
		return;
	}
	now_ns = pk_block_clock_ns(run.here);
	f = disk ? pk_flights_claim(&b->flights, (u64)bio, &known) : NULL;
	if (f) {
		/* else the one that had this memory before was forgotten */
		if (known)
			pk_block_returned(b, f, now_ns);
		pk_flight_init(f, now_ns, pk_block_current());
		pk_block_join_op(b, f, now_ns);
		if (!queue_is_mq(disk->queue)) {
			f->bytes = bio->bi_iter.bi_size;
			f->who = pk_who_settled(f->who);
			pk_block_sent(b, f, disk, now_ns);
		}
	}
	if (disk)
		pk_block_stack_draw(b, &run, bio, f, now_ns);
	pk_block_leave(&run);
}

/*
 * To a device with a queue; not to be recorded. False: nothing was done. What it
 * does of operations is left to the caller.
 */
static __always_inline bool pk_block_submit_quick(struct pk_block *b, struct pk_block_here *here,
						  const struct bio *bio, u64 now_ns,
						  struct pk_flight **f_ret)
{
	s64 left = here->draw.left - pk_block_draw_cost(bio->bi_iter.bi_size);
	struct pk_flight *f;

	if (unlikely(left < 0 || !queue_is_mq(pk_bio_queue_there(bio)) ||
		     !pk_flights_claim_quick(&b->flights, (u64)bio, &f)))
		return false;
	pk_flight_init(f, now_ns, pk_block_current());
	here->draw.left = left;
	*f_ret = f;
	return true;
}

static noinline void pk_block_submit_in_op_any(struct pk_vfs *v, struct pk_flight *f, u64 now_ns,
					       unsigned long irqs)
{
	f->op = pk_op_submitted(v, now_ns);
	local_irq_restore(irqs);
}

/* The last step of the quick course, apart: it needs registers that would have to be saved. */
static noinline void pk_block_submit_in_op(struct pk_vfs *v, struct pk_flight *f, u64 now_ns,
					   unsigned long irqs)
{
	if (likely(pk_op_submitted_quick(v, now_ns, &f->op) || !pk_op_is_on(v, current)))
		local_irq_restore(irqs);
	else
		pk_block_submit_in_op_any(v, f, now_ns, irqs);
}

static __always_inline void pk_block_bio_queue(void *data, struct bio *bio)
{
	struct pk_block *b = data;
	struct pk_block_here *here;
	struct pk_flight *f;
	unsigned long irqs;
	struct pk_vfs *v;
	u64 now_ns;

	local_irq_save(irqs);
	here = this_cpu_ptr(b->here);
	if (unlikely(!pk_block_enter_quick(here, &now_ns) ||
		     !pk_block_submit_quick(b, here, bio, now_ns, &f))) {
		pk_block_submit_any(b, bio, irqs);
		return;
	}
	v = READ_ONCE(b->vfs);
	if (v)
		pk_block_submit_in_op(v, f, now_ns, irqs);
	else
		local_irq_restore(irqs);
}

/* --- ends --- */

/* @told: its end, not only that it leaves the device. */
static void pk_block_bio_end(struct pk_block *b, struct pk_block_here *here, struct bio *bio,
			     bool told)
{
	struct pk_flight *f = pk_flights_find(&b->flights, (u64)bio);
	struct pk_block_done d = { .failed = told && bio->bi_status };

	if (!f)
		return;
	/* else it only waited for a request */
	if (f->issued_ns) {
		d.now_ns = pk_block_clock_ns(here);
		d.bytes = f->bytes;
		d.op = pk_block_op((__force unsigned int)bio->bi_opf, f->bytes);
		d.device = f->state.device;
		pk_block_returned(b, f, d.now_ns);
		pk_block_end(b, here, told ? f : NULL, &d);
		if (told)
			pk_waited_disk_done(d.device, d.now_ns);
		else if (unlikely(f->sample))
			pk_block_stack_end(b, f->sample, &d, PKPROF_IO_MOVED);
	} else if (unlikely(told && f->sample)) {
		pk_block_stack_gone(b, here, f, bio, PKPROF_IO_NEVER);
	}
	if (told) {
		pk_flights_drop(f);
		return;
	}
	/* the same bio goes on to another device, whose request will have its begin */
	f->state.device = PK_FLIGHT_QUEUED;
	f->device_ns = f->bytes = 0;
}

static inline void pk_block_bio_over(struct pk_block *b, struct bio *bio, bool told)
{
	struct pk_block_run run;

	pk_block_enter(b, &run);
	pk_block_bio_end(b, run.here, bio, told);
	pk_block_leave(&run);
}

static void pk_block_bio_complete(void *data, struct bio *bio)
{
	pk_block_bio_over(data, bio, true);
}

static void pk_block_bio_remap(void *data, struct bio *bio)
{
	pk_block_bio_over(data, bio, false);
}

/* --- merges and splits --- */

static void pk_block_bio_merge(void *data, struct bio *bio);

static noinline void pk_block_merge_any(struct pk_block *b, struct bio *bio, unsigned long irqs)
{
	struct pk_block_run run;
	struct pk_flight *f;

	if (unlikely(pk_block_enter_again(b, irqs, &run))) {
		pk_block_bio_merge(b, bio);
		pk_block_leave(&run);
		return;
	}
	/* the request that it joins has an older one to begin with */
	f = pk_flights_find(&b->flights, (u64)bio);
	if (f) {
		if (unlikely(f->sample))
			pk_block_stack_gone(b, run.here, f, bio, PKPROF_IO_MERGED);
		pk_flights_drop(f);
	}
	pk_block_piece(b, run.here, pk_bio_disk(bio), (__force unsigned int)bio->bi_opf,
		       bio->bi_iter.bi_size, true);
	pk_block_leave(&run);
}

/* Of a kind that is known, and not recorded. False: nothing was done. */
static __always_inline bool pk_block_merge_quick(struct pk_block *b, struct pk_block_here *here,
						 const struct bio *bio, u64 now_ns)
{
	const struct gendisk *disk = pk_bio_disk(bio);
	u32 bytes = bio->bi_iter.bi_size;
	struct pk_block_device *d;
	struct pk_flight *f;
	u16 device;
	u64 cell;

	if (unlikely(!disk || !pk_flights_find_quick(&b->flights, (u64)bio, &f) || f->sample))
		return false;
	if (unlikely(!pk_block_device_quick(b, disk, &device, &d) ||
		     !pk_block_cell_quick(&b->keys, device,
					  pk_block_op((__force unsigned int)bio->bi_opf, bytes),
					  bytes, &cell)))
		return false;
	pk_flights_drop(f);
	pk_block_count_piece(&here->sums.cells[cell].sums, true, now_ns);
	return true;
}

static void pk_block_bio_merge(void *data, struct bio *bio)
{
	struct pk_block *b = data;
	struct pk_block_here *here;
	unsigned long irqs;
	u64 now_ns;

	local_irq_save(irqs);
	here = this_cpu_ptr(b->here);
	if (likely(pk_block_enter_quick(here, &now_ns) &&
		   pk_block_merge_quick(b, here, bio, now_ns)))
		local_irq_restore(irqs);
	else
		pk_block_merge_any(b, bio, irqs);
}

/* A new bio takes the front of one that was submitted: it is as old, and from the same process. */
static void pk_block_cut(struct pk_block *b, struct bio *bio)
{
	/* the other one, as it waits for this one; only looked up */
	u64 other = (u64)bio->bi_private;
	const struct pk_flight *from = other ? pk_flights_find(&b->flights, other) : NULL;
	struct pk_flight *f;
	bool known;

	if (!from || from->state.device != PK_FLIGHT_QUEUED)
		return;
	f = pk_flights_claim(&b->flights, (u64)bio, &known);
	if (!f)
		return;
	pk_flight_init(f, from->first_ns, from->who);
	f->op = from->op;
	f->sample = from->sample;
	f->state.has_more = from->state.has_more;
}

static void pk_block_bio_split(void *data, struct bio *bio)
{
	struct pk_block_run run;

	pk_block_enter(data, &run);
	pk_block_cut(data, bio);
	pk_block_piece(data, run.here, pk_bio_disk(bio), (__force unsigned int)bio->bi_opf,
		       bio->bi_iter.bi_size, false);
	pk_block_leave(&run);
}

PK_PROBE_BLOCK_MERGE(block_bio_backmerge, pk_block_backmerge_probe, pk_block_bio_merge)
PK_PROBE_BLOCK_MERGE(block_bio_frontmerge, pk_block_frontmerge_probe, pk_block_bio_merge)
PK_PROBE_BLOCK_SPLIT(pk_block_split_probe, pk_block_bio_split)
PK_PROBE_BLOCK_BIO(block_bio_queue, pk_block_bio_queue_probe, pk_block_bio_queue)
PK_PROBE_BLOCK_BIO_COMPLETE(pk_block_bio_complete_probe, pk_block_bio_complete)
PK_PROBE_BLOCK_REMAP(pk_block_bio_remap_probe, pk_block_bio_remap)

struct pk_tracepoint pk_block_bio_tracepoints[] = {
	{ .name = "block_bio_complete", .probe = pk_block_bio_complete_probe },
	{ .name = "block_bio_remap", .probe = pk_block_bio_remap_probe },
	{ .name = "block_bio_backmerge", .probe = pk_block_backmerge_probe },
	{ .name = "block_bio_frontmerge", .probe = pk_block_frontmerge_probe },
	{ .name = "block_split", .probe = pk_block_split_probe },
	{ .name = "block_bio_queue", .probe = pk_block_bio_queue_probe },
};
const unsigned int pk_block_nr_bio_tracepoints = ARRAY_SIZE(pk_block_bio_tracepoints);
