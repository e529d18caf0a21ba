// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The account of one thread's time; see account.h. Here is what is rare: begin, end,
 * and what readers get.
 */
#ifdef __KERNEL__
#include <linux/string.h>
#endif
#include "account.h"

/* A reader that meets a writer so often does not read this account now. */
#define PK_READ_ATTEMPTS 100

void pk_account_open(struct pk_account *a, u64 id, u8 state, u64 from_ns)
{
	pk_account_write_begin(a);
	a->state = state;
	a->call = PKPROF_LINE_OTHER;
	a->flags = 0;
	a->since_ns = from_ns;
	a->woken_ns = 0;
	a->max_runq_ns = 0;
	a->max_slice_ns = 0;
	a->from_ns = from_ns;
	memset(&a->sums, 0, sizeof(a->sums));
	memset(a->coarse, 0, sizeof(a->coarse));
	a->id = id;
	pk_account_write_end(a);
}

void pk_account_lose(struct pk_account *a, u64 now_ns)
{
	if (now_ns <= a->since_ns)
		return;
	pk_account_write_begin(a);
	a->sums.ns[PKPROF_LINE_LOST] += now_ns - a->since_ns;
	a->sums.nr[PKPROF_LINE_LOST]++;
	a->since_ns = now_ns;
	pk_account_write_end(a);
}

void pk_account_close(struct pk_account *a)
{
	pk_account_write_begin(a);
	a->id = 0;
	pk_account_write_end(a);
}

void pk_sums_add(struct pk_sums *dst, const struct pk_sums *src)
{
	unsigned int line;

	for (line = 0; line < PKPROF_NR_LINES; line++) {
		dst->ns[line] += src->ns[line];
		dst->nr[line] += src->nr[line];
	}
}

unsigned int pk_sums_nr_lines(const struct pk_sums *sums)
{
	unsigned int line, nr = 0;

	for (line = 0; line < PKPROF_NR_LINES; line++)
		nr += sums->ns[line] || sums->nr[line];
	return nr;
}

unsigned int pk_sums_tell(const struct pk_sums *sums, struct pkprof_ledger_line *ret)
{
	unsigned int line, nr = 0;

	for (line = 0; line < PKPROF_NR_LINES; line++) {
		if (!sums->ns[line] && !sums->nr[line])
			continue;
		ret[nr].ns = sums->ns[line];
		ret[nr].nr = sums->nr[line];
		ret[nr].line = line;
		ret[nr].part = 0;
		nr++;
	}
	return nr;
}

bool pk_account_read(const struct pk_account *a, struct pk_account *ret)
{
	unsigned int attempt;
	u32 seq;

	for (attempt = 0; attempt < PK_READ_ATTEMPTS; attempt++) {
		seq = READ_ONCE(a->seq);
		if (seq & 1)
			continue;
		smp_rmb();
		memcpy(ret, a, sizeof(*ret));
		/* a wake-up does not count as a write; its store is whole, a copy need not be */
		ret->woken_ns = READ_ONCE(a->woken_ns);
		smp_rmb();
		if (READ_ONCE(a->seq) == seq)
			return ret->id;
	}
	return false;
}

void pk_account_settle(struct pk_account *copy)
{
	u64 woken_ns = copy->woken_ns;

	if (!woken_ns || !pk_line_is_blocked(copy->state))
		return;
	if ((s64)(woken_ns - copy->since_ns) < 0)
		woken_ns = copy->since_ns;
	copy->sums.ns[copy->state] += woken_ns - copy->since_ns;
	copy->sums.nr[copy->state]++;
	copy->since_ns = woken_ns;
	copy->state = PKPROF_LINE_WAKEUP;
	copy->woken_ns = 0;
}

u64 pk_account_queued_ns(const struct pk_account *a)
{
	if (pk_line_is_blocked(a->state))
		return a->woken_ns;
	return a->state == PKPROF_LINE_CPU ? 0 : a->since_ns;
}

void pk_account_split(struct pk_account *copy, u64 throttled_ns, bool throttled, u64 read_ns)
{
	u64 waited_ns;

	if (copy->state == PKPROF_LINE_CPU || pk_line_is_blocked(copy->state) ||
	    read_ns <= copy->since_ns)
		return;
	waited_ns = read_ns - copy->since_ns;
	throttled_ns = min(throttled_ns, waited_ns);
	copy->sums.ns[copy->state] += waited_ns - throttled_ns;
	copy->sums.ns[PKPROF_LINE_THROTTLED] += throttled_ns;
	copy->since_ns = read_ns;
	if (throttled)
		copy->state = PKPROF_LINE_THROTTLED;
}

size_t pk_account_tell(const struct pk_account *a, u64 read_ns, struct pkprof_ledger_thread *ret)
{
	ret->id = a->id;
	ret->from_ns = a->from_ns;
	ret->since_ns = a->since_ns;
	ret->read_ns = max(read_ns, a->since_ns);
	/* a slice that is not over has begun */
	ret->nr_switches = a->sums.nr[PKPROF_LINE_CPU] + (a->state == PKPROF_LINE_CPU);
	ret->max_runq_ns = a->max_runq_ns;
	ret->max_slice_ns = a->max_slice_ns;
	ret->flags = 0;
	ret->state = a->state;
	ret->reserved = 0;
	ret->nr_lines = pk_sums_tell(&a->sums, ret->lines);
	return sizeof(*ret) + ret->nr_lines * sizeof(ret->lines[0]);
}
