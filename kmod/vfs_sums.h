/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What operations on files add up to: by process, file system and operation, with one
 * distribution each.
 *
 * Which cell an operation belongs to is the same on all CPUs: one table of keys. What is in
 * the cells is each CPU's own, written with preemption off. Where a process finds no room its
 * operations are booked in a cell of its file system's for all such processes, and where
 * that finds none in a cell that is always there, one of each kind of operation. The cells
 * of a process that is gone are given to others once a reader has them. The same file
 * compiles in the unit tests.
 */
#ifndef PK_VFS_SUMS_H
#define PK_VFS_SUMS_H

#ifdef __KERNEL__
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/types.h>
#else
#include "kernel_shim.h"	/* tests/unit */
#endif
#include "hist.h"
#include "key_group.h"

#define PK_VFS_MAX_CELLS	2048	/* powers of two */
#define PK_VFS_MIN_CELLS	256
#define PK_VFS_GROUP		8	/* slots that a key may be in */
#define PK_VFS_DEV_MIX		0xd6e8feb86659fd93ULL	/* odd, no relation to PK_GOLDEN */
#define PK_VFS_ALWAYS		(2 * PKPROF_NR_VFS_OPS)	/* cells behind all others */

/* Whose and what: what a key is made of. */
struct pk_vfs_what {
	u64 fs_key;	/* of the file system, constant while it is there */
	u32 dev;
	u32 tgid;
	u8 op;		/* enum pkprof_vfs_op */
	u8 flags;	/* PKPROF_VFS_BELOW */
};

/* Counts of one cell on one CPU; @last_ns: when it changed. */
struct pk_vfs_cell {
	u64 nr, bytes, nr_untimed, nr_failed, added_bytes, nr_missed, nr_ahead;
	u64 last_ns;
	struct pk_hist time;
};

/* What a cell is of. @id: another one whenever the cell is another's. @ready: all is there; read with acquire. */
struct pk_vfs_owner {
	u32 id, fs, tgid;
	u8 op, flags;
	u8 ready;
};

struct pk_vfs_keys {
	unsigned int nr;
	atomic64_t next_id;
	atomic64_t key[PK_VFS_MAX_CELLS] __attribute__((aligned(64)));
	struct pk_vfs_owner owner[PK_VFS_MAX_CELLS];
};

/* As many as @bytes allow on @nr_cpus, within the limits above. */
void pk_vfs_keys_init(struct pk_vfs_keys *k, unsigned int nr_cpus, u64 bytes);
/* Of one CPU. */
size_t pk_vfs_cpu_bytes(const struct pk_vfs_keys *k);

/* Never 0. Of two that differ the keys do, but by a chance of one in 2^64. */
static __always_inline u64 pk_vfs_key(u64 fs_key, u32 dev, u32 tgid, u8 op, u8 flags)
{
	u64 kind = op | (flags & PKPROF_VFS_BELOW ? 32 : 0);

	return (((fs_key << 6) + kind + tgid * PK_GOLDEN) ^ dev * PK_VFS_DEV_MIX) ?: 1;
}

static __always_inline u32 pk_vfs_group_of(const struct pk_vfs_keys *k, u64 key)
{
	return pk_group_of(key, k->nr / PK_VFS_GROUP, PK_VFS_GROUP);
}

/* The cell of what was booked before; negative: there is none yet. */
static __always_inline int pk_vfs_cell_find(const struct pk_vfs_keys *k, u64 key)
{
	return pk_group_find(k->key, pk_vfs_group_of(k, key), PK_VFS_GROUP, key);
}

/* Likewise, where it is the first one of its group; else false. */
static __always_inline bool pk_vfs_cell_quick(const struct pk_vfs_keys *k, u64 key, u32 *at_ret)
{
	*at_ret = pk_vfs_group_of(k, key);
	return likely((u64)atomic64_read(&k->key[*at_ret]) == key);
}

/*
 * A cell for what has none, with the number of its file system; always one. Context: any.
 */
u32 pk_vfs_cell_claim(struct pk_vfs_keys *k, const struct pk_vfs_what *w, u32 fs);

/* Context: task, preemption off, on the CPU of @c. */
static __always_inline void pk_vfs_book(struct pk_vfs_cell *c, u64 bytes, bool failed, u64 now_ns)
{
	c->nr++;
	c->bytes += bytes;
	c->nr_failed += failed;
	c->last_ns = now_ns;
}

/* @bucket: of @ns. */
static __always_inline void pk_vfs_book_time(struct pk_vfs_cell *c, unsigned long bucket, u64 ns)
{
	c->time.nr[bucket]++;
	c->time.sum_ns += ns;
	if (ns > c->time.max_ns)
		c->time.max_ns = ns;
}

/* Largest struct pkprof_vfs_ops. */
#define PK_VFS_MAX_BYTES                                                                     \
	(sizeof(struct pkprof_vfs_ops) + PKPROF_HIST_BUCKETS * sizeof(struct pkprof_hist_bucket))

static inline unsigned int pk_vfs_nr(const struct pk_vfs_keys *k)
{
	return k->nr + PK_VFS_ALWAYS;
}

/**
 * pk_vfs_tell - one cell, of all CPUs together
 * @cpus:	@nr_cpus pointers, NULL where there is no such CPU
 * @epoch_ns:	only if it changed at or after it
 * @idle_ret:	set if it is somebody's and did not change since
 * @ret:	PK_VFS_MAX_BYTES
 *
 * Return: bytes used, 0: it is empty or did not change.
 */
size_t pk_vfs_tell(const struct pk_vfs_keys *k, struct pk_vfs_cell *const *cpus,
		   unsigned int nr_cpus, unsigned int at, u64 epoch_ns, bool *idle_ret,
		   struct pkprof_vfs_ops *ret);

/* Whose it is no more: nobody books in it, and it is free from now on. */
void pk_vfs_cell_free(struct pk_vfs_keys *k, struct pk_vfs_cell *const *cpus, unsigned int nr_cpus,
		      unsigned int at);

#endif
