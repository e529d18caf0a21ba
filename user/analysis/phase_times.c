// SPDX-License-Identifier: GPL-2.0-or-later
/* Phases as spans of time; see phase_times.h. */
#include "analysis/phase_times.h"

int pk_phase_times_init(const struct pk_profile *p, struct pk_phase_times *ret)
{
	*ret = (struct pk_phase_times){ 0 };
	if (!p->marks.nr)
		return 0;
	if (p->marks.data[0].time_ns > p->start_ns &&
	    pk_vec_add(&ret->spans, ((struct pk_phase){ .from_ns = p->start_ns })))
		return -ENOMEM;
	PK_VEC_FOREACH(&p->marks, mark) {
		if (pk_vec_add(&ret->spans, ((struct pk_phase){ .from_ns = mark->time_ns,
								.text = mark->text }))) {
			pk_phase_times_deinit(ret);
			return -ENOMEM;
		}
	}
	for (size_t i = 0; i < ret->spans.nr; i++) {
		struct pk_phase *span = &ret->spans.data[i];

		span->to_ns = i + 1 < ret->spans.nr ? span[1].from_ns : p->end_ns;
		if (span->to_ns < span->from_ns)
			span->to_ns = span->from_ns;
	}
	return 0;
}

void pk_phase_times_deinit(struct pk_phase_times *t)
{
	pk_vec_deinit(&t->spans);
}

size_t pk_phase_times_find(const struct pk_phase_times *t, uint64_t time_ns)
{
	size_t low = 0, high = t->spans.nr;

	/* last span that begins at or before the instant; the last one is open */
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (t->spans.data[mid].from_ns <= time_ns)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? low - 1 : t->spans.nr;
}

static uint64_t overlap_ns(uint64_t from_a, uint64_t to_a, uint64_t from_b, uint64_t to_b)
{
	uint64_t from = from_a > from_b ? from_a : from_b;
	uint64_t to = to_a < to_b ? to_a : to_b;

	return to > from ? to - from : 0;
}

uint64_t pk_phase_wall_ns(const struct pk_phase *span, const struct pk_filter *f)
{
	uint64_t from = span->from_ns > f->from_ns ? span->from_ns : f->from_ns;
	uint64_t to = span->to_ns < f->to_ns ? span->to_ns : f->to_ns;
	uint64_t sum = 0;

	if (!f->phases.nr)
		return to > from ? to - from : 0;
	PK_VEC_FOREACH(&f->phases, phase)
		sum += overlap_ns(from, to, phase->from_ns, phase->to_ns);
	return sum;
}
