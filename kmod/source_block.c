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
 * This file attaches and detaches; the probes are in block_request.c and block_bio.c.
 */
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include <linux/vmalloc.h>

#include "block_probe.h"
#include "source.h"

/* Of each CPU; its irqs are off. */
DEFINE_PER_CPU(struct pk_tsc_clock, pk_block_clock);

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

/* Requests first: what ends a bio's wait is then there before any bio is followed. */
static int pk_block_attach_probes(struct pk_block *b)
{
	int err = pk_tracepoints_attach(pk_block_request_tracepoints,
					pk_block_nr_request_tracepoints, b);

	if (err)
		return err;
	err = pk_tracepoints_attach(pk_block_bio_tracepoints, pk_block_nr_bio_tracepoints, b);
	if (err)
		pk_tracepoints_detach(pk_block_request_tracepoints,
				      pk_block_nr_request_tracepoints, b);
	return err;
}

static int pk_block_attach(struct pk_session *s)
{
	struct pk_block *b = vzalloc(sizeof(*b));
	unsigned int cpu;
	int err;

	if (!b)
		return -ENOMEM;
	b->session = s;
	pk_block_devices_init(b);
	for_each_possible_cpu(cpu)
		pk_tsc_clock_init(per_cpu_ptr(&pk_block_clock, cpu));
	err = pk_block_populate(b);
	if (!err)
		err = pk_block_attach_probes(b);
	if (err)
		pk_block_destroy(b);
	else
		s->block = b;
	return err;
}

static void pk_block_detach(struct pk_session *s)
{
	pk_tracepoints_detach(pk_block_bio_tracepoints, pk_block_nr_bio_tracepoints, s->block);
	pk_tracepoints_detach(pk_block_request_tracepoints, pk_block_nr_request_tracepoints,
			      s->block);
}

static int pk_block_works(void)
{
	int err = pk_tracepoints_find(pk_block_request_tracepoints, pk_block_nr_request_tracepoints);

	return err ?: pk_tracepoints_find(pk_block_bio_tracepoints, pk_block_nr_bio_tracepoints);
}

const struct pk_source pk_source_block = {
	.name = "block",
	.id = PKPROF_SRC_BLOCK,
	.works = pk_block_works,
	.attach = pk_block_attach,
	.detach = pk_block_detach,
};
