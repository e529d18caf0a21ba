/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Identity of the tasks that already run when a session starts, from /proc:
 * an ALIVE event for each thread, and the executable mappings of each process,
 * all at the time of the start.
 *
 * The session runs while /proc is read, so records may tell of the same tasks.
 * Records win: after a batch of processes was read the caller drains the
 * rings, and what records say by then is left out here. A task born since has
 * its FORK; of a process that called exec since, neither name, arguments nor
 * mappings at the start can be known any more; a mapping made since hides what
 * /proc shows in its place.
 */
#ifndef PK_SYNTH_H
#define PK_SYNTH_H

#include <stdint.h>

#include "base/err.h"
#include "profile/writer.h"
#include "record/files.h"
#include "record/seen.h"

struct pk_synth_config {
	const char *proc;	/* "/proc" */
	const char *cgroup;	/* where cgroup v2 is mounted; NULL: no ids of cgroups */
	uint64_t t0_ns;		/* start of the session */
	uint64_t suspended_ns;	/* CLOCK_BOOTTIME - CLOCK_MONOTONIC */
	long ticks_per_s;	/* of start times in /proc */
	const uint32_t *pids;	/* these and their descendants only */
	unsigned int nr_pids;	/* 0: all */
	struct pk_writer *writer;
	struct pk_files *files;
	const struct pk_seen *seen;
	/* To ids as records have them, in place; 0: gone. NULL: they are the same. */
	int (*global_pids)(void *ctx, uint32_t *pids, unsigned int nr);
	struct pk_map64 *local_pids;	/* where @global_pids: records' process ids to ours */
	/* A process has executable memory that is no file. May be NULL. */
	void (*nameless_code)(void *ctx, uint32_t tgid);
	/* Bring @seen up to date with all that happened by now. */
	int (*catch_up)(void *ctx);
	void *ctx;
};

struct pk_synth_stats {
	unsigned int nr_processes, nr_threads;	/* with an ALIVE event */
	unsigned int nr_mappings;
	unsigned int nr_beaten;		/* facts left out because records knew better */
	unsigned int nr_denied;		/* processes whose mappings we may not see, or not all */
};

/* 0, the writer's error, or -errno when /proc cannot be read. */
int pk_synth_run(const struct pk_synth_config *cfg, struct pk_synth_stats *ret,
		 struct pk_err *err);

#endif
