/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From readings of what sources tcp and unix know to pieces: what connections did, by process
 * and peer, between two readings that told of them.
 *
 * In: cumulative sums, of which a reading tells those that changed. Out, to the writer:
 * differences. The sources begin with the session, so nothing is from before. Pieces of
 * a reading begin where the last complete one was made: what is told only now changed
 * since then. Memory is bounded by the module's own tables, about a thousand rows
 * of each source.
 */
#ifndef PK_NETS_H
#define PK_NETS_H

#include <stdint.h>

#include "base/map64.h"
#include "base/vec.h"
#include "profile/writer.h"
#include "record/buckets.h"
#include "record/reading_times.h"
#include "uapi/pkprof.h"

struct pk_net_state {
	uint64_t at_ns;		/* the sums are of then */
	struct pkprof_net_conns sums;
	struct pk_kept_buckets buckets;
};

struct pk_nets {
	struct pk_writer *writer;
	const struct pk_reading_times *times;
	PK_VEC(struct pk_net_state) known;
	struct pk_map64 where;	/* id: index into known */
	pk_hist_buckets told, diff;	/* of the row in hand */
	uint64_t nr_pieces;
};

/* @times are those of the readings that are told from. */
void pk_nets_init(struct pk_nets *n, struct pk_writer *w, const struct pk_reading_times *times);
void pk_nets_deinit(struct pk_nets *n);

/* What a reading tells, as pk_ledger_tell() lets it through. 0, -ENOMEM or the writer's error. */
int pk_nets_conns(struct pk_nets *n, const struct pkprof_net_conns *told);

#endif
