/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests of AIO and io_uring that are on their way, for source vfs: they end in another
 * context than they begin in, often in an interrupt.
 *
 * A table of fixed size by the request's address. What is in a slot belongs to whoever
 * handles the request, which begins it before it can end. A request whose end nobody tells
 * keeps its slot until it is old and another one needs it. The same file compiles in the unit
 * tests.
 */
#ifndef PK_VFS_ASYNC_H
#define PK_VFS_ASYNC_H

#include "key_group.h"

#define PK_ASYNC_GROUP	8
#define PK_ASYNC_GROUPS	1024	/* a power of two */
#define PK_ASYNC_OLD_NS	10000000000ULL

/**
 * struct pk_async_request - one on its way
 * @first_ns:	it was handed in
 * @cell, @id:	where it will be booked, and of which owner that cell was
 */
struct pk_async_request {
	u64 first_ns;
	u32 cell, id;
};

struct pk_async {
	atomic64_t keys[PK_ASYNC_GROUPS * PK_ASYNC_GROUP] __attribute__((aligned(64)));
	struct pk_async_request requests[PK_ASYNC_GROUPS * PK_ASYNC_GROUP];
};

enum pk_async_begun {
	PK_ASYNC_BEGUN,		/* its end will be found */
	PK_ASYNC_AGAIN,		/* it has begun before and is tried once more */
	PK_ASYNC_NO_ROOM,
};

static inline u32 pk_async_group_of(u64 key)
{
	return pk_group_of(key, PK_ASYNC_GROUPS, PK_ASYNC_GROUP);
}

/* A slot of the group whose request is old, claimed for @key; negative: there is none. */
static inline int pk_async_replace(struct pk_async *a, u32 from, u64 key, u64 now_ns,
				   struct pk_async_request *old_ret)
{
	unsigned int i;
	u64 there;

	for (i = from; i < from + PK_ASYNC_GROUP; i++) {
		there = atomic64_read(&a->keys[i]);
		*old_ret = a->requests[i];
		if (there && (s64)(now_ns - old_ret->first_ns) > (s64)PK_ASYNC_OLD_NS &&
		    (u64)atomic64_cmpxchg(&a->keys[i], there, key) == there)
			return i;
	}
	return -1;
}

/*
 * A request begins. @again: of a kind that is tried again under the same address; else what is
 * there with it has ended without a word. @old_ret: a request that was given up for this one;
 * its first_ns is 0 if there was none. Context: its own, any.
 */
static inline enum pk_async_begun pk_async_begin(struct pk_async *a, u64 key,
						 const struct pk_async_request *r, bool again,
						 struct pk_async_request *old_ret)
{
	u32 from = pk_async_group_of(key);
	bool known;
	int at = pk_group_get(a->keys, from, PK_ASYNC_GROUP, key, &known);

	old_ret->first_ns = 0;
	if (at >= 0 && known && again)
		return PK_ASYNC_AGAIN;
	if (at >= 0 && known)
		*old_ret = a->requests[at];
	if (at < 0)
		at = pk_async_replace(a, from, key, r->first_ns, old_ret);
	if (at < 0) {
		old_ret->first_ns = 0;
		return PK_ASYNC_NO_ROOM;
	}
	a->requests[at] = *r;
	return PK_ASYNC_BEGUN;
}

/* A request ended. False: it is not known, or was given up. Context: any. */
static inline bool pk_async_end(struct pk_async *a, u64 key, struct pk_async_request *ret)
{
	int at = pk_group_find(a->keys, pk_async_group_of(key), PK_ASYNC_GROUP, key);

	if (at < 0)
		return false;
	*ret = a->requests[at];
	/* what was copied is its own only if nobody has the slot by now */
	return (u64)atomic64_cmpxchg(&a->keys[at], key, 0) == key;
}

#endif
