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
#define PK_BLOCK_LOG2S		64	/* of sizes, see pk_block_kind() */
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
 * number never changes, so it is looked for only once: @where has it, plus 1, by device and
 * pk_block_kind().
 */
struct pk_block_keys {
	unsigned int nr, nr_owns;
	u32 own_mask;
	u8 where[PK_BLOCK_INDEXED][PKPROF_NR_BLOCK_OPS * PK_BLOCK_LOG2S];
	atomic64_t cell[PK_BLOCK_MAX_CELLS];
	atomic64_t own[PK_BLOCK_MAX_OWNS];
};

/*
 * Of one CPU: keys->nr + PKPROF_NR_BLOCK_OPS cells, likewise owns. Requests come in rows of
 * one kind of one process: @row is all that tells where those of the last one belong to, 0: there
 * was none.
 */
struct pk_block_cpu {
	struct pk_block_cell *cells;
	struct pk_block_own *owns;
	u64 row;
	struct pk_block_cell *row_cell;
	struct pk_block_own *row_own;
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

/*
 * Operation and size, the latter finer than its class: a scan for the highest bit tells it.
 * Up to 4 KB are one, and nothing is one as well, the last.
 */
static __always_inline unsigned long pk_block_kind(unsigned long op, u64 bytes)
{
	return op * PK_BLOCK_LOG2S + __fls((bytes - 1) | 0xfff);
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

/* A request of which there is no more to tell than this, and where it belongs to. */
struct pk_block_plain {
	u32 bytes;
	u64 queue_ns, device_ns, now_ns;
	struct pk_block_cell *cell;
	struct pk_block_own *own;
};

/* Its times are in order, above those buckets that a scan does not tell and far from the last. */
static __always_inline bool pk_block_is_plain(const struct pk_block_plain *p)
{
	return likely(((p->queue_ns - PK_HIST_MIN_NS) | (p->device_ns - PK_HIST_MIN_NS)) <=
		      PK_HIST_MAX_NS / 4);
}

/* The number of a kind's cell, if it was met before; else false. @device: below PK_BLOCK_INDEXED. */
static __always_inline bool pk_block_cell_quick(const struct pk_block_keys *k, u64 device,
						unsigned long op, u64 bytes, u64 *at_ret)
{
	u64 at = READ_ONCE(k->where[device][pk_block_kind(op, bytes)]);

	*at_ret = at - 1;
	return likely(at);
}

/*
 * Its cells, where they are found at once; else false. @whole: as in struct pk_flight, with a
 * device below PK_BLOCK_INDEXED.
 */
static __always_inline bool pk_block_cells_quick(const struct pk_block_keys *k, struct pk_block_cpu *c,
						 u64 whole, unsigned long op,
						 struct pk_block_plain *p)
{
	u64 used = whole | PK_BLOCK_KEY_USED, key = used | (u64)op << PK_BLOCK_KEY_OP, own, cell;
	u64 row = used | (u64)pk_block_kind(op, p->bytes) << PK_BLOCK_KEY_OP;

	if (unlikely(row != c->row)) {
		own = pk_block_hash(key) & k->own_mask;
		if (unlikely(!pk_block_cell_quick(k, whole >> PK_BLOCK_KEY_DEVICE, op, p->bytes,
						  &cell) ||
			     (u64)atomic64_read(&k->own[own]) != key))
			return false;
		c->row = row;
		c->row_cell = &c->cells[cell];
		c->row_own = &c->owns[own];
	}
	p->cell = c->row_cell;
	p->own = c->row_own;
	return true;
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

/* Likewise. */
static __always_inline void pk_block_book_plain(const struct pk_block_plain *p)
{
	u64 total_ns = p->queue_ns + p->device_ns;
	unsigned long bucket = pk_hist_bucket_between(total_ns);
	struct pk_block_cell *cell = p->cell;
	struct pk_block_own *own = p->own;

	cell->sums.nr++;
	cell->sums.bytes += p->bytes;
	cell->sums.last_ns = p->now_ns;
	own->sums.nr++;
	own->sums.bytes += p->bytes;
	own->sums.last_ns = p->now_ns;
	pk_block_count(&own->total, bucket, total_ns);
	pk_block_count(&cell->times[PKPROF_BLOCK_TOTAL], bucket, total_ns);
	pk_block_count(&cell->times[PKPROF_BLOCK_QUEUE], pk_hist_bucket_between(p->queue_ns),
		       p->queue_ns);
	pk_block_count(&cell->times[PKPROF_BLOCK_DEVICE], pk_hist_bucket_between(p->device_ns),
		       p->device_ns);
}

/* Wherever it belongs to. Context: any, irqs off, on the CPU of @c. */
void pk_block_book(struct pk_block_keys *k, struct pk_block_cpu *c, const struct pk_block_done *d);

/* Bytes of a request that is another one's. Likewise. */
void pk_block_book_bytes(struct pk_block_keys *k, struct pk_block_cpu *c,
			 const struct pk_block_done *d, u32 bytes);
/* A piece joined a request (@merged), or was cut in two. */
static __always_inline void pk_block_count_piece(struct pk_block_sums *s, bool merged, u64 now_ns)
{
	if (merged)
		s->nr_merged++;
	else
		s->nr_split++;
	s->last_ns = now_ns;
}

/* One of @bytes, wherever it belongs to. Context: any, irqs off, on the CPU of @c. */
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
