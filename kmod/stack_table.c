// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Interning of stacks: which slot of a CPU's table holds a stack.
 *
 * In: a captured stack and the session's secret seed. Out: a slot, and whether
 * the reader knows it. A slot changes hands only in pk_stack_define(), that is
 * after the new definition is in the ring; until then it still stands for the
 * stack that the reader was told. Stacks are told apart by a 64-bit keyed
 * hash: the chance that two of n different stacks share one is n^2 / 2^65, and
 * nobody who cannot read the seed can raise it.
 */
#include "stack.h"

#define PK_HASH_K0 0xa0761d6478bd642fULL	/* odd constants without structure */
#define PK_HASH_K1 0xe7037ed1a0b428dbULL

/* Both halves of a 128-bit product: each bit of it depends on all bits of both. */
static u64 pk_fold(u64 a, u64 b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (u64)product ^ (u64)(product >> 64);
}

static u64 pk_stack_hash(const struct pk_stack *st, u64 seed)
{
	u64 h = pk_fold(seed ^ PK_HASH_K0, PK_HASH_K1 ^ ((u64)st->end << 32 | st->nr));
	u32 i;

	for (i = 0; i + 1 < st->nr; i += 2)
		h = pk_fold(st->ip[i] ^ seed ^ PK_HASH_K0, st->ip[i + 1] ^ h);
	if (i < st->nr)
		h = pk_fold(st->ip[i] ^ seed ^ PK_HASH_K0, h ^ PK_HASH_K1);
	h = pk_fold(h ^ seed, PK_HASH_K1);
	return h ? h : 1;	/* 0 marks a free slot */
}

bool pk_stack_lookup(struct pk_stack_table *t, const struct pk_stack *st, u64 seed,
		     u64 *hash_ret, u32 *slot_ret)
{
	u64 hash = pk_stack_hash(st, seed);
	u32 first = (u32)(hash & (t->nr_slots - 1)) & ~(PK_STACK_WAYS - 1u);
	u32 slot, oldest = first;

	*hash_ret = hash;
	t->clock++;
	for (slot = first; slot < first + PK_STACK_WAYS; slot++) {
		if (t->hash[slot] == hash) {
			t->age[slot] = t->clock;
			*slot_ret = slot;
			return true;
		}
		/* a free way is older than any; differences survive the clock's wrap */
		if (t->hash[oldest] &&
		    (!t->hash[slot] || t->clock - t->age[slot] > t->clock - t->age[oldest]))
			oldest = slot;
	}
	*slot_ret = oldest;
	return false;
}

void pk_stack_define(struct pk_stack_table *t, u32 slot, u64 hash)
{
	t->hash[slot] = hash;
	t->age[slot] = t->clock;
}
