/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sums of connections (net_sums.h) with the memory of all CPUs, and their dump: what
 * sources tcp and unix have in common. Made when the source is attached; stays until the
 * session goes, so a reader with a reference to that needs no lock.
 */
#ifndef PK_NET_STORE_H
#define PK_NET_STORE_H

#include <linux/smp.h>
#include <linux/types.h>
#include "net_sums.h"

struct pk_filter;

#define PK_NET_STORE_MAX_BYTES (64ULL << 20)	/* sums of all CPUs together */

struct pk_net_store {
	struct pk_net_cpu **cpus;	/* nr_cpu_ids, NULL where there is none */
	void **memory;			/* of their cells */
	struct pk_net_keys keys;
};

/* Of zeroed memory. May sleep. Return: 0 or -ENOMEM; to be deinitialised in any case. */
int pk_net_store_init(struct pk_net_store *n);
void pk_net_store_deinit(struct pk_net_store *n);

/* This CPU's sums; irqs off. */
static __always_inline struct pk_net_cpu *pk_net_this_cpu(const struct pk_net_store *n)
{
	return n->cpus[smp_processor_id()];
}

/*
 * The next row that changed at or after @epoch_ns and that @filter, which may be NULL, lets
 * through. May sleep. @pos: 0 at first, opaque. @ret: PK_NET_MAX_BYTES. Return: bytes used,
 * 0: no more.
 */
size_t pk_net_store_next(struct pk_net_store *n, u64 *pos, u64 epoch_ns,
			 const struct pk_filter *filter, struct pkprof_net_conns *ret);

#endif
