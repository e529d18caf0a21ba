// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Source block: what became of each block request, and how long it took.
 *
 * In: tracepoints of requests, and for devices that have no queue of their own (dm, md,
 * RAM disks) those of bios. Out: sums and distributions, read by dumps; no records. All
 * are tracepoints, at 15 to 20 instructions a hit outside the probe, where a kprobe at
 * blk_account_io_start or _done costs 95 to 550 and is not to be had on all kernels.
 *
 *	block_bio_queue		a bio was submitted: here begins the time, before a request for it
 *				is to be had, and here its submitter runs
 *	block_rq_issue		the driver has it; also again, after a requeue
 *	block_rq_requeue	the driver gave it back: from here on it queues again
 *	block_rq_complete	a part of it, or the rest, is done
 *	block_rq_merge		it became part of another request: it will not end
 *	block_bio_backmerge, _frontmerge, block_split	pieces of requests
 *	block_bio_complete	the end of a bio to a device without a queue, and of one that
 *				never got a request; not told of those that a request completes
 *	block_bio_remap		such a bio was handed on as it is: nobody tells its end
 *
 * A request ends with the completion that leaves nothing to be done, as in the kernel's
 * own accounts (/proc/diskstats): of a write that waits for flushes it is not that of
 * its data but the one after the last flush, and a flush that the block layer makes of
 * its own ends with its only one. Its queue time is all that it did not spend at the driver.
 *
 * Context: hard irq, softirq or task; preemptible where the tracepoint is. Each probe
 * turns irqs off, so that its CPU's sums are its own.
 */
#include <linux/cpumask.h>
#include <linux/irqflags.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/topology.h>
#include <linux/vmalloc.h>

#include "block.h"
#include "compat/block.h"
#include "session.h"
#include "source.h"
#include "tracepoint.h"
#include "tsc_clock.h"

/* --- devices --- */

/* Devices whose work other devices do again, by the beginning of their name. */
static const char *const pk_block_stacked[] = { "dm-", "md", "loop", "bcache", "drbd" };

static u32 pk_block_flags(const struct gendisk *disk)
{
	u32 flags = queue_is_mq(disk->queue) ? 0 : PKPROF_BLOCK_BIO;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pk_block_stacked); i++)
		if (!strncmp(disk->disk_name, pk_block_stacked[i], strlen(pk_block_stacked[i])))
			flags |= PKPROF_BLOCK_STACKED;
	/* the head of several paths to one namespace */
	if (flags & PKPROF_BLOCK_BIO && !strncmp(disk->disk_name, "nvme", 4))
		flags |= PKPROF_BLOCK_STACKED;
	return flags;
}

/* Number and name, such that two disks hardly share it; not 0. */
static __always_inline u64 pk_block_device_key(const struct gendisk *disk)
{
	u64 name;

	BUILD_BUG_ON(sizeof(disk->disk_name) < sizeof(name));
	memcpy(&name, disk->disk_name, sizeof(name));
	return (name * PK_GOLDEN ^ disk_devt((struct gendisk *)disk)) | 1;
}

static noinline void pk_block_device_fill(struct pk_block_device *d, const struct gendisk *disk)
{
	d->dev = (u32)disk->major << 20 | disk->first_minor;
	d->flags = pk_block_flags(disk);
	memcpy(d->name, disk->disk_name, strnlen(disk->disk_name, sizeof(d->name) - 1));
	d->depth.base_ns = pk_clock_ns();
	smp_store_release(&d->ready, 1);
}

/* The number of a disk, which the caller's request keeps alive. */
static __always_inline u16 pk_block_device_of(struct pk_block *b, const struct gendisk *disk)
{
	u64 key = pk_block_device_key(disk), there;
	unsigned int at = key * PK_GOLDEN >> 40, i;

	for (i = 0; i < PK_BLOCK_PROBES; i++) {
		struct pk_block_device *d = &b->devices[(at + i) & (PK_BLOCK_DEVICES - 1)];

		if (d == b->devices)
			continue;
		there = atomic64_read(&d->key);
		if (unlikely(!there)) {
			there = atomic64_cmpxchg(&d->key, 0, key);
			if (!there)
				pk_block_device_fill(d, disk);
			there = there ?: key;
		}
		/* who fills it on another CPU may not be through: until then it is one of any */
		if (there == key)
			return smp_load_acquire(&d->ready) ? d - b->devices : 0;
	}
	return 0;
}

static __always_inline void pk_block_deeper(struct pk_block *b, u16 device, int more, u64 now_ns)
{
	if (likely(device))
		pk_depth_change(&b->devices[device].depth, more, now_ns);
}

/* --- what is asked for --- */

static enum pkprof_block_op pk_block_op(unsigned int flags, u64 bytes)
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

/* --- probes: irqs off, timed --- */

/* Of each CPU; its irqs are off. */
static DEFINE_PER_CPU(struct pk_tsc_clock, pk_block_clock);

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

static struct pk_block_cpu *pk_block_this_cpu(struct pk_block *b)
{
	return b->cpus[smp_processor_id()];
}

/* Whoever runs is taken for its submitter; in an idle task's time that is nobody. */
static __always_inline void pk_flight_init(struct pk_flight *f, u16 device, u64 first_ns, u64 bytes)
{
	*f = (struct pk_flight){ .first_ns = first_ns, .bytes = bytes, .tgid = current->tgid,
				 .device = device };
}

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

/* The end of a request or bio; @f: what is known of it, NULL: nothing. */
static void pk_block_end(struct pk_block *b, const struct pk_flight *f, struct pk_block_done *d)
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

/* --- merges and splits --- */

static __always_inline void pk_block_piece(struct pk_block *b, const struct gendisk *disk,
					   unsigned int flags, u64 bytes, bool merged)
{
	if (disk)
		pk_block_book_piece(&b->keys, pk_block_this_cpu(b), pk_block_device_of(b, disk),
				    pk_block_op(flags, bytes), bytes, merged, pk_block_clock_ns());
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

/* --- bios --- */

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

PK_PROBE_CHECK(block_rq_issue, pk_block_issue_probe)
PK_PROBE_CHECK(block_rq_requeue, pk_block_requeue_probe)
PK_PROBE_CHECK(block_rq_merge, pk_block_merge_probe)
PK_PROBE_BLOCK_RQ_COMPLETE(pk_block_complete_probe, pk_block_complete)
PK_PROBE_BLOCK_MERGE(block_bio_backmerge, pk_block_backmerge_probe, pk_block_bio_merge)
PK_PROBE_BLOCK_MERGE(block_bio_frontmerge, pk_block_frontmerge_probe, pk_block_bio_merge)
PK_PROBE_BLOCK_SPLIT(pk_block_split_probe, pk_block_bio_split)
PK_PROBE_BLOCK_BIO(block_bio_queue, pk_block_bio_queue_probe, pk_block_bio_queue)
PK_PROBE_BLOCK_BIO_COMPLETE(pk_block_bio_complete_probe, pk_block_bio_complete)
PK_PROBE_BLOCK_REMAP(pk_block_bio_remap_probe, pk_block_bio_remap)

/* Ends come before beginnings: what was issued before the last row is not followed. */
static struct pk_tracepoint pk_block_tracepoints[] = {
	{ .name = "block_rq_complete", .probe = pk_block_complete_probe },
	{ .name = "block_bio_complete", .probe = pk_block_bio_complete_probe },
	{ .name = "block_bio_remap", .probe = pk_block_bio_remap_probe },
	{ .name = "block_rq_merge", .probe = pk_block_merge_probe },
	{ .name = "block_rq_requeue", .probe = pk_block_requeue_probe },
	{ .name = "block_bio_backmerge", .probe = pk_block_backmerge_probe },
	{ .name = "block_bio_frontmerge", .probe = pk_block_frontmerge_probe },
	{ .name = "block_split", .probe = pk_block_split_probe },
	{ .name = "block_rq_issue", .probe = pk_block_issue_probe },
	{ .name = "block_bio_queue", .probe = pk_block_bio_queue_probe },
};

/* --- attach, detach --- */

void pk_block_destroy(struct pk_block *b)
{
	unsigned int cpu;

	if (!b)
		return;
	for (cpu = 0; cpu < nr_cpu_ids; cpu++) {
		if (b->memory)
			vfree(b->memory[cpu]);
		if (b->cpus)
			kfree(b->cpus[cpu]);
	}
	kfree(b->memory);
	kfree(b->cpus);
	vfree(b);
}

static int pk_block_populate(struct pk_block *b)
{
	unsigned int cpu;

	pk_block_keys_init(&b->keys, num_possible_cpus(), PK_BLOCK_MAX_CPU_BYTES);
	b->cpus = kcalloc(nr_cpu_ids, sizeof(*b->cpus), GFP_KERNEL);
	b->memory = kcalloc(nr_cpu_ids, sizeof(*b->memory), GFP_KERNEL);
	if (!b->cpus || !b->memory)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		int node = cpu_to_node(cpu);

		b->memory[cpu] = vzalloc_node(pk_block_cpu_bytes(&b->keys), node);
		b->cpus[cpu] = kzalloc_node(sizeof(*b->cpus[cpu]), GFP_KERNEL, node);
		if (!b->memory[cpu] || !b->cpus[cpu])
			return -ENOMEM;
		pk_block_cpu_init(b->cpus[cpu], &b->keys, b->memory[cpu]);
	}
	return 0;
}

static int pk_block_attach(struct pk_session *s)
{
	struct pk_block *b = vzalloc(sizeof(*b));
	struct pk_block_device *any;
	unsigned int cpu;
	int err;

	if (!b)
		return -ENOMEM;
	b->session = s;
	any = &b->devices[0];
	any->flags = PKPROF_BLOCK_ANY;
	memcpy(any->name, "(others)", sizeof("(others)"));
	any->depth.base_ns = pk_clock_ns();
	any->ready = 1;
	for_each_possible_cpu(cpu)
		pk_tsc_clock_init(per_cpu_ptr(&pk_block_clock, cpu));
	err = pk_block_populate(b);
	if (!err)
		err = pk_tracepoints_attach(pk_block_tracepoints, ARRAY_SIZE(pk_block_tracepoints), b);
	if (err)
		pk_block_destroy(b);
	else
		s->block = b;
	return err;
}

static void pk_block_detach(struct pk_session *s)
{
	pk_tracepoints_detach(pk_block_tracepoints, ARRAY_SIZE(pk_block_tracepoints), s->block);
}

static int pk_block_works(void)
{
	return pk_tracepoints_find(pk_block_tracepoints, ARRAY_SIZE(pk_block_tracepoints));
}

const struct pk_source pk_source_block = {
	.name = "block",
	.id = PKPROF_SRC_BLOCK,
	.works = pk_block_works,
	.attach = pk_block_attach,
	.detach = pk_block_detach,
};
