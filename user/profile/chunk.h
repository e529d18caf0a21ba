/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frame of a profile file, for its reader and writer only: file head and
 * chunk heads as FORMAT.md lays them out, without a view on what is inside.
 */
#ifndef PK_PROFILE_CHUNK_H
#define PK_PROFILE_CHUNK_H

#include <stdbool.h>
#include <stdint.h>

#define PK_FORMAT_MAJOR 1	/* rises when an older reader would go wrong */
#define PK_FORMAT_MINOR 6	/* rises with chunk types and columns that it skips */

#define PK_FILE_HEAD_BYTES 24
#define PK_CHUNK_HEAD_BYTES 20
#define PK_CHUNK_MAX_BYTES (16u << 20)	/* raw body */
#define PK_STRING_MAX_BYTES (1u << 20)
#define PK_TIME_MAX_NS ((uint64_t)INT64_MAX)

/* Ascending order is such that a chunk only refers to items of lower types. */
enum pk_chunk_type {
	PK_CHUNK_END = 1,
	PK_CHUNK_STRINGS,
	PK_CHUNK_FACTS,
	PK_CHUNK_FILES,
	PK_CHUNK_TASKS,
	PK_CHUNK_MAPS,
	PK_CHUNK_NODES,
	PK_CHUNK_SAMPLES,
	PK_CHUNK_MARKS,
	PK_CHUNK_COUNTERS,
	PK_CHUNK_SYMBOLS,
	PK_CHUNK_LINES,
	PK_CHUNK_LEDGER,
	PK_CHUNK_HISTOGRAMS,	/* 15 is kept for later */
	PK_CHUNK_NOTICES = 16,
	PK_CHUNK_CPUS,
	PK_CHUNK_LATENCIES,
	PK_CHUNK_WAITS,
	PK_CHUNK_WAKES,
	PK_CHUNK_BLOCK_LOADS,
	PK_CHUNK_BLOCK_OPS,
	PK_CHUNK_VFS_FS,
	PK_CHUNK_VFS_OPS,
	PK_CHUNK_NET_CONNS = 26,
	PK_CHUNK_OP_FILES,
	PK_CHUNK_OPS,
	PK_CHUNK_BIOS,
	PK_CHUNK_BIO_ENDS,
	PK_CHUNK_WAIT_ON,
	PK_CHUNK_CODES = 33,	/* 32 is kept for later */
	PK_CHUNK_NR_TYPES	/* end marker */
};

enum pk_chunk_coding {
	PK_CODING_RAW,
	PK_CODING_ZSTD,
	PK_CODING_NR
};

struct pk_chunk_head {
	uint16_t type;
	uint8_t coding;
	uint32_t stored_bytes;	/* of the body in the file */
	uint32_t raw_bytes;	/* of the body once unpacked */
	uint32_t body_crc;	/* of the stored body */
	uint32_t head_crc;	/* of the fields above, behind the previous head_crc */
};

/* Head of a new file; returns its CRC, where the chain of head_crc begins. */
uint32_t pk_file_head_pack(uint8_t out[PK_FILE_HEAD_BYTES]);

enum pk_file_head {
	PK_HEAD_GOOD,
	PK_HEAD_FOREIGN,	/* not a profile at all */
	PK_HEAD_TEXT_MODE,	/* line ends were converted on the way */
	PK_HEAD_BIG_ENDIAN,
	PK_HEAD_DAMAGED,
	PK_HEAD_VERSION,	/* whole, but of another major version */
};
/* @major_ret and @crc_ret are set for PK_HEAD_GOOD and PK_HEAD_VERSION. */
enum pk_file_head pk_file_head_check(const uint8_t in[PK_FILE_HEAD_BYTES], unsigned int *major_ret,
				     uint32_t *crc_ret);
/* Whether @len bytes may be the beginning of a profile. */
bool pk_file_head_begins(const uint8_t *in, unsigned int len);

/* Fills head_crc from the previous head's. */
void pk_chunk_head_pack(struct pk_chunk_head *h, uint32_t prev_crc,
			uint8_t out[PK_CHUNK_HEAD_BYTES]);
/* False: some field of the head was changed, or it is not the next one. */
bool pk_chunk_head_unpack(const uint8_t in[PK_CHUNK_HEAD_BYTES], uint32_t prev_crc,
			  struct pk_chunk_head *ret);

#endif
