/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From readings of what waits were for to pieces: what each process waited for which disk
 * and which peer, between two readings that told of it.
 *
 * In: cumulative sums, of which a reading tells those that changed; a cell of the module's
 * table may become another's, which begins at 0. A device is told before. Out, to the
 * writer: differences. Pieces of a reading begin where the last complete one was made.
 * Memory is bounded by the module's table.
 */
#ifndef PK_RECORD_WAITED_H
#define PK_RECORD_WAITED_H

#include <stdint.h>

#include "base/map64.h"
#include "base/vec.h"
#include "profile/writer.h"
#include "record/reading_times.h"
#include "uapi/pkprof.h"

struct pk_waited_state {
	uint64_t at_ns;		/* the sums are of then */
	uint32_t id;
	uint64_t nr, ns;
};

struct pk_waited {
	struct pk_writer *writer;
	const struct pk_reading_times *times;
	PK_VEC(struct pk_waited_state) known;
	struct pk_map64 where;	/* cell: index into known */
	uint64_t nr_pieces;
};

/* @times are those of the readings that are told from. */
void pk_waited_init(struct pk_waited *w, struct pk_writer *writer,
		    const struct pk_reading_times *times);
void pk_waited_deinit(struct pk_waited *w);

/*
 * What a reading tells, as pk_ledger_tell() lets it through. @device: name of the device that
 * @told is about, NULL: not known. 0, -ENOMEM or the writer's error.
 */
int pk_waited_take(struct pk_waited *w, const struct pkprof_wait_on *told, const char *device);

#endif
