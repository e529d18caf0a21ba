/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects of one size for code that must not allocate: taken and given back in any
 * context, provided for in sleeping context, before they are needed.
 *
 * Memory comes in chunks and stays until the pool is gone, so an object may be read
 * by whoever held a pointer to it, whatever it is now; that it is still the same
 * is for the reader to check. Objects are numbered, for those who look at all.
 *
 * Locks: a raw spinlock, innermost.
 */
#ifndef PK_POOL_H
#define PK_POOL_H

#include <linux/llist.h>
#include <linux/spinlock.h>
#include <linux/types.h>

/* At an object's beginning; free objects hang together by it. */
struct pk_pool_link {
	struct pk_pool_link *next_free;
};

/**
 * struct pk_pool - objects of one kind
 * @size:	bytes of an object, multiple of 64, head included
 * @per_chunk:	objects of a chunk, a power of two
 * @shift:	its binary logarithm
 * @low:	below so many free ones more are wanted
 * @chunks:	@max_chunks pointers; the first @nr_chunks are there
 */
struct pk_pool {
	raw_spinlock_t lock;
	struct pk_pool_link *free;
	unsigned int nr_free, nr_used;
	unsigned int size, per_chunk, shift, low;
	void **chunks;
	unsigned int nr_chunks, max_chunks;
};

/* @max_bytes: all chunks together. Return: 0 or -ENOMEM. May sleep. */
int pk_pool_init(struct pk_pool *pool, unsigned int size, size_t max_bytes);
void pk_pool_deinit(struct pk_pool *pool);

/* Chunks until @nr objects are free, as far as the limit allows. May sleep. */
int pk_pool_provide(struct pk_pool *pool, unsigned int nr);

/* Context: any. Return: NULL: none is left. What it contains is what its last user left. */
void *pk_pool_take(struct pk_pool *pool);
void pk_pool_give(struct pk_pool *pool, void *object);

/* It would be good to provide more. */
static inline bool pk_pool_is_low(const struct pk_pool *pool)
{
	return READ_ONCE(pool->nr_free) < pool->low && READ_ONCE(pool->nr_chunks) < pool->max_chunks;
}

/* Numbers of objects are below this. */
static inline unsigned int pk_pool_end(const struct pk_pool *pool)
{
	return smp_load_acquire(&pool->nr_chunks) << pool->shift;
}

/* Object @nr, in use or not. */
static inline void *pk_pool_at(const struct pk_pool *pool, unsigned int nr)
{
	return pool->chunks[nr >> pool->shift] + (nr & (pool->per_chunk - 1)) * pool->size;
}

static inline size_t pk_pool_bytes(const struct pk_pool *pool)
{
	return (size_t)READ_ONCE(pool->nr_chunks) * pool->per_chunk * pool->size;
}

#endif
