/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests that are on their way: what is remembered of each until it ends.
 *
 * A table of fixed size, by the address of the request. A key may be in any slot of
 * its group, which is half a cache line of keys, so a look-up reads that and nothing
 * else. Who takes a slot claims it by compare and exchange; what is in it belongs to
 * whoever handles the request, which the block layer has no two CPUs do at once.
 * Where a group is full the request is not followed. The same file compiles in the
 * unit tests.
 */
#ifndef PK_BLOCK_FLIGHT_H
#define PK_BLOCK_FLIGHT_H

#ifdef __KERNEL__
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/types.h>
#else
#include "kernel_shim.h"	/* tests/unit */
#endif
#include "mix.h"

#define PK_FLIGHT_GROUP	4	/* looked at without a loop */
#define PK_FLIGHT_GROUPS 4096	/* a power of two; 16384 requests, 1 MB */

/**
 * struct pk_flight - one request
 * @first_ns:	it was made
 * @issued_ns:	given to the driver; 0: it is not there
 * @device_ns:	how long it was at the driver before @issued_ns
 * @bytes:	that are done; of a bio: that are to be done
 * @tgid:	who submitted it
 */
struct pk_flight {
	u64 first_ns, issued_ns, device_ns;
	u64 bytes;
	u32 tgid;
	u16 device;
	u8 nr_requeued, nr_partial;	/* as far as they go */
};

struct pk_flights {
	atomic64_t key[PK_FLIGHT_GROUPS * PK_FLIGHT_GROUP] __attribute__((aligned(64))); /* 0: free */
	struct pk_flight flight[PK_FLIGHT_GROUPS * PK_FLIGHT_GROUP];
};

/* Addresses of requests are far apart: mix them before the low bits are taken. */
static __always_inline u32 pk_flights_group(u64 key)
{
	return (key * PK_GOLDEN >> 40 & (PK_FLIGHT_GROUPS - 1)) * PK_FLIGHT_GROUP;
}

/* The slot of a key, or of what is not there: a negative number. */
static __always_inline int pk_flights_find(const struct pk_flights *t, u64 key)
{
	u32 from = pk_flights_group(key);
	unsigned int i;

#pragma GCC unroll 4
	for (i = 0; i < PK_FLIGHT_GROUP; i++)
		if ((u64)atomic64_read(&t->key[from + i]) == key)
			return from + i;
	return -1;
}

/*
 * The slot of a key, claimed if it is not there: what is in it is then to be set. Negative:
 * no room. One look at the group does for both, from its end, so that the first free one
 * is taken.
 */
static __always_inline int pk_flights_get(struct pk_flights *t, u64 key, bool *known_ret)
{
	u32 from = pk_flights_group(key);
	unsigned int i;
	int free;
	u64 there;

again:
	*known_ret = true;
	free = -1;
#pragma GCC unroll 4
	for (i = PK_FLIGHT_GROUP; i-- > 0;) {
		there = atomic64_read(&t->key[from + i]);
		if (there == key)
			return from + i;
		if (!there)
			free = from + i;
	}
	*known_ret = false;
	if (unlikely(free >= 0 && atomic64_cmpxchg(&t->key[free], 0, key)))
		goto again;
	return free;
}

static __always_inline void pk_flights_drop(struct pk_flights *t, int at)
{
	/* whoever claims it next must not meet our last look at it */
	smp_store_release(&t->key[at].counter, 0);
}

#endif
