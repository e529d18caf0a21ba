// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Telling how deep a device's queue was; see block_depth.h.
 */
#include "block_depth.h"

/*
 * Times by class; false: a writer has replaced the word and not booked yet, or did so
 * meanwhile. Then the sums are not those up to the word's time.
 */
static bool pk_depth_read(const struct pk_depth *d, u64 *word_ret,
			  u64 units_ret[PKPROF_BLOCK_DEPTHS], u64 *load_ret)
{
	u64 word = atomic64_read(&d->word), sum = 0;
	unsigned int i;

	smp_rmb();
	for (i = 0; i < PKPROF_BLOCK_DEPTHS; i++) {
		units_ret[i] = atomic64_read(&d->units[i]);
		sum += units_ret[i];
	}
	*load_ret = atomic64_read(&d->load);
	*word_ret = word;
	smp_rmb();
	return (u64)atomic64_read(&d->word) == word && sum == word >> PK_DEPTH_BITS;
}

void pk_depth_tell(const struct pk_depth *d, u64 now_ns, struct pkprof_block_device *ret)
{
	u64 units[PKPROF_BLOCK_DEPTHS], word, load, at, sum = 0;
	unsigned int i, tries = 0;
	u32 depth;

	while (!pk_depth_read(d, &word, units, &load) && ++tries < PK_DEPTH_TRIES)
		;
	depth = word & PK_DEPTH_MAX;
	at = max(pk_depth_units(d, now_ns), word >> PK_DEPTH_BITS);
	for (i = 0; i < PKPROF_BLOCK_DEPTHS; i++)
		sum += units[i];
	/* what a writer is about to book is told as of the present depth: it is less than it takes */
	if (at > sum) {
		units[pk_depth_class(depth)] += at - sum;
		load += (at - sum) * depth;
	}
	at = max(at, sum);
	for (i = 0; i < PKPROF_BLOCK_DEPTHS; i++)
		ret->depth_ns[i] = units[i] << PK_DEPTH_UNIT;
	ret->load_ns = load << PK_DEPTH_UNIT;
	ret->depth = depth;
	ret->max_depth = READ_ONCE(d->max);
	ret->from_ns = d->base_ns;
	ret->read_ns = d->base_ns + (at << PK_DEPTH_UNIT);
}
