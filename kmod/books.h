/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The books of one source on one CPU: what was generated, what was lost and
 * why, and what its handlers cost. Promise: generated == records in the ring
 * + sum(lost), for each CPU, source and reason.
 *
 * local_t, because a handler may be interrupted by another of the same source.
 */
#ifndef PK_BOOKS_H
#define PK_BOOKS_H

#include <linux/types.h>
#include <asm/local.h>
#include "compat/clock.h"
#include "uapi/pkprof.h"

struct pk_books {
	local_t generated;		/* events */
	local_t lost[PKPROF_NR_LOSSES];	/* events */
	local_t hits;			/* handler runs */
	local_t timed_hits;		/* handler runs that were timed */
	local_t timed_ns;		/* ns, over the timed runs */
	u64 entry_ns;			/* ns per hit outside the handler; set at start */
	u64 clock_ns;			/* ns of a timed run that others do not take; likewise */
};

/*
 * Time one run in PK_BOOKS_TIME_EVERY of a frequent handler; 1: each run. A prime: runs of
 * several kinds take turns, and with an even number the same kind could be timed for ever.
 */
#define PK_BOOKS_TIME_EVERY 17

/* Start of a handler: the time, or 0 when this run is not timed. */
static inline u64 pk_books_enter(struct pk_books *b, unsigned int every)
{
	unsigned long hit = local_inc_return(&b->hits);

	return hit % every == 0 ? pk_clock_ns() : 0;
}

/*
 * A probe so frequent that it counts down to the run that is timed, when that has come: books
 * @every runs and begins to time. The caller runs the whole probe once more, so that what is
 * timed is its usual course and not the way to here; that run counts itself, which is allowed
 * for.
 */
static inline u64 pk_books_enter_due(struct pk_books *b, u32 *left, u32 every)
{
	local_add(every, &b->hits);
	*left = every + 1;
	return pk_clock_ns();
}

static inline void pk_books_leave(struct pk_books *b, u64 entered_ns)
{
	u64 took_ns;

	if (!entered_ns)
		return;
	took_ns = pk_clock_ns() - entered_ns;
	local_inc(&b->timed_hits);
	local_add(took_ns > b->clock_ns ? took_ns - b->clock_ns : 0, &b->timed_ns);
}

#endif
