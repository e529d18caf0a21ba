// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Source block: what became of each block request, and how long it took.
 *
 * In: tracepoints of requests, and for devices that have no queue of their own (dm, md,
 * RAM disks) those of bios. Out: sums and distributions, read by dumps; and records of some
 * bios, with the stacks of who submits them (block_stack.c). All are tracepoints, at 15 to 20
 * instructions a hit outside the probe, where a kprobe at blk_account_io_start or _done costs
 * 95 to 550 and is not to be had on all kernels.
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
 *	writeback_dirty_folio	a page became dirty: who writes it back later does it for whom
 *
 * A request ends with the completion that leaves nothing to be done, as in the kernel's
 * own accounts (/proc/diskstats): of a write that waits for flushes it is not that of
 * its data but the one after the last flush, and a flush that the block layer makes of
 * its own ends with its only one. Its queue time is all that it did not spend at the driver.
 *
 * This file attaches and detaches; the probes are in block_request.c, block_bio.c
 * and block_owner.c.
 */
#include <linux/cpumask.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include <linux/vmalloc.h>

#include "block_probe.h"
#include "compat/tracepoint.h"
#include "session.h"
#include "source.h"
#include "unwind.h"

void pk_block_destroy(struct pk_block *b)
{
	unsigned int cpu;

	if (!b)
		return;
	for (cpu = 0; b->memory && cpu < nr_cpu_ids; cpu++)
		vfree(b->memory[cpu]);
	kfree(b->memory);
	free_percpu(b->here);
	kfree(b->cpus);
	pk_block_dirty_deinit(b);
	vfree(b);
}

static int pk_block_populate_cpu(struct pk_block *b, unsigned int cpu)
{
	struct pk_block_here *here = per_cpu_ptr(b->here, cpu);

	b->memory[cpu] = vzalloc_node(pk_block_cpu_bytes(&b->keys), cpu_to_node(cpu));
	if (!b->memory[cpu])
		return -ENOMEM;
	here->left = PK_BLOCK_TIME_EVERY;
	here->books = &b->session->cpu[cpu]->books[PKPROF_SRC_BLOCK];
	pk_tsc_clock_init(&here->clock);
	pk_block_cpu_init(&here->sums, &b->keys, b->memory[cpu]);
	b->cpus[cpu] = &here->sums;
	return 0;
}

static int pk_block_populate(struct pk_block *b)
{
	unsigned int cpu;
	int err = 0;

	pk_block_keys_init(&b->keys, num_possible_cpus(), PK_BLOCK_MAX_CPU_BYTES);
	b->cpus = kcalloc(nr_cpu_ids, sizeof(*b->cpus), GFP_KERNEL);
	b->here = alloc_percpu(struct pk_block_here);
	b->memory = kcalloc(nr_cpu_ids, sizeof(*b->memory), GFP_KERNEL);
	if (!b->cpus || !b->here || !b->memory)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		err = pk_block_populate_cpu(b, cpu);
		if (err)
			return err;
	}
	return 0;
}

struct pk_block_table {
	struct pk_tracepoint *rows;
	const unsigned int *nr;
};

/*
 * In this order: pages are known before they are written, and what ends a bio's wait is
 * there before any bio is followed.
 */
static const struct pk_block_table pk_block_tables[] = {
	{ pk_block_dirty_tracepoints, &pk_block_nr_dirty_tracepoints },
	{ pk_block_request_tracepoints, &pk_block_nr_request_tracepoints },
	{ pk_block_bio_tracepoints, &pk_block_nr_bio_tracepoints },
};

/* Of the first @nr tables. */
static void pk_block_detach_probes(struct pk_block *b, unsigned int nr)
{
	while (nr--)
		pk_tracepoints_detach(pk_block_tables[nr].rows, *pk_block_tables[nr].nr, b);
}

static int pk_block_attach_probes(struct pk_block *b)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(pk_block_tables); i++) {
		err = pk_tracepoints_attach(pk_block_tables[i].rows, *pk_block_tables[i].nr, b);
		if (err) {
			pk_block_detach_probes(b, i);
			return err;
		}
	}
	return 0;
}

static int pk_block_attach(struct pk_session *s)
{
	struct pk_block *b = vzalloc(sizeof(*b));
	int err;

	if (!b)
		return -ENOMEM;
	b->session = s;
	pk_block_devices_init(b);
	err = pk_block_populate(b) ?: pk_block_dirty_init(b);
	if (!err)
		pk_block_stack_init(b);
	if (!err)
		err = pk_block_attach_probes(b);
	if (err)
		pk_block_destroy(b);
	else
		s->block = b;
	return err;
}

/* Runs since the last one that was timed. No probe is there any more. */
static void pk_block_close_books(struct pk_block *b)
{
	struct pk_block_here *here;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		here = per_cpu_ptr(b->here, cpu);
		local_add(PK_BLOCK_TIME_EVERY - here->left, &here->books->hits);
		here->left = PK_BLOCK_TIME_EVERY;
	}
}

static void pk_block_detach(struct pk_session *s)
{
	pk_block_detach_probes(s->block, ARRAY_SIZE(pk_block_tables));
	pk_block_close_books(s->block);
}

/* What is at a device now ends unseen: its depth is not known any more. */
static void pk_block_pause(struct pk_session *s)
{
	u64 now_ns = pk_clock_ns();
	struct pk_block_device *d;

	pk_block_detach(s);
	for (d = s->block->devices; d < s->block->devices + PK_BLOCK_DEVICES; d++) {
		while (atomic64_read(&d->depth.word) & PK_DEPTH_MAX) {
			if (pk_depth_change(&d->depth, -1, now_ns) == 1)
				pk_busy_end(&d->busy, now_ns);
		}
	}
}

static int pk_block_resume(struct pk_session *s)
{
	memset(&s->block->flights, 0, sizeof(s->block->flights));
	return pk_block_attach_probes(s->block);
}

static int pk_block_works(void)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < ARRAY_SIZE(pk_block_tables); i++)
		err = pk_tracepoints_find(pk_block_tables[i].rows, *pk_block_tables[i].nr);
	/* the last row: submission, from which stacks are walked */
	if (!err)
		pk_unwind_leave_out((unsigned long)pk_block_bio_tracepoints
				    [pk_block_nr_bio_tracepoints - 1].found->iterator);
	return err;
}

const struct pk_source pk_source_block = {
	.name = "block",
	.id = PKPROF_SRC_BLOCK,
	.works = pk_block_works,
	.attach = pk_block_attach,
	.detach = pk_block_detach,
	.pause = pk_block_pause,
	.resume = pk_block_resume,
};
