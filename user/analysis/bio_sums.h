/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recorded block I/O: what each bio stands for, and what became of it.
 *
 * Bytes are those of bios, times and requests those that were made of them: a bio that was
 * cut has several, one that joined another's request has none. What no request was made
 * of counts nothing. A bio that a device on top of others handed on as it is counts
 * where it went; what such a device keeps, the ones below do again, so it is left out.
 */
#ifndef PK_BIO_SUMS_H
#define PK_BIO_SUMS_H

#include "analysis/block_groups.h"

struct pk_bio_sum {
	double weight;		/* so many bios like it there were, by estimate */
	uint32_t device;	/* id; where its data went */
	uint32_t nr;		/* requests of it that ended */
	uint32_t nr_failed, nr_untimed;	/* of them */
	uint64_t ns;		/* sum of their times, queue and device */
	bool never;		/* it became no request */
	bool stacked;		/* the device is on top of others */
};

struct pk_bio_sums {
	PK_VEC(struct pk_bio_sum) all;	/* parallel to profile->bios */
};

/* 0 or -ENOMEM; to be deinitialised in any case. */
int pk_bio_sums_init(const struct pk_scope *s, struct pk_bio_sums *ret);
void pk_bio_sums_deinit(struct pk_bio_sums *b);

/* Whether bio @i was submitted in the scope. */
bool pk_bio_in_scope(const struct pk_scope *s, size_t i);
/* Likewise, and became a request. */
bool pk_bio_sums_has(const struct pk_bio_sums *b, const struct pk_scope *s, size_t i);

/*
 * Variance that the drawing of bios gives to a sum with this one's @value in it, which
 * counts weight times: (value / cost)^2 units (units - cost), as if each bio were drawn
 * by itself with the chance cost / units (Horvitz and Thompson; W. G. Cochran, Sampling
 * Techniques, 3rd ed., section 9A.7). One instant in each stratum does better.
 */
double pk_bio_variance(const struct pk_bio *x, double value);

#endif
