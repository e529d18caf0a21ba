// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading what source block knows; see block.h. In: tables that probes go on writing.
 * Out: pieces for a dump, each of all CPUs together.
 */
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include "block.h"
#include "compat/clock.h"
#include "filter.h"

size_t pk_block_next_device(struct pk_block *b, u64 *pos, void *buf)
{
	struct pkprof_block_device *ret = buf;

	for (; *pos < PK_BLOCK_DEVICES; ++*pos) {
		const struct pk_block_device *d = &b->devices[*pos];

		cond_resched();
		if (!smp_load_acquire(&d->ready))
			continue;
		memset(ret, 0, sizeof(*ret));
		pk_depth_tell(&d->depth, pk_clock_ns(), ret);
		ret->id = (*pos)++;
		ret->dev = d->dev;
		ret->flags = d->flags;
		memcpy(ret->name, d->name, sizeof(ret->name));
		return sizeof(*ret);
	}
	return 0;
}

size_t pk_block_next_ops(struct pk_block *b, u64 *pos, u64 epoch_ns,
			 const struct pk_filter *filter, void *buf)
{
	struct pkprof_block_ops *ret = buf;
	size_t bytes = 0;

	/* the probe that took the time of a change may not have made it yet */
	epoch_ns -= min_t(u64, epoch_ns, NSEC_PER_SEC);
	while (!bytes && *pos < pk_block_nr(&b->keys)) {
		cond_resched();
		bytes = pk_block_tell(&b->keys, b->cpus, nr_cpu_ids, (*pos)++, epoch_ns, ret);
		/* of others nothing is told but what the devices did */
		if (bytes && filter && (ret->tgid || ret->any_tgid) &&
		    !pk_filter_match(filter, ret->tgid))
			bytes = 0;
	}
	return bytes;
}
