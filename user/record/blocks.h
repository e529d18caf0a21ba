/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From readings of what source block knows to pieces: what each block device did, and
 * which requests ended, between two readings that told of them.
 *
 * In: cumulative sums, of which a reading tells those that changed. Out, to the writer:
 * differences. The source begins with the session, so nothing is from before. Pieces of
 * a reading begin where the last complete one was made: what is told only now changed
 * since then. Memory is bounded by the module's own tables, a few hundred rows.
 */
#ifndef PK_BLOCKS_H
#define PK_BLOCKS_H

#include <stdint.h>

#include "base/map64.h"
#include "base/vec.h"
#include "profile/writer.h"
#include "record/buckets.h"
#include "record/reading_times.h"
#include "uapi/pkprof.h"

struct pk_blocks_stats {
	uint64_t nr_pieces;	/* of requests */
	uint64_t nr_loads;	/* of devices */
};

struct pk_block_state {
	uint64_t at_ns;		/* the sums are of then */
	struct pkprof_block_ops sums;
	struct pk_kept_buckets buckets;
};

struct pk_blocks {
	struct pk_writer *writer;
	const struct pk_reading_times *times;
	PK_VEC(struct pkprof_block_device) devices;	/* as told last */
	PK_VEC(struct pk_block_state) known;
	struct pk_map64 where;	/* what and whose: index into known */
	pk_hist_buckets told, diff;	/* of the row in hand */
	struct pk_blocks_stats stats;
};

/* @times are those of the readings that are told from. */
void pk_blocks_init(struct pk_blocks *b, struct pk_writer *w, const struct pk_reading_times *times);
void pk_blocks_deinit(struct pk_blocks *b);

/* What a reading tells, as pk_ledger_tell() lets it through. 0, -ENOMEM or the writer's error. */
int pk_blocks_device(struct pk_blocks *b, const struct pkprof_block_device *told);
/* The name of a device that was told; NULL: none was. Until the next one is told. */
const char *pk_blocks_device_name(const struct pk_blocks *b, uint32_t id);
int pk_blocks_ops(struct pk_blocks *b, const struct pkprof_block_ops *told);

#endif
