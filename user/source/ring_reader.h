/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * User half of one CPU's ring; the contract's section 3 says how the two
 * halves meet. All barriers of the tool are in ring_reader.c.
 *
 * In: the two mapped parts. Out: records in ring order, checked: a record lies
 * inside [tail, head), is a multiple of 8 bytes and does not cross the end of
 * the data. Padding is skipped here. A record's bytes stay as they are until
 * pk_ring_reader_release().
 */
#ifndef PK_RING_READER_H
#define PK_RING_READER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "uapi/pkprof.h"

struct pk_ring_reader {
	struct pkprof_ring_reader *reader;	/* mapped read-write */
	const struct pkprof_ring_info *info;	/* mapped read-only */
	const uint8_t *data;
	uint64_t data_bytes;	/* power of two */
	uint64_t head;		/* as last loaded */
	uint64_t tail;		/* consumed by us; published by release() */
	uint32_t peeked;	/* bytes of the record that peek() returned */
	uint64_t bad_bytes;	/* given up because a record made no sense */
	unsigned int nr_bad;	/* how often */
};

/*
 * @info: @info_bytes mapped from the ring's info page on. -EPROTO when the
 * page does not describe such a ring.
 */
int pk_ring_reader_init(struct pk_ring_reader *r, struct pkprof_ring_reader *reader,
			const struct pkprof_ring_info *info, size_t info_bytes,
			struct pk_err *err);

/* Look how far the kernel has come. Everything committed before is seen. */
void pk_ring_reader_refresh(struct pk_ring_reader *r);

/* The next record, or NULL when all up to the loaded head are consumed. */
const struct pkprof_rec *pk_ring_reader_peek(struct pk_ring_reader *r);

/* Consume the record that peek() returned. */
void pk_ring_reader_advance(struct pk_ring_reader *r);

/* Give consumed bytes back to the kernel; their records must not be used any more. */
void pk_ring_reader_release(struct pk_ring_reader *r);

/* Consumed bytes that the kernel does not have back yet. */
uint64_t pk_ring_reader_held(const struct pk_ring_reader *r);

#endif
