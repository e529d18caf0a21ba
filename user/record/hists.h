/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From readings of the ledger to pieces of distributions: what was added to each one
 * between two readings that told of it.
 *
 * In: cumulative distributions of CPUs, processes and threads, and the final ones of
 * processes that died; of threads there are none, so what one added after the last
 * reading before its end is not told. Out, to the writer: differences. A distribution
 * that the ledger held before the session is only counted from the first reading on.
 *
 * Memory: about PK_HISTS_MAX_BYTES at most for what was told last. One that finds no
 * room is written as a whole when it is final.
 */
#ifndef PK_HISTS_H
#define PK_HISTS_H

#include <stdbool.h>
#include <stdint.h>

#include "profile/writer.h"
#include "record/buckets.h"
#include "uapi/pkprof.h"

#define PK_HISTS_MAX_BYTES (4u << 20)

struct pk_hists_stats {
	uint64_t nr_pieces;
	uint64_t nr_delayed;	/* times that one found no room and was left for later */
	uint64_t nr_untold;	/* that are not in the file: what is ours in them is not known */
};

struct pk_hist_state;

struct pk_hists {
	struct pk_writer *writer;
	uint64_t t0_ns;			/* start of the session */
	uint64_t base_ns;		/* what is told for the first time began then, or later */
	bool older;			/* the ledger was there before the session */
	bool final;			/* the reading in hand is the last one */
	uint64_t now_ns;		/* begin of the reading in hand */
	unsigned int nr_readings;
	/* By key: the last two readings that told of any. In between nothing was added to others. */
	uint64_t told_ns[PKPROF_NR_HIST_KEYS], last_ns[PKPROF_NR_HIST_KEYS];
	PK_VEC(struct pk_hist_state) known;
	struct pk_map64 where;		/* kind and id: index into known */
	size_t nr_closed;		/* of known: gone, still listed */
	size_t bytes;			/* of known, with all buckets */
	pk_hist_buckets told, diff;	/* of the one in hand */
	struct pk_hists_stats stats;
};

void pk_hists_init(struct pk_hists *h, struct pk_writer *w, uint64_t t0_ns);
void pk_hists_deinit(struct pk_hists *h);

/*
 * A reading, then what it tells, as pk_ledger_tell() lets it through. @final: no more
 * will come, nothing needs to be remembered. 0, -ENOMEM or the writer's error.
 */
int pk_hists_begin(struct pk_hists *h, const struct pkprof_ledger_info *i, bool final);
int pk_hists_take(struct pk_hists *h, const struct pkprof_hist *told);
void pk_hists_end(struct pk_hists *h, bool complete);
/* A final distribution, complete at @time_ns. Likewise. */
int pk_hists_death(struct pk_hists *h, const struct pkprof_hist *told, uint64_t time_ns);

#endif
