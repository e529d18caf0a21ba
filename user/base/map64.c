// SPDX-License-Identifier: GPL-2.0-or-later
/* Hash map from 64-bit keys to 32-bit values; see map64.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/map64.h"

/* Linear probing stays short up to this load. */
#define MAX_LOAD_PCT 70
#define FIRST_SLOTS 64

void pk_map64_deinit(struct pk_map64 *m)
{
	free(m->slot);
	*m = (struct pk_map64){ 0 };
}

void pk_map64_clear(struct pk_map64 *m)
{
	for (size_t i = 0; i < m->nr_slots; i++)
		m->slot[i].value = PK_MAP64_NONE;
	m->nr = 0;
}

static struct pk_map64_slot *find(const struct pk_map64 *m, uint64_t key)
{
	size_t i = pk_hash64(key) & (m->nr_slots - 1);

	while (m->slot[i].value != PK_MAP64_NONE && m->slot[i].key != key)
		i = (i + 1) & (m->nr_slots - 1);
	return &m->slot[i];
}

static int rehash(struct pk_map64 *m, size_t nr_slots)
{
	struct pk_map64 bigger = { .nr_slots = nr_slots, .nr = m->nr };

	bigger.slot = malloc(nr_slots * sizeof(*bigger.slot));
	if (!bigger.slot)
		return -ENOMEM;
	for (size_t i = 0; i < nr_slots; i++)
		bigger.slot[i].value = PK_MAP64_NONE;
	for (size_t i = 0; i < m->nr_slots; i++)
		if (m->slot[i].value != PK_MAP64_NONE)
			*find(&bigger, m->slot[i].key) = m->slot[i];
	free(m->slot);
	*m = bigger;
	return 0;
}

uint32_t pk_map64_get(const struct pk_map64 *m, uint64_t key)
{
	return m->nr_slots ? find(m, key)->value : PK_MAP64_NONE;
}

uint32_t *pk_map64_at(struct pk_map64 *m, uint64_t key)
{
	struct pk_map64_slot *s;

	if ((m->nr + 1) * 100 > m->nr_slots * MAX_LOAD_PCT &&
	    rehash(m, m->nr_slots ? m->nr_slots * 2 : FIRST_SLOTS))
		return NULL;
	s = find(m, key);
	if (s->value == PK_MAP64_NONE) {
		s->key = key;
		m->nr++;
	}
	/* packed, but aligned to 4: the address is good for a uint32_t */
	return (uint32_t *)((char *)s + offsetof(struct pk_map64_slot, value));
}

int pk_map64_set(struct pk_map64 *m, uint64_t key, uint32_t value)
{
	uint32_t *at = pk_map64_at(m, key);

	if (!at)
		return -ENOMEM;
	*at = value;
	return 0;
}

uint64_t pk_hash_bytes(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t h = len * 0x9e3779b97f4a7c15ULL, word;

	for (; len >= 8; len -= 8, p += 8) {
		memcpy(&word, p, 8);
		h = pk_hash64(h ^ word);
	}
	word = 0;
	if (len)
		memcpy(&word, p, len);
	return pk_hash64(h ^ word);
}
