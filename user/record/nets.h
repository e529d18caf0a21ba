/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From readings of what source tcp knows to pieces: what connections did, by process and
 * peer, between two readings that told of them.
 *
 * In: cumulative sums, of which a reading tells those that changed. Out, to the writer:
 * differences. The source begins with the session, so nothing is from before. Pieces of
 * a reading begin where the last complete one was made: what is told only now changed
 * since then. Memory is bounded by the module's own table, about a thousand rows.
 */
#ifndef PK_NETS_H
#define PK_NETS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map64.h"
#include "base/vec.h"
#include "profile/writer.h"
#include "uapi/pkprof.h"

struct pk_net_state {
	uint64_t at_ns;		/* the sums are of then */
	struct pkprof_net_conns sums;
	struct pk_hist_bucket *buckets;	/* malloc'ed */
};

struct pk_nets {
	struct pk_writer *writer;
	uint64_t now_ns;	/* begin of the reading in hand */
	uint64_t last_ns;	/* of the last complete one; at first the start of the session */
	PK_VEC(struct pk_net_state) known;
	struct pk_map64 where;	/* id: index into known */
	PK_VEC(struct pk_hist_bucket) diff;
	uint64_t nr_pieces;
};

void pk_nets_init(struct pk_nets *n, struct pk_writer *w, uint64_t t0_ns);
void pk_nets_deinit(struct pk_nets *n);

/* A reading, then what it tells, as pk_ledger_tell() lets it through. */
void pk_nets_begin(struct pk_nets *n, uint64_t now_ns);
/* 0, -ENOMEM or the writer's error. */
int pk_nets_conns(struct pk_nets *n, const struct pkprof_net_conns *told);
void pk_nets_end(struct pk_nets *n, bool complete);

#endif
