// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Overlap of a wait with spans of throttling; see throttle.h.
 */
#ifdef __KERNEL__
#include <linux/kernel.h>
#include <linux/minmax.h>
#endif
#include "throttle.h"

/* The latest end of the spans around @at_ns; @at_ns: there is none, and *next_ret is the next one. */
static u64 pk_spans_reach(const struct pk_span *spans, unsigned int nr, u64 at_ns, u64 *next_ret)
{
	u64 reach_ns = at_ns;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (spans[i].end_ns <= at_ns)
			continue;
		if (spans[i].begin_ns <= at_ns)
			reach_ns = max(reach_ns, spans[i].end_ns);
		else
			*next_ret = min(*next_ret, spans[i].begin_ns);
	}
	return reach_ns;
}

u64 pk_spans_cover(const struct pk_span *spans, unsigned int nr, u64 from_ns, u64 to_ns)
{
	u64 at_ns = from_ns, sum_ns = 0;

	while (at_ns < to_ns) {
		u64 next_ns = to_ns, reach_ns = pk_spans_reach(spans, nr, at_ns, &next_ns);

		if (reach_ns == at_ns) {
			at_ns = next_ns;
			continue;
		}
		reach_ns = min(reach_ns, to_ns);
		sum_ns += reach_ns - at_ns;
		at_ns = reach_ns;
	}
	return sum_ns;
}
