/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading the ledger while recording: when, what of it, and the books of it.
 *
 * A first reading follows the start, so that later ones have something to differ
 * from; then there is one per tick, one where a mark was taken from the ring, and the
 * last one right before the stop. Most ask for what changed only. Where more threads
 * change than PK_LEDGER_PIECES_PER_S, ticks are left out, so that neither the file nor
 * the reading grows with them. Distributions are larger and slower to tell anything
 * new: they come with every eighth reading, those of threads with marks and at the end.
 *
 * A replayed dump says itself where its readings are (pk_source_ops.ledger_due).
 */
#ifndef PK_RECORD_LEDGER_H
#define PK_RECORD_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "record/accounts.h"
#include "record/blocks.h"
#include "record/file_ops.h"
#include "record/hists.h"
#include "record/nets.h"
#include "record/reading_times.h"
#include "record/waited.h"

#define PK_LEDGER_PIECES_PER_S 500	/* about 10 KB */
#define PK_LEDGER_MAX_SKIP 15		/* ticks between two readings */

enum pk_reading {
	PK_READING_FIRST,
	PK_READING_TICK,
	PK_READING_MARK,
	PK_READING_LAST,
	PK_READING_DUE,		/* the engine says that it is time */
};

struct pk_ledger_result {
	bool works;			/* there is a ledger, and it was read */
	struct pkprof_ledger_info info;	/* of the last complete reading */
	struct pk_accounts_stats accounts;
	struct pk_hists_stats hists;
	struct pk_blocks_stats blocks;
	uint64_t nr_failed;		/* readings that were not complete */
	char why[256];			/* the last one of them */
	uint64_t reading_ns;		/* time that all readings took */
	uint64_t longest_ns;		/* and the longest one */
};

struct pk_recording;

struct pk_ledger_reader {
	struct pk_accounts accounts;
	struct pk_hists hists;
	struct pk_reading_times times;
	struct pk_blocks blocks;	/* this and those below have @times */
	struct pk_nets nets;
	struct pk_file_ops file_ops;
	struct pk_waited waited;
	struct pkprof_ledger_info info;	/* of the reading in hand */
	uint64_t epoch_ns, hist_epoch_ns, coarse_epoch_ns;	/* 0: all */
	uint64_t read_at_ns;		/* CLOCK_MONOTONIC, of the last reading */
	uint64_t cut_mark_ns;		/* latest mark that a reading was made for */
	unsigned int nr_ticks;		/* readings at ticks */
	unsigned int skip;		/* ticks to leave out */
	uint64_t nr_told;		/* threads, by the reading in hand */
	bool final;
};

/* All return 0, -ENOMEM or the writer's error; a failed reading is only counted. */
int pk_recording_read_ledger(struct pk_recording *r, enum pk_reading when);
/* What readings the engine has for this place. */
int pk_recording_due_readings(struct pk_recording *r);
/* A reading for a mark, if there was one since the last reading. */
int pk_recording_cut_at_mark(struct pk_recording *r);
/* After the last record: the rest of the pieces, and facts. */
int pk_recording_finish_ledger(struct pk_recording *r);

#endif
