/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A recording from its start to the closed file.
 *
 * In: an engine, what to record, where to. Out: a profile and how it went.
 * Never loses a record silently: each one taken from a ring is counted by CPU
 * and source, and the kernel's books are written beside that, about once a
 * second and at the end, after the rings were drained to the last byte.
 * What was recorded is on disk at most PK_RECORD_TICK_NS plus the sorter's
 * slack later; what is recorded while /proc is read at the start, after that.
 * Memory: rings + sorter + node table + identities, all bounded.
 */
#ifndef PK_RECORDER_H
#define PK_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "record/delivery.h"
#include "record/finalize.h"
#include "record/jvm_maps.h"
#include "record/ledger.h"
#include "record/synth.h"
#include "record/translate.h"
#include "record/unwinder.h"
#include "source/source.h"

#define PK_RECORD_TICK_NS 900000000ULL

enum pk_record_phase {
	PK_RECORD_RUNNING,
	PK_RECORD_NAMING,	/* capture is over, functions get their names */
	PK_RECORD_WAITING,	/* file is closed, COMMAND still runs */
};

struct pk_record_progress {
	enum pk_record_phase phase;
	uint64_t elapsed_ns, nr_samples, file_bytes;
	unsigned int nr_named, nr_to_name;	/* NAMING: files and the like; 0 of 0: not known */
	unsigned int nr_cpus;		/* as in the result */
	const struct pk_delivery *delivery;
};

struct pk_record_config {
	const struct pk_source_ops *engine;
	const char *engine_arg;
	struct pk_source_config source;
	const char *path;		/* profile; "-": standard output */
	char *const *command;		/* NULL: none */
	bool only;			/* record just the command and its children */
	bool scan;			/* records are of this machine: read /proc, host facts */
	bool symbols;			/* name functions at the end */
	bool jvm_maps;			/* ask Java VMs to list their code */
	bool cache;			/* keep their names for the next recording, and take kept ones */
	bool servers;			/* ask debuginfod servers for debug files, too */
	bool lines;			/* and find source lines and inlined functions */
	uint64_t duration_ns;		/* 0: until stopped */
	const char *dump_path;		/* raw records too; NULL: no */
	const char *cpus_text, *pids_text;	/* as asked for, for the facts; may be NULL */
	uint64_t began_ns;		/* CLOCK_MONOTONIC when the program began; 0: now */
	/* Once a tick, and when the phase changes. May be NULL. */
	void (*progress)(void *ctx, const struct pk_record_progress *p);
	/* The recording failed, next COMMAND is waited for. May be NULL. */
	void (*failed)(void *ctx, const struct pk_err *err);
	void *ctx;
};

enum pk_record_end {
	PK_RECORD_END_SIGNAL,
	PK_RECORD_END_COMMAND,
	PK_RECORD_END_DURATION,
	PK_RECORD_END_SOURCE,		/* the engine has no more */
};

struct pk_record_result {
	enum pk_record_end end;
	bool complete;			/* the file is closed and its books are written */
	bool closes;			/* generated == delivered + lost, in every row */
	uint64_t elapsed_ns, file_bytes;
	uint64_t startup_ns, startup_cpu_ns;	/* until the session recorded; CPU time of ours */
	uint64_t scan_ns;		/* reading /proc, after that */
	uint64_t peak_rss_bytes;	/* while recording */
	uint64_t cpu_ns;		/* of this process, likewise */
	uint64_t nr_late, bad_ring_bytes;
	struct pk_translate_stats translate;
	struct pk_ledger_result ledger;
	struct pk_synth_stats synth;
	struct pk_files_stats files;
	uint64_t jit_maps_given_up;	/* of processes that were sampled; see jit_maps.h */
	struct pk_jvm_result jvm;
	struct pk_unwinder_stats unwinder;
	struct pk_finalize_result names;
	struct pk_delivery delivery;	/* to be deinitialised */
	unsigned int nr_cpus;		/* online; 0: not known, records are of another machine */
	bool no_kernel_stacks;		/* as struct pk_source_info says */
	bool in_pid_namespace;		/* processes outside of ours could not be identified */
	uint32_t missing_sources;	/* asked for, but they do not work here */
	uint32_t command_pid;		/* 0: there was no command */
	bool command_ended;
	int command_exit;		/* exit code, once ended */
	char *kept;			/* where the former file is, or NULL; malloc'ed */
};

/*
 * Record. On errors the result tells as far as it came, too. Errors are those
 * of the engine, of the output and of the command; see enum pk_exit.
 */
int pk_record(const struct pk_record_config *cfg, struct pk_record_result *ret,
	      struct pk_err *err);
void pk_record_result_deinit(struct pk_record_result *r);

#endif
