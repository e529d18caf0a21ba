// SPDX-License-Identifier: GPL-2.0-or-later
/* Bounds-checked reading; see reader.h. */
#include "base/reader.h"

const void *pk_reader_bytes(struct pk_reader *r, size_t len)
{
	const uint8_t *p = r->pos;

	if (r->bad || len > (size_t)(r->end - r->pos)) {
		r->bad = true;
		return NULL;
	}
	r->pos += len;
	return p;
}

uint8_t pk_reader_u8(struct pk_reader *r)
{
	const uint8_t *p = pk_reader_bytes(r, 1);

	return p ? *p : 0;
}

uint32_t pk_reader_u32(struct pk_reader *r)
{
	const uint8_t *p = pk_reader_bytes(r, 4);

	return p ? p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24 : 0;
}

uint64_t pk_reader_u64(struct pk_reader *r)
{
	uint64_t low = pk_reader_u32(r);

	return low | (uint64_t)pk_reader_u32(r) << 32;
}

uint64_t pk_reader_varint(struct pk_reader *r)
{
	uint64_t v = 0;

	for (unsigned int shift = 0; shift < 64; shift += 7) {
		uint8_t byte;

		if (r->bad || r->pos == r->end)
			break;
		byte = *r->pos++;
		/* the tenth byte holds bit 63 only */
		if (shift == 63 && byte > 1)
			break;
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return v;
	}
	r->bad = true;
	return 0;
}

int64_t pk_reader_svarint(struct pk_reader *r)
{
	uint64_t v = pk_reader_varint(r);

	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}
