/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys in groups: what finds the slot of an address in a table of fixed size.
 *
 * A key may be in any slot of its group, which is a cache line of keys or half of one,
 * so a look-up reads that and nothing else, without a loop. Who takes a slot claims it by
 * compare and exchange; what goes with the slot belongs to whoever handles what has that
 * key, which no two CPUs do at once. 0 is a free slot. The same file compiles in the unit
 * tests.
 */
#ifndef PK_KEY_GROUP_H
#define PK_KEY_GROUP_H

#ifdef __KERNEL__
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/types.h>
#else
#include "kernel_shim.h"	/* tests/unit */
#endif
#include "mix.h"

/* First slot of a key's group, of @groups, a power of two. Addresses are far apart: mix them. */
static __always_inline u32 pk_group_of(u64 key, unsigned int groups, unsigned int size)
{
	return (key * PK_GOLDEN >> 40 & (groups - 1)) * size;
}

/* The slot of a key among @size ones, at most 8, from @from on; negative: it is not there. */
static __always_inline int pk_group_find(const atomic64_t *keys, u32 from, unsigned int size, u64 key)
{
	unsigned int i;

#pragma GCC unroll 8
	for (i = 0; i < size; i++)
		if ((u64)atomic64_read(&keys[from + i]) == key)
			return from + i;
	return -1;
}

/*
 * Likewise, claimed if it is not there: what goes with it is then to be set. Negative: no
 * room. One look at the group does for both, from its end, so that the first free one is
 * taken.
 */
static __always_inline int pk_group_get(atomic64_t *keys, u32 from, unsigned int size, u64 key,
					bool *known_ret)
{
	unsigned int i;
	int free;
	u64 there;

again:
	*known_ret = true;
	free = -1;
#pragma GCC unroll 8
	for (i = size; i-- > 0;) {
		there = atomic64_read(&keys[from + i]);
		if (there == key)
			return from + i;
		if (!there)
			free = from + i;
	}
	*known_ret = false;
	if (unlikely(free >= 0 && atomic64_cmpxchg(&keys[free], 0, key)))
		goto again;
	return free;
}

static __always_inline void pk_group_drop(atomic64_t *keys, int at)
{
	/* whoever claims it next must not meet our last look at it */
	smp_store_release(&keys[at].counter, 0);
}

#endif
