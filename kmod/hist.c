// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Log-linear histograms; see hist.h.
 */
#include "hist.h"

/* Buckets 0 to 7 hold one value each, then come eight to each power of two. */
#define PK_OCTAVE(e) e, e, e, e, e, e, e, e
#define PK_LAST	     PK_OCTAVE(PKPROF_HIST_COARSE - 1)

const u8 pk_hist_coarse[PKPROF_HIST_BUCKETS] = {
	0, 0, 1, 1, 2, 2, 2, 2,
	PK_OCTAVE(3), PK_OCTAVE(4), PK_OCTAVE(5), PK_OCTAVE(6), PK_OCTAVE(7), PK_OCTAVE(8),
	PK_OCTAVE(9), PK_OCTAVE(10), PK_OCTAVE(11), PK_OCTAVE(12), PK_OCTAVE(13), PK_OCTAVE(14),
	PK_OCTAVE(15), PK_OCTAVE(16), PK_OCTAVE(17), PK_OCTAVE(18), PK_OCTAVE(19), PK_OCTAVE(20),
	PK_OCTAVE(21), PK_OCTAVE(22), PK_OCTAVE(23), PK_OCTAVE(24), PK_OCTAVE(25), PK_OCTAVE(26),
	PK_OCTAVE(27), PK_OCTAVE(28), PK_OCTAVE(29), PK_OCTAVE(30),
	PK_LAST, PK_LAST, PK_LAST, PK_LAST, PK_LAST, PK_LAST, PK_LAST, PK_LAST, PK_LAST,
};

u64 pk_hist_bucket_from_ns(unsigned int bucket)
{
	if (bucket < 16)
		return bucket;
	return (u64)(8 + bucket % 8) << (bucket / 8 - 1);
}

size_t pk_hist_tell(const u32 *buckets, unsigned int nr, struct pkprof_hist *ret)
{
	unsigned int i, used = 0;
	u64 count = 0;

	for (i = 0; i < nr; i++) {
		u32 n = READ_ONCE(buckets[i]);

		if (!n)
			continue;
		ret->buckets[used].bucket = i;
		ret->buckets[used].nr = n;
		used++;
		count += n;
	}
	ret->nr_buckets = used;
	ret->count = count;
	return sizeof(*ret) + used * sizeof(ret->buckets[0]);
}
