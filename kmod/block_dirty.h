/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who made a page dirty: remembered for when it is written back, by somebody else.
 *
 * In: pages that become dirty, with who did it, from any CPU and context. Out: for a page
 * that is being written, who that was. A table of fixed size of runs of eight pages of a
 * file, by the file's mapping, which is an address and never followed: a page that is
 * dropped without having been written leaves nothing behind but a place to be taken, and
 * whoever has its address later says anew who he is. Where a group of the table is full
 * one of its runs is given up; of pages without a run the last who made a page of that
 * file dirty is taken. The same file compiles in the unit tests.
 */
#ifndef PK_BLOCK_DIRTY_H
#define PK_BLOCK_DIRTY_H

#ifdef __KERNEL__
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/types.h>
#else
#include "kernel_shim.h"	/* tests/unit */
#endif
#include "mix.h"

#define PK_DIRTY_RUN	8	/* pages, a power of two */
#define PK_DIRTY_GROUP	4	/* places that a run may be in */
#define PK_DIRTY_FILES	1024	/* last ones that are remembered; a power of two */
#define PK_DIRTY_MAX_NR	512	/* pages that are told at once: one huge page's */

/* Whose it is: a process and in what role, one word. */
#define PK_WHO_TGID	((1u << 22) - 1)
#define PK_WHO_SHIFT	30	/* enum pkprof_block_by */

struct pk_dirty_run {
	atomic64_t key;			/* 0: free, 1: being set up */
	u32 who[PK_DIRTY_RUN];		/* 0: not known */
};

struct pk_dirty {
	u32 nr_groups;			/* a power of two */
	u32 victim;			/* whose turn it is, more or less */
	atomic64_t last[PK_DIRTY_FILES];	/* the upper half is of the file, the lower who */
	struct pk_dirty_run *runs;	/* nr_groups * PK_DIRTY_GROUP */
};

/* For a machine of so many pages of memory: of these a fifth may be dirty. */
u32 pk_dirty_nr_groups(u64 nr_pages);

/* @nr pages from @index on are dirty. Context: any. */
void pk_dirty_set(struct pk_dirty *t, const void *mapping, u64 index, u32 nr, u32 who);

/* 0: not known. Context: any. */
u32 pk_dirty_get(const struct pk_dirty *t, const void *mapping, u64 index);

#endif
