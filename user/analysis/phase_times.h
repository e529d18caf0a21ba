/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Phases of a recording as spans of time: from each mark to the next one.
 */
#ifndef PK_PHASE_TIMES_H
#define PK_PHASE_TIMES_H

#include "analysis/scope.h"

/*
 * All spans in order, the time before the first mark with text 0. Nothing when
 * no mark was set. 0 or -ENOMEM.
 */
struct pk_phase_times {
	PK_VEC(struct pk_phase) spans;
};

int pk_phase_times_init(const struct pk_profile *p, struct pk_phase_times *ret);
void pk_phase_times_deinit(struct pk_phase_times *t);
/* Index of the span that holds the instant; spans.nr when none does. */
size_t pk_phase_times_find(const struct pk_phase_times *t, uint64_t time_ns);
/* ns of a span that the filter's time conditions leave. */
uint64_t pk_phase_wall_ns(const struct pk_phase *span, const struct pk_filter *f);

#endif
