/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which bios are recorded with their submitter's stacks; one CPU's.
 *
 * In: the bytes of each bio. Out: what it stands for, 0: it is not recorded. Each bio has
 * a cost, so much for itself and so much for each byte; costs are laid end to end, and in
 * each stratum of 2^p lies one instant (instants.h, with cost for time). A bio that holds
 * instants is recorded, and stands for as many strata. So the chance of each bio is
 * proportional to its cost whatever the order in which they come, and sums over what was
 * recorded, weighted with strata / cost, are not biased. With p = 0 that is each bio, for
 * itself.
 *
 * Above a cap on records per second p is raised: from the end of the current stratum on,
 * since the instant in it is the reason. Far below it p is lowered, at a moment that has
 * nothing to do with instants: so either way nothing is counted twice or left out.
 *
 * What most bios pay is one subtraction: @left tells how far the next instant is. Pure; no
 * lock. Compiles in the unit tests.
 */
#ifndef PK_BLOCK_DRAW_H
#define PK_BLOCK_DRAW_H

#ifdef __KERNEL__
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/types.h>
#else
#include "kernel_shim.h"	/* tests/unit */
#endif
#include "instants.h"
#include "uapi/pkprof.h"
#include "wait_rate.h"

#define PK_DRAW_FIRST_P	13	/* below it hardly a bio would be spared: 4 KB cost that much */
#define PK_DRAW_MAX_P	40
#define PK_DRAW_QUIET_NS 4000000000ULL	/* far below the cap for so long: lower p */

/**
 * struct pk_block_draw - what bios of one CPU have cost so far, and where instants are
 * @left:	cost until the next instant; below 0: it was passed, take() is due
 * @next:	position of that instant
 * @since:	position from which on @p holds; before it @last_p
 * @near_ns:	when records were last near the cap, or p changed
 */
struct pk_block_draw {
	s64 left;
	u64 next;
	u64 since;
	u64 near_ns;
	u32 p, last_p;
	struct pk_rate rate;
	struct pk_instants instants;
};

static __always_inline u64 pk_block_draw_cost(u32 bytes)
{
	return (u64)bytes + PKPROF_IO_COST;
}

/* The next instant is the first one at or after @at. */
static inline void pk_block_draw_aim(struct pk_block_draw *d, u64 at)
{
	const struct pk_instants *in = &d->instants;
	u64 next = d->since;

	if (at < d->since)
		next = pk_instants_at(in, d->last_p, pk_instants_before(in, d->last_p, at));
	if (next >= d->since)
		next = pk_instants_at(in, d->p, pk_instants_before(in, d->p, max(at, d->since)));
	d->next = next;
	d->left = next - at;
}

/* @off: no bio is ever due. */
static inline void pk_block_draw_init(struct pk_block_draw *d, u64 seed, u64 now_ns, bool off)
{
	*d = (struct pk_block_draw){ .since = 1, .near_ns = now_ns };
	pk_instants_init(&d->instants, 1, seed);
	pk_block_draw_aim(d, 1);
	if (off)
		d->left = S64_MAX;
}

static inline void pk_block_draw_change(struct pk_block_draw *d, u32 p, u64 since, u64 now_ns)
{
	d->last_p = d->p;
	d->p = p;
	d->since = since;
	d->near_ns = now_ns;
}

/* One record more. @at: what all bios cost up to now; @cap: 0: none. */
static inline void pk_block_draw_count(struct pk_block_draw *d, u32 cap, u64 at, u64 now_ns)
{
	enum pk_rate_verdict verdict = cap ? pk_rate_count(&d->rate, cap, now_ns) : PK_RATE_FAR;
	u64 strata = ((at - d->instants.t0_ns) >> d->p) + 1;

	if (verdict == PK_RATE_PASSED && d->p < PK_DRAW_MAX_P && at >= d->since)
		pk_block_draw_change(d, d->p ? d->p + 1 : PK_DRAW_FIRST_P,
				     d->instants.t0_ns + (strata << d->p), now_ns);
	else if (verdict != PK_RATE_FAR)
		d->near_ns = now_ns;
}

/* A bio of @cost, which was taken off @left, passed the next instant. Return: its units. */
static inline u64 pk_block_draw_take(struct pk_block_draw *d, u64 cost)
{
	const struct pk_instants *in = &d->instants;
	u64 to = d->next - d->left, from = to - cost;

	return (pk_instants_in(in, d->last_p, from, min(to, d->since)) << d->last_p) +
	       (pk_instants_in(in, d->p, max(from, d->since), to) << d->p);
}

/* After take(), and whatever it led to. */
static inline void pk_block_draw_go_on(struct pk_block_draw *d)
{
	pk_block_draw_aim(d, d->next - d->left);
}

/*
 * Has it been quiet for long? Of a bio of @cost that was taken off @left; asked now and
 * then, without regard to whether one is due.
 */
static inline void pk_block_draw_look(struct pk_block_draw *d, u64 cost, u64 now_ns)
{
	u64 from = d->next - d->left - cost;

	if (!d->p || from < d->since || now_ns < d->near_ns + PK_DRAW_QUIET_NS)
		return;
	pk_block_draw_change(d, d->p > PK_DRAW_FIRST_P ? d->p - 1 : 0, from, now_ns);
	pk_block_draw_aim(d, from);
	d->left -= cost;
}

#endif
