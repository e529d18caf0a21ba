/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What connections add up to, by process and peer: counts, and distributions of times.
 *
 * Which cell is whose is the same on all CPUs: one table of keys, in which keys are only
 * added, by compare and exchange. What is in the cells is each CPU's own, written with
 * irqs off. Few cells have all distributions, so those come from a pool of each CPU, at
 * the first value, and stay. Where the table has no room for a key, the cell of its role
 * that is always there is taken. The same file compiles in the unit tests.
 */
#ifndef PK_NET_SUMS_H
#define PK_NET_SUMS_H

#ifdef __KERNEL__
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/types.h>
#else
#include "kernel_shim.h"	/* tests/unit */
#endif
#include "hist.h"

#define PK_NET_MAX_CELLS	1024	/* powers of two */
#define PK_NET_MIN_CELLS	128
#define PK_NET_PROBES		16	/* slots that are tried for a key */
#define PK_NET_NO_CELL		0xffffu

/* Whose a cell is; what is not used is 0. A multiple of 8 bytes without gaps. */
struct pk_net_who {
	u32 tgid;
	u8 role, family;
	u16 port;
	u8 remote[16], local[16];
};

/* Of one CPU; @dist: number in its pool, from 1 on; 0: none yet. @last_ns: it changed. */
struct pk_net_cell {
	u64 counts[PKPROF_NR_NET_COUNTS];
	u64 last_ns;
	u16 dist[PKPROF_NR_NET_DISTS];
};

/* A key of all CPUs' cells; @ready: @who is there, read with acquire. */
struct pk_net_key {
	atomic64_t hash;	/* 0: free */
	u32 ready;
	struct pk_net_who who;
};

/* Behind @nr cells is one of each role that is always there. */
struct pk_net_keys {
	unsigned int nr, nr_dists;
	struct pk_net_key key[PK_NET_MAX_CELLS];
};

/* Of one CPU: keys->nr + PKPROF_NR_NET_ROLES cells, keys->nr_dists distributions. */
struct pk_net_cpu {
	struct pk_net_cell *cells;
	struct pk_hist *dists;
	unsigned int nr_used;	/* of @dists */
};

/* As many as @bytes allow on @nr_cpus, within the limits above. */
void pk_net_keys_init(struct pk_net_keys *k, unsigned int nr_cpus, u64 bytes);
size_t pk_net_cpu_bytes(const struct pk_net_keys *k);
/* Lay a CPU's cells over zeroed memory of so many bytes. */
void pk_net_cpu_init(struct pk_net_cpu *c, const struct pk_net_keys *k, void *mem);

/* The cell of a process and peer, added if it is new. Context: any. */
unsigned int pk_net_cell_of(struct pk_net_keys *k, const struct pk_net_who *who);

/* Context: any, irqs off, on the CPU of @c. */
static __always_inline void pk_net_count(struct pk_net_cpu *c, unsigned int cell,
					 enum pkprof_net_count what, u64 nr, u64 now_ns)
{
	c->cells[cell].counts[what] += nr;
	c->cells[cell].last_ns = now_ns;
}

/* A cell's first value of a kind: false, and counted there, if the pool is empty. */
bool pk_net_dist_begin(const struct pk_net_keys *k, struct pk_net_cpu *c, struct pk_net_cell *x,
		       enum pkprof_net_dist what);

/* A value of a distribution, likewise. */
static __always_inline void pk_net_dist(const struct pk_net_keys *k, struct pk_net_cpu *c,
					unsigned int cell, enum pkprof_net_dist what, u64 value,
					u64 now_ns)
{
	struct pk_net_cell *x = &c->cells[cell];
	struct pk_hist *h;

	x->last_ns = now_ns;
	if (unlikely(!x->dist[what]) && !pk_net_dist_begin(k, c, x, what))
		return;
	h = &c->dists[x->dist[what] - 1];
	h->nr[pk_hist_bucket(value)]++;
	h->sum_ns += value;
	if (value > h->max_ns)
		h->max_ns = value;
}

/* Largest struct pkprof_net_conns, with a name. */
#define PK_NET_MAX_BYTES                                                                     \
	(sizeof(struct pkprof_net_conns) +                                                   \
	 PKPROF_NR_NET_DISTS * PKPROF_HIST_BUCKETS * sizeof(struct pkprof_net_bucket) +      \
	 PKPROF_NET_NAME_ROOM(PKPROF_NET_MAX_NAME))

/* Cells are numbered below this. */
unsigned int pk_net_nr(const struct pk_net_keys *k);

/**
 * pk_net_tell - one cell, of all CPUs together
 * @cpus:	@nr_cpus pointers, NULL where there is no such CPU
 * @epoch_ns:	only if it changed at or after it
 * @ret:	PK_NET_MAX_BYTES
 *
 * Return: bytes used, 0: it is empty or did not change.
 */
size_t pk_net_tell(const struct pk_net_keys *k, struct pk_net_cpu *const *cpus,
		   unsigned int nr_cpus, unsigned int at, u64 epoch_ns,
		   struct pkprof_net_conns *ret);

#endif
