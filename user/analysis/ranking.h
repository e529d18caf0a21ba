/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rankings: indices of things in the order of their weights.
 */
#ifndef PK_RANKING_H
#define PK_RANKING_H

#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"

struct pk_rank {
	uint64_t weight, tie;	/* tie decides between equal weights */
	uint32_t idx;		/* and the smaller index between equal ties */
};

struct pk_ranking {
	PK_VEC(struct pk_rank) ranks;
	size_t nr_left_out;	/* beyond the limit */
};

/*
 * Rank all indices below @nr with a weight or a tie above 0, the heaviest
 * first, and keep @limit of them (0: all). @ties may be NULL. 0 or -ENOMEM.
 */
int pk_ranking_init(const uint64_t *weights, const uint64_t *ties, size_t nr, size_t limit,
		    struct pk_ranking *ret);
void pk_ranking_deinit(struct pk_ranking *r);

#endif
