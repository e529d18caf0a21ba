// SPDX-License-Identifier: GPL-2.0-or-later
/* A keyed hash of texts; see siphash.h. After Aumasson and Bernstein, 2012. */
#include "base/siphash.h"

struct state {
	uint64_t v[4];
};

static uint64_t rotated(uint64_t x, unsigned int by)
{
	return x << by | x >> (64 - by);
}

static void mix(struct state *s, unsigned int rounds)
{
	uint64_t *v = s->v;

	while (rounds--) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotated(v[1], 13) ^ v[0];
		v[3] = rotated(v[3], 16) ^ v[2];
		v[0] = rotated(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotated(v[1], 17) ^ v[2];
		v[3] = rotated(v[3], 21) ^ v[0];
		v[2] = rotated(v[2], 32);
	}
}

static void take(struct state *s, uint64_t word)
{
	s->v[3] ^= word;
	mix(s, 2);
	s->v[0] ^= word;
}

/* Up to eight bytes, little endian. */
static uint64_t word_of(const uint8_t *at, size_t len)
{
	uint64_t word = 0;

	for (size_t i = 0; i < len; i++)
		word |= (uint64_t)at[i] << (8 * i);
	return word;
}

uint64_t pk_siphash(const struct pk_siphash_key *key, const void *data, size_t len)
{
	struct state s = { { key->k[0] ^ 0x736f6d6570736575ull, key->k[1] ^ 0x646f72616e646f6dull,
			     key->k[0] ^ 0x6c7967656e657261ull, key->k[1] ^ 0x7465646279746573ull } };
	const uint8_t *at = data;
	size_t left = len;

	for (; left >= 8; at += 8, left -= 8)
		take(&s, word_of(at, 8));
	take(&s, word_of(at, left) | (uint64_t)len << 56);
	s.v[2] ^= 0xff;
	mix(&s, 4);
	return s.v[0] ^ s.v[1] ^ s.v[2] ^ s.v[3];
}
