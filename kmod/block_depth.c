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
	*load_ret = atomic64_read(&d->load) + units_ret[1];
	*word_ret = word;
	smp_rmb();
	return (u64)atomic64_read(&d->word) == word &&
	       sum << PK_DEPTH_BITS == (word & ~(u64)PK_DEPTH_MAX);
}

void pk_depth_tell(const struct pk_depth *d, u64 now_ns, struct pkprof_block_device *ret)
{
	u64 units[PKPROF_BLOCK_DEPTHS], word, load, sum = 0;
	u64 at = pk_depth_at(d, now_ns);
	unsigned int i, tries = 0;
	s64 more;
	u32 depth;

	while (!pk_depth_read(d, &word, units, &load) && ++tries < PK_DEPTH_TRIES)
		;
	depth = word & PK_DEPTH_MAX;
	if ((s64)(at - word) < 0)
		at = word - depth;
	for (i = 0; i < PKPROF_BLOCK_DEPTHS; i++)
		sum += units[i];
	/* what a writer is about to book is told as of the present depth: it is less than it takes */
	more = (s64)(at - (sum << PK_DEPTH_BITS)) >> PK_DEPTH_BITS;
	if (more > 0) {
		units[pk_depth_class(depth)] += more;
		load += more * depth;
		sum += more;
	}
	for (i = 0; i < PKPROF_BLOCK_DEPTHS; i++)
		ret->depth_ns[i] = units[i] << PK_DEPTH_UNIT;
	ret->load_ns = load << PK_DEPTH_UNIT;
	ret->depth = depth;
	/* the word is 0 until there is a request */
	ret->max_depth = READ_ONCE(d->max) ?: word != 0;
	ret->from_ns = d->base_ns;
	ret->read_ns = d->base_ns + (sum << PK_DEPTH_UNIT);
}
