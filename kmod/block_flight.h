/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests that are on their way: what is remembered of each until it ends.
 *
 * A table of fixed size, by the address of a request's first bio, which is there before
 * the request is, or of the request where that has none. A key may be in any slot of
 * its group; most are in the first one, and a slot is a cache line. Who takes a slot
 * claims it by compare and exchange; what is in it belongs to whoever handles the
 * request, which the block layer has no two CPUs do at once. Where a group is full the
 * request is not followed. The same file compiles in the unit tests.
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

#define PK_FLIGHT_QUEUED 0xffu	/* instead of a device: the driver has not seen it */

/* Written at once where a flight begins, with PK_FLIGHT_QUEUED as the word. */
union pk_flight_state {
	u32 word;
	struct {
		u8 device;
		u8 has_more;			/* @sample or @elsewhere: its end is not as of most */
		u8 nr_requeued, nr_partial;	/* as far as they go */
	};
};

/**
 * struct pk_flight - one request
 * @key:	0: free
 * @first_ns:	its bio was submitted, or it was made
 * @issued_ns:	given to the driver; 0: it is not there
 * @device_ns:	how long it was at the driver before @issued_ns
 * @bytes:	that are done; of a bio: that are to be done
 * @who:	whose it is, and how: see block_dirty.h
 * @state:	where it is, and what became of it
 * @whole:	both at once: in a plain flight the device's number above @who
 * @elsewhere:	bytes of it that are booked as somebody else's
 * @op:		operation on a file that it is part of, as pk_op_submitted() says
 * @sample:	id of the record of its bio, 0: it has none
 */
struct pk_flight {
	atomic64_t key;
	u64 first_ns, issued_ns, device_ns;
	u64 bytes;
	union {
		struct {
			u32 who;
			union pk_flight_state state;
		};
		u64 whole;
	};
	u32 elsewhere;
	u32 op;
	u64 sample;
} __attribute__((aligned(64)));

struct pk_flights {
	struct pk_flight flight[PK_FLIGHT_GROUPS * PK_FLIGHT_GROUP];
};

/* The group of a key. Addresses of requests are far apart: mix them before low bits are taken. */
static __always_inline struct pk_flight *pk_flights_group(struct pk_flights *t, u64 key)
{
	struct pk_flight *f =
		&t->flight[(key * PK_GOLDEN >> 40 & (PK_FLIGHT_GROUPS - 1)) * PK_FLIGHT_GROUP];

	/* one address: else the compiler makes two of it, and saves a register for that in each probe */
	asm("" : "+r"(f));
	return f;
}

/* NULL: it is not there. */
static __always_inline struct pk_flight *pk_flights_find(struct pk_flights *t, u64 key)
{
	struct pk_flight *f = pk_flights_group(t, key);
	unsigned int i;

#pragma GCC unroll 4
	for (i = 0; i < PK_FLIGHT_GROUP; i++)
		if ((u64)atomic64_read(&f[i].key) == key)
			return &f[i];
	return NULL;
}

/* Likewise, if it is the first one of its group; else false. @key: not 0. */
static __always_inline bool pk_flights_find_quick(struct pk_flights *t, u64 key,
						  struct pk_flight **f_ret)
{
	*f_ret = pk_flights_group(t, key);
	return likely((u64)atomic64_read(&(*f_ret)->key) == key);
}

/*
 * The slot of a key, claimed if it is not there: what is in it is then to be set. NULL: no
 * room. One look at the group does for both, from its end, so that the first free one is
 * taken.
 */
static __always_inline struct pk_flight *pk_flights_get(struct pk_flights *t, u64 key,
							bool *known_ret)
{
	struct pk_flight *f = pk_flights_group(t, key), *free;
	unsigned int i;
	u64 there;

again:
	*known_ret = true;
	free = NULL;
#pragma GCC unroll 4
	for (i = PK_FLIGHT_GROUP; i-- > 0;) {
		there = atomic64_read(&f[i].key);
		if (there == key)
			return &f[i];
		if (!there)
			free = &f[i];
	}
	*known_ret = false;
	if (unlikely(free && atomic64_cmpxchg(&free->key, 0, key)))
		goto again;
	return free;
}

/*
 * Likewise for a key that is not there, unless it was forgotten: the first slot that is
 * free or its own, whatever comes behind. Who looks for the key meets that one first, too.
 */
static __always_inline struct pk_flight *pk_flights_claim(struct pk_flights *t, u64 key,
							  bool *known_ret)
{
	struct pk_flight *f = pk_flights_group(t, key);
	unsigned int i;
	u64 there;

#pragma GCC unroll 4
	for (i = 0; i < PK_FLIGHT_GROUP; i++) {
		there = atomic64_read(&f[i].key);
		*known_ret = there == key;
		if (there == key || (!there && !atomic64_cmpxchg(&f[i].key, 0, key)))
			return &f[i];
	}
	return NULL;
}

/* Likewise, where the first slot is free; else false, and nothing has changed. */
static __always_inline bool pk_flights_claim_quick(struct pk_flights *t, u64 key,
						   struct pk_flight **f_ret)
{
	s64 free = 0;

	*f_ret = pk_flights_group(t, key);
	return likely(atomic64_try_cmpxchg(&(*f_ret)->key, &free, key));
}

static __always_inline void pk_flights_drop(struct pk_flight *f)
{
	/* whoever claims it next must not meet our last look at it */
	smp_store_release(&f->key.counter, 0);
}

#endif
