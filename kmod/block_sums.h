/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ended requests add up to: by device, operation and size with three
 * distributions each, and by process, device and operation with one.
 *
 * Which cell a request belongs to is the same on all CPUs: one table of keys, in which
 * keys are only added, by compare and exchange. What is in the cells is each CPU's own,
 * written with irqs off. Where the table has no room for a key the request is booked in
 * a cell that is always there, one of each operation. The same file compiles in the
 * unit tests.
 */
#ifndef PK_BLOCK_SUMS_H
#define PK_BLOCK_SUMS_H

#ifdef __KERNEL__
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/types.h>
#else
#include "kernel_shim.h"	/* tests/unit */
#endif
#include "hist.h"
#include "mix.h"

#define PK_BLOCK_MAX_CELLS	128	/* of devices; powers of two */
#define PK_BLOCK_MAX_OWNS	256	/* of processes */
#define PK_BLOCK_MIN_CELLS	32
#define PK_BLOCK_PROBES		16	/* slots that are tried for a key */

/* What a request was, when it ended. */
struct pk_block_done {
	u32 tgid;		/* 0: not known */
	u16 device;
	u8 op;			/* enum pkprof_block_op */
	bool timed;		/* its times are known */
	bool failed;
	u8 nr_requeued, nr_partial;
	u64 bytes;
	u64 time_ns[PKPROF_NR_BLOCK_TIMES];
	u64 now_ns;
};

/* Counts of one cell on one CPU; @last_ns: when it changed. */
struct pk_block_sums {
	u64 nr, bytes, nr_untimed, nr_failed, nr_partial, nr_requeued, nr_merged, nr_split;
	u64 last_ns;
};

struct pk_block_cell {
	struct pk_block_sums sums;
	struct pk_hist times[PKPROF_NR_BLOCK_TIMES];
};

struct pk_block_own {
	struct pk_block_sums sums;
	struct pk_hist total;
};

/* Keys of cells; 0: free. Behind @nr slots are those that are always there. */
struct pk_block_keys {
	unsigned int nr, nr_owns;
	atomic64_t cell[PK_BLOCK_MAX_CELLS];
	atomic64_t own[PK_BLOCK_MAX_OWNS];
};

/* Of one CPU: keys->nr + PKPROF_NR_BLOCK_OPS cells, likewise owns. */
struct pk_block_cpu {
	struct pk_block_cell *cells;
	struct pk_block_own *owns;
};

/* As many as @bytes allow on @nr_cpus, within the limits above. */
void pk_block_keys_init(struct pk_block_keys *k, unsigned int nr_cpus, u64 bytes);
size_t pk_block_cpu_bytes(const struct pk_block_keys *k);
/* Lay a CPU's cells over zeroed memory of so many bytes. */
void pk_block_cpu_init(struct pk_block_cpu *c, const struct pk_block_keys *k, void *mem);

/* Class of a size in bytes. */
u8 pk_block_size(u64 bytes);

/* Context: any, irqs off, on the CPU of @c. */
void pk_block_book(struct pk_block_keys *k, struct pk_block_cpu *c, const struct pk_block_done *d);
/* A piece of @bytes joined a request (@merged), or was cut in two. Likewise. */
void pk_block_book_piece(struct pk_block_keys *k, struct pk_block_cpu *c, u16 device, u8 op,
			 u64 bytes, bool merged, u64 now_ns);

/* Largest struct pkprof_block_ops. */
#define PK_BLOCK_MAX_BYTES                                                                   \
	(sizeof(struct pkprof_block_ops) +                                                   \
	 PKPROF_NR_BLOCK_TIMES * PKPROF_HIST_BUCKETS * sizeof(struct pkprof_block_bucket))

/* Cells and owns are numbered: first all cells, then all owns. */
unsigned int pk_block_nr(const struct pk_block_keys *k);

/**
 * pk_block_tell - one cell, of all CPUs together
 * @cpus:	@nr_cpus pointers, NULL where there is no such CPU
 * @epoch_ns:	only if it changed at or after it
 * @ret:	PK_BLOCK_MAX_BYTES
 *
 * Return: bytes used, 0: it is empty or did not change.
 */
size_t pk_block_tell(const struct pk_block_keys *k, struct pk_block_cpu *const *cpus,
		     unsigned int nr_cpus, unsigned int at, u64 epoch_ns,
		     struct pkprof_block_ops *ret);

#endif
