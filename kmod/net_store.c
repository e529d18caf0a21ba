// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory and dumps of sums of connections; see net_store.h. */
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/time64.h>
#include <linux/topology.h>
#include <linux/vmalloc.h>
#include "filter.h"
#include "net_store.h"

int pk_net_store_init(struct pk_net_store *n)
{
	unsigned int cpu;

	pk_net_keys_init(&n->keys, num_possible_cpus(), PK_NET_STORE_MAX_BYTES);
	n->cpus = kcalloc(nr_cpu_ids, sizeof(*n->cpus), GFP_KERNEL);
	n->memory = kcalloc(nr_cpu_ids, sizeof(*n->memory), GFP_KERNEL);
	if (!n->cpus || !n->memory)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		int node = cpu_to_node(cpu);

		n->memory[cpu] = vzalloc_node(pk_net_cpu_bytes(&n->keys), node);
		n->cpus[cpu] = kzalloc_node(sizeof(*n->cpus[cpu]), GFP_KERNEL, node);
		if (!n->memory[cpu] || !n->cpus[cpu])
			return -ENOMEM;
		pk_net_cpu_init(n->cpus[cpu], &n->keys, n->memory[cpu]);
	}
	return 0;
}

void pk_net_store_deinit(struct pk_net_store *n)
{
	unsigned int cpu;

	for (cpu = 0; cpu < nr_cpu_ids; cpu++) {
		if (n->memory)
			vfree(n->memory[cpu]);
		if (n->cpus)
			kfree(n->cpus[cpu]);
	}
	kfree(n->memory);
	kfree(n->cpus);
}

size_t pk_net_store_next(struct pk_net_store *n, u64 *pos, u64 epoch_ns,
			 const struct pk_filter *filter, struct pkprof_net_conns *ret)
{
	size_t bytes = 0;

	/* the probe that took the time of a change may not have made it yet */
	epoch_ns -= min_t(u64, epoch_ns, NSEC_PER_SEC);
	while (!bytes && *pos < pk_net_nr(&n->keys)) {
		cond_resched();
		bytes = pk_net_tell(&n->keys, n->cpus, nr_cpu_ids, (*pos)++, epoch_ns, ret);
		/* a row of no process is told to all */
		if (bytes && filter && ret->tgid && !pk_filter_match(filter, ret->tgid))
			bytes = 0;
	}
	return bytes;
}
