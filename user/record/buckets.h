/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Buckets of the module's cumulative distributions: those that a reading told last of a
 * row are kept, and of those that it tells now the difference goes into the file.
 *
 * Lists are in ascending order, without buckets of 0. Counts are modulo 2^32.
 */
#ifndef PK_RECORD_BUCKETS_H
#define PK_RECORD_BUCKETS_H

#include "profile/profile.h"

/* Those of one row. All-zero is valid: none. Takes no more memory than they need. */
struct pk_kept_buckets {
	struct pk_hist_bucket *data;
	uint32_t nr;
};

void pk_kept_buckets_deinit(struct pk_kept_buckets *kept);
/* Keep @told instead. 0 or -ENOMEM, then nothing is changed. */
int pk_kept_buckets_set(struct pk_kept_buckets *kept, const pk_hist_buckets *told);

/* Makes @ret a list of buckets that are told by their numbers alone. 0 or -ENOMEM. */
int pk_buckets_take(pk_hist_buckets *ret, const struct pkprof_hist_bucket *told, uint32_t nr);
/*
 * Makes @ret what @told has more than @before, NULL: none. A count that fell, as that of a
 * row which is being added to may, is left out. 0 or -ENOMEM.
 */
int pk_buckets_difference(const pk_hist_buckets *told, const struct pk_kept_buckets *before,
			  pk_hist_buckets *ret);

#endif
