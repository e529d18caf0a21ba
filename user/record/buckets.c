// SPDX-License-Identifier: GPL-2.0-or-later
/* Buckets of cumulative distributions; see buckets.h. */
#include "record/buckets.h"

void pk_kept_buckets_deinit(struct pk_kept_buckets *kept)
{
	free(kept->data);
	*kept = (struct pk_kept_buckets){ 0 };
}

int pk_kept_buckets_set(struct pk_kept_buckets *kept, const pk_hist_buckets *told)
{
	size_t bytes = told->nr * sizeof(*told->data);
	struct pk_hist_bucket *data = realloc(kept->data, bytes ? bytes : 1);

	if (!data)
		return -ENOMEM;
	if (bytes)
		memcpy(data, told->data, bytes);
	kept->data = data;
	kept->nr = told->nr;
	return 0;
}

int pk_buckets_take(pk_hist_buckets *ret, const struct pkprof_hist_bucket *told, uint32_t nr)
{
	ret->nr = 0;
	for (uint32_t i = 0; i < nr; i++) {
		struct pk_hist_bucket x = { told[i].bucket, told[i].nr };

		if (pk_vec_add(ret, x))
			return -ENOMEM;
	}
	return 0;
}

/* The count of a bucket; those before @pos are smaller ones. */
static uint32_t nr_before(const struct pk_kept_buckets *before, uint32_t bucket, uint32_t *pos)
{
	while (*pos < before->nr && before->data[*pos].bucket < bucket)
		++*pos;
	return *pos < before->nr && before->data[*pos].bucket == bucket ? before->data[*pos].nr : 0;
}

int pk_buckets_difference(const pk_hist_buckets *told, const struct pk_kept_buckets *before,
			  pk_hist_buckets *ret)
{
	uint32_t pos = 0;

	ret->nr = 0;
	PK_VEC_FOREACH(told, now) {
		struct pk_hist_bucket x = *now;

		if (before)
			x.nr -= nr_before(before, x.bucket, &pos);
		if (x.nr && x.nr <= INT32_MAX && pk_vec_add(ret, x))
			return -ENOMEM;
	}
	return 0;
}
