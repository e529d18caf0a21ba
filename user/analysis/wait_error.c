// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sampling error of times off the CPUs; see wait_error.h. X is told as steps, so
 * that the cost does not depend on how long waits are: O(steps x depth).
 */
#include <math.h>
#include <stdbool.h>

#include "analysis/wait_error.h"
#include "base/cleanup.h"

static int64_t stratum_of(uint64_t time_ns, uint64_t t0_ns, uint8_t period_log2)
{
	/* an arithmetic shift: rounds down before t0, too */
	return (int64_t)(time_ns - t0_ns) >> period_log2;
}

/* Which of the strata that [from, to) touches is the first with an instant in it? */
static int64_t first_stratum(uint64_t from_ns, uint64_t to_ns, int64_t nr, uint8_t period_log2,
			     uint64_t t0_ns)
{
	int64_t first = stratum_of(from_ns, t0_ns, period_log2);
	int64_t last = to_ns > from_ns ? stratum_of(to_ns - 1, t0_ns, period_log2) : first;
	uint64_t mask = (1ULL << period_log2) - 1;
	bool late;

	if (nr > last - first)
		return first;
	if (nr < last - first)
		return first + 1;
	/* one of the two ends has none: likely the one of which less is covered */
	late = ((from_ns - t0_ns) & mask) > mask - ((to_ns - 1 - t0_ns) & mask);
	return first + late;
}

int pk_wait_steps_add(struct pk_wait_steps *s, uint32_t owner, uint64_t from_ns, uint64_t to_ns,
		      uint64_t weight, uint64_t span_weight, uint8_t period_log2, uint64_t t0_ns)
{
	double instants = ldexp((double)weight, -period_log2);
	double of_span = ldexp((double)span_weight, -period_log2);
	int64_t nr = of_span > 1 ? llround(of_span) : 1, first;

	if (!weight)
		return 0;
	first = first_stratum(from_ns, to_ns, nr, period_log2, t0_ns);
	if (pk_vec_add(&s->v, ((struct pk_wait_step){ first, instants / nr, owner, period_log2 })))
		return -ENOMEM;
	return pk_vec_add(&s->v, ((struct pk_wait_step){ first + nr, -instants / nr, owner,
							 period_log2 }));
}

static int by_stratum(const void *a, const void *b)
{
	const struct pk_wait_step *x = a, *y = b;

	if (x->period_log2 != y->period_log2)
		return x->period_log2 < y->period_log2 ? -1 : 1;
	return x->stratum < y->stratum ? -1 : x->stratum > y->stratum;
}

/* The step that an owner's X makes at one stratum, as far as it is known. */
struct change {
	double by;
	int64_t stratum;
	uint8_t period_log2;
};

static void settle(const struct change *c, double *variance)
{
	*variance += ldexp(c->by * c->by / 2, 2 * c->period_log2);
}

int pk_wait_steps_error(struct pk_wait_steps *s, const uint32_t *parent, uint32_t nr_owners,
			double *error_ret)
{
	PK_AUTO_FREE struct change *now = calloc(nr_owners + 1, sizeof(*now));

	if (!now)
		return -ENOMEM;
	memset(error_ret, 0, nr_owners * sizeof(*error_ret));
	if (s->v.nr)
		qsort(s->v.data, s->v.nr, sizeof(*s->v.data), by_stratum);
	PK_VEC_FOREACH(&s->v, step) {
		for (uint32_t at = step->owner;; at = parent[at]) {
			struct change *c = &now[at];

			if (c->stratum != step->stratum || c->period_log2 != step->period_log2) {
				settle(c, &error_ret[at]);
				*c = (struct change){ 0, step->stratum, step->period_log2 };
			}
			c->by += step->by;
			if (!parent || !at)
				break;
		}
	}
	for (uint32_t i = 0; i < nr_owners; i++) {
		settle(&now[i], &error_ret[i]);
		error_ret[i] = sqrt(error_ret[i]);
	}
	return 0;
}
