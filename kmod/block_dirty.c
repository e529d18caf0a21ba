// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who made pages dirty; see block_dirty.h.
 */
#include "block_dirty.h"

#define PK_DIRTY_BUSY	1
#define PK_DIRTY_MIN_GROUPS 1024u	/* with runs of 40 bytes: 160 KB */
#define PK_DIRTY_MAX_GROUPS 16384u	/* 2.6 MB, pages of 2 GB in a row or 256 MB at random */

u32 pk_dirty_nr_groups(u64 nr_pages)
{
	u32 nr = PK_DIRTY_MIN_GROUPS;

	while (nr < PK_DIRTY_MAX_GROUPS && nr * PK_DIRTY_GROUP * PK_DIRTY_RUN * 8ULL < nr_pages)
		nr *= 2;
	return nr;
}

static u64 pk_dirty_key(const void *mapping, u64 index)
{
	return pk_mix((u64)mapping + index / PK_DIRTY_RUN * PK_GOLDEN) | 2;
}

static struct pk_dirty_run *pk_dirty_group(const struct pk_dirty *t, u64 key)
{
	return &t->runs[(key >> 40 & (t->nr_groups - 1)) * PK_DIRTY_GROUP];
}

/* The place of a run, for a new one a free one or that of another; NULL: somebody was faster. */
static struct pk_dirty_run *pk_dirty_claim(struct pk_dirty *t, u64 key)
{
	struct pk_dirty_run *group = pk_dirty_group(t, key), *r = NULL;
	unsigned int i;
	u64 there;

	for (i = 0; i < PK_DIRTY_GROUP; i++) {
		there = atomic64_read(&group[i].key);
		if (there == key)
			return &group[i];
		if (!there && !r)
			r = &group[i];
	}
	if (!r) {
		i = READ_ONCE(t->victim);
		WRITE_ONCE(t->victim, i + 1);
		r = &group[i % PK_DIRTY_GROUP];
	}
	there = atomic64_read(&r->key);
	if (there == PK_DIRTY_BUSY || (u64)atomic64_cmpxchg(&r->key, there, PK_DIRTY_BUSY) != there)
		return NULL;
	for (i = 0; i < PK_DIRTY_RUN; i++)
		WRITE_ONCE(r->who[i], 0);
	smp_store_release(&r->key.counter, key);
	return r;
}

static atomic64_t *pk_dirty_last(const struct pk_dirty *t, u64 file)
{
	return (atomic64_t *)&t->last[file & (PK_DIRTY_FILES - 1)];
}

void pk_dirty_set(struct pk_dirty *t, const void *mapping, u64 index, u32 nr, u32 who)
{
	u64 file = pk_mix((u64)mapping), end = index + min(nr, (u32)PK_DIRTY_MAX_NR);
	struct pk_dirty_run *r = NULL;

	WRITE_ONCE(pk_dirty_last(t, file)->counter, (s64)(file >> 32 << 32 | who));
	for (; index < end; index++) {
		if (!r || index % PK_DIRTY_RUN == 0)
			r = pk_dirty_claim(t, pk_dirty_key(mapping, index));
		if (r)
			WRITE_ONCE(r->who[index % PK_DIRTY_RUN], who);
	}
}

u32 pk_dirty_get(const struct pk_dirty *t, const void *mapping, u64 index)
{
	u64 key = pk_dirty_key(mapping, index), file = pk_mix((u64)mapping), last;
	const struct pk_dirty_run *r = pk_dirty_group(t, key);
	unsigned int i;
	u32 who;

	/* two CPUs may have made two places for one run */
	for (i = 0; i < PK_DIRTY_GROUP; i++, r++) {
		if ((u64)atomic64_read(&r->key) != key)
			continue;
		smp_rmb();
		who = READ_ONCE(r->who[index % PK_DIRTY_RUN]);
		smp_rmb();
		/* else it was given up meanwhile */
		if (who && (u64)atomic64_read(&r->key) == key)
			return who;
	}
	last = atomic64_read(pk_dirty_last(t, file));
	return last >> 32 == file >> 32 ? (u32)last : 0;
}
