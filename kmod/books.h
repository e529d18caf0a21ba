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
};

/* Time one run in PK_BOOKS_TIME_EVERY of a frequent handler; 1: each run. */
#define PK_BOOKS_TIME_EVERY 16

/* Start of a handler: the time, or 0 when this run is not timed. */
static inline u64 pk_books_enter(struct pk_books *b, unsigned int every)
{
	unsigned long hit = local_inc_return(&b->hits);

	return hit % every == 0 ? pk_clock_ns() : 0;
}

static inline void pk_books_leave(struct pk_books *b, u64 entered_ns)
{
	if (!entered_ns)
		return;
	local_inc(&b->timed_hits);
	local_add(pk_clock_ns() - entered_ns, &b->timed_ns);
}

#endif
