/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When the module's tables were read, for those who make pieces of what a reading tells
 * more than the one before. A reading tells what changed since the last complete one;
 * so a piece of what is told only now begins there.
 */
#ifndef PK_READING_TIMES_H
#define PK_READING_TIMES_H

#include <stdbool.h>
#include <stdint.h>

struct pk_reading_times {
	uint64_t now_ns;	/* begin of the reading in hand */
	uint64_t last_ns;	/* of the last complete one; at first the start of the session */
};

static inline void pk_reading_times_begin(struct pk_reading_times *t, uint64_t now_ns)
{
	t->now_ns = now_ns;
}

static inline void pk_reading_times_end(struct pk_reading_times *t, bool complete)
{
	if (complete)
		t->last_ns = t->now_ns;
}

/* Where a piece up to now begins, of what was told last at @told_ns, 0: never. Always before now. */
static inline uint64_t pk_reading_times_from_ns(const struct pk_reading_times *t, uint64_t told_ns)
{
	uint64_t from_ns = told_ns > t->last_ns ? told_ns : t->last_ns;

	return from_ns < t->now_ns ? from_ns : t->now_ns - 1;
}

/* What was added to a sum. One that is read while it is added to may seem to fall. */
static inline uint64_t pk_sum_growth(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

#endif
