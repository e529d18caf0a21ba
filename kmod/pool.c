// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Objects for code that must not allocate; see pool.h.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>
#include "pool.h"

#define PK_CHUNK_BYTES (128u << 10)

int pk_pool_init(struct pk_pool *pool, unsigned int size, size_t max_bytes)
{
	raw_spin_lock_init(&pool->lock);
	pool->free = NULL;
	pool->nr_free = 0;
	pool->nr_used = 0;
	pool->size = ALIGN(size, 64);
	pool->shift = ilog2(PK_CHUNK_BYTES / pool->size);
	pool->per_chunk = 1u << pool->shift;
	pool->low = pool->per_chunk;
	pool->nr_chunks = 0;
	pool->max_chunks = max_t(size_t, max_bytes / (pool->per_chunk * pool->size), 1);
	pool->chunks = kvcalloc(pool->max_chunks, sizeof(*pool->chunks), GFP_KERNEL);
	return pool->chunks ? 0 : -ENOMEM;
}

void pk_pool_deinit(struct pk_pool *pool)
{
	unsigned int i;

	for (i = 0; i < pool->nr_chunks; i++)
		vfree(pool->chunks[i]);
	kvfree(pool->chunks);
	pool->chunks = NULL;
	pool->nr_chunks = 0;
}

static void pk_pool_add(struct pk_pool *pool, void *chunk)
{
	struct pk_pool_link *first = NULL, *last = chunk, *link;
	unsigned long flags;
	unsigned int i;

	for (i = pool->per_chunk; i--;) {
		link = chunk + i * pool->size;
		if (!first)
			last = link;
		link->next_free = first;
		first = link;
	}
	raw_spin_lock_irqsave(&pool->lock, flags);
	pool->chunks[pool->nr_chunks] = chunk;
	smp_store_release(&pool->nr_chunks, pool->nr_chunks + 1);
	last->next_free = pool->free;
	pool->free = first;
	pool->nr_free += pool->per_chunk;
	raw_spin_unlock_irqrestore(&pool->lock, flags);
}

int pk_pool_provide(struct pk_pool *pool, unsigned int nr)
{
	void *chunk;

	while (READ_ONCE(pool->nr_free) < nr && pool->nr_chunks < pool->max_chunks) {
		chunk = vzalloc((size_t)pool->per_chunk * pool->size);
		if (!chunk)
			return -ENOMEM;
		pk_pool_add(pool, chunk);
		cond_resched();
	}
	return 0;
}

void *pk_pool_take(struct pk_pool *pool)
{
	struct pk_pool_link *link;
	unsigned long flags;

	raw_spin_lock_irqsave(&pool->lock, flags);
	link = pool->free;
	if (link) {
		pool->free = link->next_free;
		pool->nr_free--;
		pool->nr_used++;
	}
	raw_spin_unlock_irqrestore(&pool->lock, flags);
	return link;
}

void pk_pool_give(struct pk_pool *pool, void *object)
{
	struct pk_pool_link *link = object;
	unsigned long flags;

	raw_spin_lock_irqsave(&pool->lock, flags);
	link->next_free = pool->free;
	pool->free = link;
	pool->nr_free++;
	pool->nr_used--;
	raw_spin_unlock_irqrestore(&pool->lock, flags);
}
