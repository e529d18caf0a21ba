// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Probes of source block that see bios; which and why is said in source_block.c.
 *
 * Context: hard irq, softirq or task; preemptible where the tracepoint is.
 */
#include <linux/kernel.h>

#include "block_probe.h"

static void pk_block_submit(struct pk_block *b, struct bio *bio, const struct gendisk *disk)
{
	bool at_once = !queue_is_mq(disk->queue);
	bool known;
	int at = pk_flights_get(&b->flights, (u64)bio, &known);
	u64 now_ns = pk_block_clock_ns();
	struct pk_flight *f;

	if (unlikely(at < 0))
		return;
	f = &b->flights.flight[at];
	pk_flight_init(f, at_once ? pk_block_device_of(b, disk) : 0, now_ns, bio->bi_iter.bi_size);
	if (!at_once)
		return;
	f->issued_ns = now_ns;
	pk_block_deeper(b, f->device, 1, now_ns);
}

static void pk_block_bio_queue(void *data, struct bio *bio)
{
	const struct gendisk *disk = pk_bio_disk(bio);
	struct pk_block_run run;

	if (!disk)
		return;
	pk_block_enter(data, &run);
	pk_block_submit(data, bio, disk);
	pk_block_leave(&run);
}

/* @told: its end, not only that it leaves the device. */
static void pk_block_bio_end(struct pk_block *b, struct bio *bio, bool told)
{
	int at = pk_flights_find(&b->flights, (u64)bio);
	struct pk_flight *f = at >= 0 ? &b->flights.flight[at] : NULL;
	struct pk_block_done d = { .failed = told && bio->bi_status };

	if (!f)
		return;
	/* else it only waited for a request */
	if (f->issued_ns) {
		d.now_ns = pk_block_clock_ns();
		d.bytes = f->bytes;
		d.op = pk_block_op((__force unsigned int)bio->bi_opf, f->bytes);
		d.device = f->device;
		pk_block_returned(b, f, d.now_ns);
		pk_block_end(b, told ? f : NULL, &d);
	} else if (!told) {
		return;
	}
	pk_flights_drop(&b->flights, at);
}

static __always_inline void pk_block_bio_over(struct pk_block *b, struct bio *bio, bool told)
{
	struct pk_block_run run;

	pk_block_enter(b, &run);
	pk_block_bio_end(b, bio, told);
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

static void pk_block_bio_piece(struct pk_block *b, struct bio *bio, bool merged)
{
	struct pk_block_run run;
	int at = -1;

	pk_block_enter(b, &run);
	/* the request that it joins has an older one to begin with */
	if (merged)
		at = pk_flights_find(&b->flights, (u64)bio);
	if (at >= 0)
		pk_flights_drop(&b->flights, at);
	pk_block_piece(b, pk_bio_disk(bio), (__force unsigned int)bio->bi_opf,
		       bio->bi_iter.bi_size, merged);
	pk_block_leave(&run);
}

static void pk_block_bio_merge(void *data, struct bio *bio)
{
	pk_block_bio_piece(data, bio, true);
}

static void pk_block_bio_split(void *data, struct bio *bio)
{
	pk_block_bio_piece(data, bio, false);
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
