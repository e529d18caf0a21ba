/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One recording in progress: what recorder.c sets up and takes down, and
 * capture.c works with. Internal to the two.
 */
#ifndef PK_RECORDING_H
#define PK_RECORDING_H

#include "record/command.h"
#include "record/jit_maps.h"
#include "record/jvm_maps.h"
#include "record/ledger.h"
#include "record/target.h"
#include "record/recent.h"
#include "record/recorder.h"
#include "record/seen.h"
#include "record/signals.h"
#include "record/unwinder.h"
#include "source/dump.h"

struct pk_recording {
	const struct pk_record_config *cfg;
	struct pk_record_result *result;
	struct pk_err *err;

	struct pk_signals signals;
	struct pk_command command;	/* pid 0: none */
	struct pk_source *source;	/* NULL: not open, or closed */
	struct pk_source_info info;
	bool started;			/* the session runs */
	struct pk_target target;
	struct pk_writer *writer;
	struct pk_files *files;
	struct pk_jit_maps jit_maps;
	struct pk_jvm_maps jvm_maps;
	struct pk_unwinder unwinder;
	struct pk_recent recent;	/* files whose rows are made before anybody maps them */
	struct pk_translator translator;
	struct pk_ledger_reader ledger;
	struct pk_dump *dump;		/* NULL: none */

	struct pk_map64 local_pids;	/* in a pid namespace: records' process ids to ours */
	bool scanning;			/* records are noted in seen, nothing is released */
	struct pk_seen seen;

	uint64_t start_ns, next_tick_ns, deadline_ns;	/* CLOCK_MONOTONIC; deadline 0: none */
	uint64_t end_ns;		/* engine's clock */
	uint64_t nr_taken;		/* records, of the drain in hand */
};

static inline const struct pk_source_ops *pk_recording_engine(const struct pk_recording *r)
{
	return r->source->ops;
}

/* Make the writer's failure the recording's; returns @code. */
int pk_recording_failed(struct pk_recording *r, int code);
void pk_recording_progress(struct pk_recording *r, enum pk_record_phase phase);

/*
 * capture.c. All return 0 or -errno; pk_capture_drain() also -ENODATA: the
 * engine has no more.
 */
int pk_capture_drain(struct pk_recording *r);
/* Until a reason to end comes, which goes to result->end. */
int pk_capture_loop(struct pk_recording *r);
/* Stop the session, take the rest, write the last books, close the engine. */
int pk_capture_finish(struct pk_recording *r);
/* After a failure: stop the session and close the engine. */
void pk_capture_abort(struct pk_recording *r);

#endif
