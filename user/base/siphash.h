/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SipHash-2-4: 64 bits of a text under a key of 128 bits. Who does not have the key can
 * neither make the hash of a guessed text nor find the text of a hash.
 */
#ifndef PK_SIPHASH_H
#define PK_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct pk_siphash_key {
	uint64_t k[2];
};

uint64_t pk_siphash(const struct pk_siphash_key *key, const void *data, size_t len);

#endif
