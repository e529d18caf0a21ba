/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hash map from 64-bit keys to 32-bit values, open addressing. Also the one
 * place for integer and byte hashing in the tool.
 */
#ifndef PK_MAP64_H
#define PK_MAP64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PK_MAP64_NONE UINT32_MAX	/* never a value */

struct pk_map64_slot {
	uint64_t key;
	uint32_t value;		/* PK_MAP64_NONE: free */
} __attribute__((packed, aligned(4)));

struct pk_map64 {
	struct pk_map64_slot *slot;
	size_t nr, nr_slots;	/* entries; power of two or 0 */
};

/* All-zero is a valid empty map. */
void pk_map64_deinit(struct pk_map64 *m);
/* Forget all entries, keep the memory. */
void pk_map64_clear(struct pk_map64 *m);
/* The value, or PK_MAP64_NONE. */
uint32_t pk_map64_get(const struct pk_map64 *m, uint64_t key);
/* Set or replace; 0 or -ENOMEM. @value must not be PK_MAP64_NONE. */
int pk_map64_set(struct pk_map64 *m, uint64_t key, uint32_t value);
/* Where @key's value is, inserting PK_MAP64_NONE for the caller to fill at once; NULL: no memory. */
uint32_t *pk_map64_at(struct pk_map64 *m, uint64_t key);

/* Mixes all bits (the finalizer of MurmurHash3, public domain). */
static inline uint64_t pk_hash64(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdULL;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53ULL;
	x ^= x >> 33;
	return x;
}

/* Hash of bytes. */
uint64_t pk_hash_bytes(const void *data, size_t len);

#endif
