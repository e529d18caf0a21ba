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
#include "block_dirty.h"
#include "hist.h"
#include "mix.h"

#define PK_BLOCK_MAX_CELLS	128	/* of devices; powers of two */
#define PK_BLOCK_MAX_OWNS	256	/* of processes */
#define PK_BLOCK_MIN_CELLS	32
#define PK_BLOCK_PROBES		16	/* slots that are tried for a key */

/* What a request was, when it ended. */
struct pk_block_done {
	u32 who;		/* its low bits are 0: not known */
	u32 elsewhere;		/* bytes that are booked as somebody else's */
	u16 device;
	u8 op;			/* enum pkprof_block_op */
	bool timed;		/* its times are known */
	bool failed;
	u8 nr_requeued, nr_partial;
	u64 bytes;
	u64 queue_ns, device_ns;
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

#define PK_BLOCK_INDEXED	128	/* devices whose cells are found without looking for them */

/*
 * Keys of cells; 0: free. Behind @nr slots are those that are always there. A cell's
 * number never changes, so it is looked for only once: @where has it, plus 1.
 */
struct pk_block_keys {
	unsigned int nr, nr_owns;
	u8 where[PK_BLOCK_INDEXED][PKPROF_NR_BLOCK_OPS * PKPROF_BLOCK_SIZES];
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

/* Class of a size in bytes: up to 4 KB 1, up to 16 KB 2, ... */
static __always_inline u8 pk_block_size(u64 bytes)
{
	/* of up to 1 KB: that of 1 KB */
	unsigned long log2 = __fls(((bytes - 1) >> 10) | 1) + 11;

	if (unlikely(!bytes))
		return 0;
	if (bytes <= 1 << 12)
		return 1;
	return min((log2 - 9) / 2, PKPROF_BLOCK_SIZES - 1UL);
}

#define PK_BLOCK_KEY_USED	(1ULL << 63)
#define PK_BLOCK_KEY_DEVICE	32	/* bits */
#define PK_BLOCK_KEY_OP		48
#define PK_BLOCK_KEY_SIZE	56

static __always_inline u64 pk_block_key(u16 device, u8 op, u8 size, u32 who)
{
	return PK_BLOCK_KEY_USED | (u64)size << PK_BLOCK_KEY_SIZE | (u64)op << PK_BLOCK_KEY_OP |
	       (u64)device << PK_BLOCK_KEY_DEVICE | who;
}

static __always_inline u32 pk_block_hash(u64 key)
{
	return key * PK_GOLDEN >> 40;
}

/* Those that are found at once, else NULL. */
static __always_inline struct pk_block_cell *pk_block_cell_quick(const struct pk_block_keys *k,
								 struct pk_block_cpu *c,
								 const struct pk_block_done *d)
{
	unsigned int kind = d->op * PKPROF_BLOCK_SIZES + pk_block_size(d->bytes), at = 0;

	if (likely(d->device < PK_BLOCK_INDEXED))
		at = READ_ONCE(k->where[d->device][kind]);
	return likely(at) ? &c->cells[at - 1] : NULL;
}

static __always_inline struct pk_block_own *pk_block_own_quick(const struct pk_block_keys *k,
							       struct pk_block_cpu *c,
							       const struct pk_block_done *d)
{
	u64 key = pk_block_key(d->device, d->op, 0, d->who);
	unsigned int at = pk_block_hash(key) & (k->nr_owns - 1);

	return likely((u64)atomic64_read(&k->own[at]) == key) ? &c->owns[at] : NULL;
}

static __always_inline void pk_block_count(struct pk_hist *h, unsigned long bucket, u64 ns)
{
	h->nr[bucket]++;
	h->sum_ns += ns;
	if (ns > h->max_ns)
		h->max_ns = ns;
}

static __always_inline void pk_block_add(struct pk_block_sums *s, const struct pk_block_done *d,
					 u64 bytes)
{
	s->nr++;
	s->bytes += bytes;
	s->last_ns = d->now_ns;
	if (likely(d->timed && !(d->failed | d->nr_partial | d->nr_requeued)))
		return;
	s->nr_untimed += !d->timed;
	s->nr_failed += d->failed;
	s->nr_partial += d->nr_partial;
	s->nr_requeued += d->nr_requeued;
}

/* Context: any, irqs off, on the CPU of both. */
static __always_inline void pk_block_book_in(struct pk_block_cell *cell, struct pk_block_own *own,
					     const struct pk_block_done *d)
{
	u64 total_ns = d->queue_ns + d->device_ns;
	unsigned long bucket = pk_hist_bucket(total_ns);

	pk_block_add(&cell->sums, d, d->bytes);
	pk_block_add(&own->sums, d, d->bytes - d->elsewhere);
	if (unlikely(!d->timed))
		return;
	pk_block_count(&cell->times[PKPROF_BLOCK_QUEUE], pk_hist_bucket(d->queue_ns), d->queue_ns);
	pk_block_count(&cell->times[PKPROF_BLOCK_DEVICE], pk_hist_bucket(d->device_ns), d->device_ns);
	pk_block_count(&cell->times[PKPROF_BLOCK_TOTAL], bucket, total_ns);
	pk_block_count(&own->total, bucket, total_ns);
}

/* Wherever it belongs to. Context: any, irqs off, on the CPU of @c. */
void pk_block_book(struct pk_block_keys *k, struct pk_block_cpu *c, const struct pk_block_done *d);


/* Bytes of a request that is another one's. Likewise. */
void pk_block_book_bytes(struct pk_block_keys *k, struct pk_block_cpu *c,
			 const struct pk_block_done *d, u32 bytes);
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
