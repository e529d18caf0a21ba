/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From readings of what source vfs knows to pieces: which operations on files ended, by
 * process, file system and kind, between two readings that told of them.
 *
 * In: cumulative sums, of which a reading tells those that changed; a cell of the module's
 * table may become another's, which begins at 0. Out, to the writer: each file system once,
 * and differences. Pieces of a reading begin where the last complete one was made. Memory
 * is bounded by the module's table.
 */
#ifndef PK_FILE_OPS_H
#define PK_FILE_OPS_H

#include <stdint.h>

#include "base/map64.h"
#include "base/vec.h"
#include "profile/writer.h"
#include "record/buckets.h"
#include "record/reading_times.h"
#include "uapi/pkprof.h"

#define PK_FILE_OPS_MOUNTS "/proc/self/mountinfo"

struct pk_file_ops_state {
	uint64_t at_ns;		/* the sums are of then */
	struct pkprof_vfs_ops sums;
	struct pk_kept_buckets buckets;
};

struct pk_file_ops {
	struct pk_writer *writer;
	const struct pk_reading_times *times;
	PK_VEC(uint32_t) known_fs;
	PK_VEC(struct pk_file_ops_state) known;
	struct pk_map64 where;	/* cell: index into known */
	pk_hist_buckets told, diff;	/* of the row in hand */
	uint64_t nr_pieces;
};

/* @times are those of the readings that are told from. */
void pk_file_ops_init(struct pk_file_ops *f, struct pk_writer *w,
		      const struct pk_reading_times *times);
void pk_file_ops_deinit(struct pk_file_ops *f);

/* What a reading tells, as pk_ledger_tell() lets it through. 0, -ENOMEM or the writer's error. */
int pk_file_ops_fs(struct pk_file_ops *f, const struct pkprof_vfs_fs *told);
int pk_file_ops_ops(struct pk_file_ops *f, const struct pkprof_vfs_ops *told);

#endif
