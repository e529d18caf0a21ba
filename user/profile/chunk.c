// SPDX-License-Identifier: GPL-2.0-or-later
/* File head and chunk heads; see chunk.h and FORMAT.md. */
#include <string.h>

#include "base/crc32c.h"
#include "base/reader.h"
#include "profile/chunk.h"

#define ORDER_MARK 0x0a0b0c0du

/* The high bit, CR LF, the end-of-file of DOS and a lone LF each show another accident. */
static const uint8_t magic[8] = { 0x89, 'P', 'K', 'P', '\r', '\n', 0x1a, '\n' };

static void put_u16(uint8_t *p, uint16_t v)
{
	p[0] = v;
	p[1] = v >> 8;
}

static void put_u32(uint8_t *p, uint32_t v)
{
	put_u16(p, v);
	put_u16(p + 2, v >> 16);
}

uint32_t pk_file_head_pack(uint8_t out[PK_FILE_HEAD_BYTES])
{
	uint32_t crc;

	memset(out, 0, PK_FILE_HEAD_BYTES);
	memcpy(out, magic, sizeof(magic));
	put_u32(out + 8, ORDER_MARK);
	put_u16(out + 12, PK_FORMAT_MAJOR);
	put_u16(out + 14, PK_FORMAT_MINOR);
	crc = pk_crc32c(0, out, PK_FILE_HEAD_BYTES - 4);
	put_u32(out + PK_FILE_HEAD_BYTES - 4, crc);
	return crc;
}

bool pk_file_head_begins(const uint8_t *in, unsigned int len)
{
	return !memcmp(in, magic, len < sizeof(magic) ? len : sizeof(magic));
}

enum pk_file_head pk_file_head_check(const uint8_t in[PK_FILE_HEAD_BYTES], unsigned int *major_ret,
				     uint32_t *crc_ret)
{
	struct pk_reader r = pk_reader_of(in + 8, PK_FILE_HEAD_BYTES - 8);
	uint32_t order = pk_reader_u32(&r), version = pk_reader_u32(&r);

	if (memcmp(in, magic, sizeof(magic)))
		return memcmp(in + 1, magic + 1, 3) ? PK_HEAD_FOREIGN : PK_HEAD_TEXT_MODE;
	pk_reader_u32(&r);
	if (pk_reader_u32(&r) != pk_crc32c(0, in, PK_FILE_HEAD_BYTES - 4))
		return order == __builtin_bswap32(ORDER_MARK) ? PK_HEAD_BIG_ENDIAN :
								PK_HEAD_DAMAGED;
	*crc_ret = pk_crc32c(0, in, PK_FILE_HEAD_BYTES - 4);
	*major_ret = version & 0xffff;
	return *major_ret == PK_FORMAT_MAJOR ? PK_HEAD_GOOD : PK_HEAD_VERSION;
}

static uint32_t head_crc(uint32_t prev_crc, const uint8_t *head)
{
	uint8_t prev[4];

	put_u32(prev, prev_crc);
	return pk_crc32c(pk_crc32c(0, prev, sizeof(prev)), head, PK_CHUNK_HEAD_BYTES - 4);
}

void pk_chunk_head_pack(struct pk_chunk_head *h, uint32_t prev_crc,
			uint8_t out[PK_CHUNK_HEAD_BYTES])
{
	put_u16(out, h->type);
	out[2] = h->coding;
	out[3] = 0;
	put_u32(out + 4, h->stored_bytes);
	put_u32(out + 8, h->raw_bytes);
	put_u32(out + 12, h->body_crc);
	h->head_crc = head_crc(prev_crc, out);
	put_u32(out + 16, h->head_crc);
}

bool pk_chunk_head_unpack(const uint8_t in[PK_CHUNK_HEAD_BYTES], uint32_t prev_crc,
			  struct pk_chunk_head *ret)
{
	struct pk_reader r = pk_reader_of(in, PK_CHUNK_HEAD_BYTES);
	uint32_t first = pk_reader_u32(&r);

	ret->type = first & 0xffff;
	ret->coding = first >> 16 & 0xff;
	ret->stored_bytes = pk_reader_u32(&r);
	ret->raw_bytes = pk_reader_u32(&r);
	ret->body_crc = pk_reader_u32(&r);
	ret->head_crc = pk_reader_u32(&r);
	return ret->head_crc == head_crc(prev_crc, in);
}
