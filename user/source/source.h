/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Capture engines: where ring records come from. A new engine is one file and
 * one row in source.c.
 *
 *	kmod	the kernel module: netlink control, mapped rings
 *	replay	a raw dump of ring records, made by `record --dump-ring`
 *	fake	records scripted in memory, for tests
 *
 * Records are handed out per CPU in ring order, not ordered across CPUs.
 */
#ifndef PK_SOURCE_H
#define PK_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/vec.h"
#include "source/ledger.h"
#include "uapi/pkprof.h"

struct pk_source_config {
	uint32_t sources;	/* mask of 1 << enum pkprof_source */
	uint32_t optional;	/* of them: may be left out, if the module lets them */
	bool all_sources;	/* with all that they need; fail if one does not work here.
				 * Else it is left out, and what needs it */
	uint64_t period_ns;
	uint32_t ring_bytes;	/* per CPU, 0: default */
	uint32_t kernel_depth, user_depth;	/* frames */
	const uint32_t *pids;	/* these and their descendants only */
	unsigned int nr_pids;	/* 0: whole system */
	const uint8_t *cpus;	/* bitmap as PKPROF_A_CPUS, NULL: all */
	unsigned int cpus_bytes;
	uint64_t wait_period_ns;	/* power of two, 0: default */
	uint32_t io_cap;		/* likewise of block I/O */
	uint32_t wait_cap;		/* stacks of waits per second and CPU, 0: default,
					 * UINT32_MAX: no cap */
	uint32_t budget_ppm;		/* of the CPUs' time, in millionths; 0: none */
};

/* What the engine runs with, after start. */
struct pk_source_info {
	uint64_t session;
	uint64_t t0_ns;		/* CLOCK_MONOTONIC */
	uint64_t period_ns;
	uint32_t sources;
	unsigned int nr_cpus;	/* ring indices are below it */
	uint32_t ring_bytes;	/* per CPU, 0: there are no rings */
	uint64_t wait_period_ns;	/* of instants at which waits are recorded, 0: not known */
	bool no_kernel_stacks;	/* they were asked for, and are addresses that we may not see */
};

/* One record; valid during the call only. 0 to go on, -errno to stop. */
typedef int (*pk_record_fn)(void *ctx, unsigned int cpu, const struct pkprof_rec *rec);

struct pk_source;

struct pk_source_ops {
	const char *name, *help;
	/*
	 * @arg: engine's own argument (replay: path). Errors: PK_EXIT_NO_RIGHTS,
	 * PK_EXIT_NO_MODULE, PK_EXIT_VERSION.
	 */
	int (*open)(const char *arg, struct pk_source **ret, struct pk_err *err);
	/* PK_EXIT_BUSY, PK_EXIT_NO_TARGET (a pid is gone). */
	int (*start)(struct pk_source *s, const struct pk_source_config *cfg,
		     struct pk_source_info *ret, struct pk_err *err);
	/*
	 * The engine's clock. A drain that begins after this call hands out every
	 * record that was complete by then.
	 */
	uint64_t (*now_ns)(struct pk_source *s);
	/* Descriptor to poll for POLLIN, or -1: always ready. */
	int (*poll_fd)(struct pk_source *s);
	/* Hand out what is in the rings of all CPUs now. -ENODATA: no more will come. */
	int (*drain)(struct pk_source *s, pk_record_fn fn, void *ctx, struct pk_err *err);
	/* Bytes of the rings given up because they held no sensible record. NULL: never. */
	uint64_t (*bad_bytes)(struct pk_source *s);
	/* The books, one call per CPU and source. */
	int (*books)(struct pk_source *s,
		     int (*fn)(void *ctx, unsigned int cpu, const struct pkprof_counters *c),
		     void *ctx, struct pk_err *err);
	/*
	 * What the ledger holds for this session, see ledger.h; before stop only. NULL, or
	 * -EOPNOTSUPP without sources sched, block, tcp, vfs and unix: the engine has no ledger.
	 */
	int (*ledger)(struct pk_source *s, uint64_t epoch_ns, uint32_t what,
		      const struct pk_ledger_visitor *v, void *ctx, struct pk_err *err);
	/*
	 * Whether the next reading of the ledger belongs here, between two drains; to be asked
	 * after start and after each drain, until it says no. NULL: the engine does not care
	 * when it is read.
	 */
	bool (*ledger_due)(struct pk_source *s);
	/*
	 * Process and thread ids of our pid namespace to those that records have, in
	 * place; 0: gone. NULL: the engine cannot tell.
	 */
	int (*global_pids)(struct pk_source *s, uint32_t *pids, unsigned int nr,
			   struct pk_err *err);
	/*
	 * Unwind rows of a file, a struct pkprof_rows, for stacks of the running session. NULL:
	 * the engine takes none. -errno as uapi/pkprof_rows.h says.
	 */
	int (*take_rows)(struct pk_source *s, const void *rows, size_t bytes);
	int (*mark)(struct pk_source *s, const char *text, struct pk_err *err);
	/* After it no record is produced; drain once more. May be called beside a drain. */
	int (*stop)(struct pk_source *s, struct pk_err *err);
	void (*close)(struct pk_source *s);	/* NULL is fine */
};

/* First member of each engine's own structure. */
struct pk_source {
	const struct pk_source_ops *ops;
};

extern const struct pk_source_ops *const pk_source_engines[];
extern const unsigned int pk_nr_source_engines;
const struct pk_source_ops *pk_source_find(const char *name);	/* or NULL */

#endif
