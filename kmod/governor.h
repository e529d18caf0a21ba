/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The governor's decisions: what is given up when recording costs more than its budget,
 * and when it comes back.
 *
 * In: what each source and the recorder cost in one window after the other. Out: steps, in the
 * order in which they are to be done. First everything that is told one by one gets rarer, then
 * samples do, then the dearest source goes; back in the reverse order. The ledger and the
 * identity of tasks are never given up: sums with holes would not be sums.
 *
 * Down at once and, as each source's cost is known, by as many steps as are needed. Up one
 * step at a time, after PK_GOVERN_HOLD windows in each of which it would have fitted with a
 * quarter of the budget to spare; who falls back soon after must wait for twice as long, up to
 * PK_GOVERN_MAX_HOLD. Invariant: no step goes up within PK_GOVERN_HOLD windows of the step before.
 *
 * Pure: no clock, no lock, no kernel. One caller at a time. Compiles in the unit tests.
 */
#ifndef PK_GOVERNOR_H
#define PK_GOVERNOR_H

#ifdef __KERNEL__
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/types.h>
#else
#include "kernel_shim.h"	/* tests/unit */
#endif
#include "uapi/pkprof.h"

#define PK_GOVERN_WINDOW_NS	250000000ULL
#define PK_GOVERN_MAX_COARSE	4	/* levels */
#define PK_GOVERN_MAX_PERIOD_NS	128000000ULL	/* samples of a CPU become no rarer than that */
#define PK_GOVERN_HOLD		8	/* windows */
#define PK_GOVERN_MAX_HOLD	256
#define PK_GOVERN_RELAPSE	40	/* windows: a step down so soon after one up is a relapse */
#define PK_GOVERN_MAX_STEPS	(PK_GOVERN_MAX_COARSE + PKPROF_SAMPLE_MAX_SHIFT + PKPROF_NR_SOURCES + 1)

/* Sources that may be detached, and what is kept whatever it costs. */
#define PK_GOVERN_DETACHABLE                                                                 \
	(1u << PKPROF_SRC_OFFCPU | 1u << PKPROF_SRC_BLOCK | 1u << PKPROF_SRC_TCP |           \
	 1u << PKPROF_SRC_VFS | 1u << PKPROF_SRC_UNIX)
#define PK_GOVERN_KEPT (1u << PKPROF_SRC_TASK | 1u << PKPROF_SRC_SCHED)

/* Books of one source, of all CPUs together, as they were when they were read. */
struct pk_govern_books {
	u64 hits, timed_hits, timed_ns;
};

/* Shares of one window, in millionths of the CPUs' time. */
struct pk_govern_window {
	u32 source[PKPROF_NR_SOURCES];
	u32 recorder;
};

struct pk_govern_step {
	u8 step;	/* enum pkprof_step */
	u8 level;
	u16 source;
	u32 source_ppm;
};

/**
 * struct pk_governor - what is given up, and for how long it has been quiet
 * @budget:	millionths, not 0
 * @sources:	of the session, that may be detached
 * @detached:	of them
 * @order:	those, the last one comes back first
 * @was:	share of a detached one when it went; fades, as the load may be another one by now
 * @over:	windows in a row that were over the budget
 * @quiet:	windows in a row after which the next step up would have fitted
 * @hold:	so many are needed
 * @since_up:	windows since the last step up
 * @share, @kept: of the last window
 */
struct pk_governor {
	u32 budget;
	u32 sources, detached;
	u8 coarse, rate, max_rate, floor;
	u8 order[PKPROF_NR_SOURCES];
	u32 nr_detached;
	u32 was[PKPROF_NR_SOURCES];
	u32 over, quiet, hold, since_up;
	u32 share, kept;
};

/* @sources: of the session; @period_ns: between two samples at full rate. */
void pk_governor_init(struct pk_governor *g, u32 budget_ppm, u32 sources, u64 period_ns);

/**
 * pk_govern_share - what a source cost between two readings of its books
 * @entry_ns:	a hit's price outside the handler
 * @all_ns:	time of all online CPUs between them, not 0
 *
 * The runs that were timed stand for all; where there were none in between, those since the
 * session's start do. Return: millionths.
 */
u32 pk_govern_share(const struct pk_govern_books *before, const struct pk_govern_books *now,
		    u64 entry_ns, u64 all_ns);

/*
 * One window is over. The governor takes the steps for done; one that could not be is put
 * back by pk_governor_refused(). Return: how many steps, at most PK_GOVERN_MAX_STEPS.
 */
unsigned int pk_governor_decide(struct pk_governor *g, const struct pk_govern_window *w,
				struct pk_govern_step ret[PK_GOVERN_MAX_STEPS]);

/* A source could not be attached again; it is tried again later. */
void pk_governor_refused(struct pk_governor *g, unsigned int source);

/* The source with the largest share of the window; PKPROF_SRC_CORE: none cost anything. */
unsigned int pk_govern_dearest(const struct pk_govern_window *w, u32 of);

#endif
