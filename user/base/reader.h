/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bounds-checked reading of untrusted bytes. The only place with pointer
 * arithmetic on input. After a read past the end everything returns 0 and
 * pk_reader_bad() is true: check once after a group of reads.
 */
#ifndef PK_READER_H
#define PK_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pk_reader {
	const uint8_t *pos, *end;
	bool bad;
};

/* @data may be NULL where @len is 0. */
static inline struct pk_reader pk_reader_of(const void *data, size_t len)
{
	return (struct pk_reader){ .pos = data, .end = data ? (const uint8_t *)data + len : NULL };
}
static inline bool pk_reader_bad(const struct pk_reader *r)
{
	return r->bad;
}
static inline size_t pk_reader_left(const struct pk_reader *r)
{
	return r->bad ? 0 : (size_t)(r->end - r->pos);
}
uint8_t pk_reader_u8(struct pk_reader *r);
uint32_t pk_reader_u32(struct pk_reader *r);	/* little endian */
uint64_t pk_reader_u64(struct pk_reader *r);	/* little endian */
uint64_t pk_reader_varint(struct pk_reader *r);	/* LEB128, at most 64 bits */
int64_t pk_reader_svarint(struct pk_reader *r);	/* zigzag LEB128 */
/* @len bytes inside the input, or NULL. */
const void *pk_reader_bytes(struct pk_reader *r, size_t len);

#endif
