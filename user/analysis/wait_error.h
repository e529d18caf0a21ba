/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sampling error of estimated times off the CPUs.
 *
 * Waits are looked at in instants, one in each stratum of P ns (struct
 * pkprof_rec_wait). With X(k) as the number of waits of a stack that hold the
 * instant of stratum k, the estimate of their time is T = P * sum X(k). Strata
 * are independent, so its variance is P^2 * sum var X(k), estimated from
 * neighbours that are likely to be alike:
 *
 *	var T = P^2 * sum (X(k) - X(k-1))^2 / 2
 *
 * (K. M. Wolter, Introduction to Variance Estimation, 2nd ed., section 8.2, one
 * unit per stratum by successive differences; J. von Neumann, 1941.) Where X
 * changes by itself from one stratum to the next the estimate is too large,
 * never too small; n short waits far apart give P * sqrt(n), a wait of many
 * strata P, and threads that wait together count together. A wait that was cut or
 * shared out has less than 1 in each stratum. Estimates of different P are of
 * instants of their own and their variances add up.
 */
#ifndef PK_WAIT_ERROR_H
#define PK_WAIT_ERROR_H

#include <stdint.h>

#include "base/vec.h"

#define PK_Z_95 1.959964	/* half of the 95 % interval in standard errors; normal */

/* A piece's X(k) begins, or ends. */
struct pk_wait_step {
	int64_t stratum;
	double by;		/* change of X */
	uint32_t owner;		/* whose estimate it belongs to */
	uint8_t period_log2;
};

struct pk_wait_steps {
	PK_VEC(struct pk_wait_step) v;
};

/*
 * The two steps of a wait, or part of one, in [from, to). 0 or -ENOMEM.
 *
 * @weight: ns, what counts of it; @span_weight: ns, what the instants in the span stand
 * for, all of which get the same part of @weight. @t0_ns: where strata are counted from.
 */
int pk_wait_steps_add(struct pk_wait_steps *s, uint32_t owner, uint64_t from_ns, uint64_t to_ns,
		      uint64_t weight, uint64_t span_weight, uint8_t period_log2, uint64_t t0_ns);
/*
 * Standard errors in ns by owner. @parent: by owner, whose estimate has this one in it;
 * owner 0 is above all. NULL: estimates are separate. @error_ret: @nr_owners of them.
 */
int pk_wait_steps_error(struct pk_wait_steps *s, const uint32_t *parent, uint32_t nr_owners,
			double *error_ret);

#endif
