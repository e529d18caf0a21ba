// SPDX-License-Identifier: GPL-2.0-or-later
/* Sums of the wait ledger; see ledger.h. */
#include <assert.h>

#include "base/cleanup.h"
#include "model/ledger.h"

static_assert(PKPROF_NR_LINES <= PK_SHARE_OUT_MAX, "lines of a piece are shared out at once");

static const uint8_t class_of[] = {
	[PKPROF_LINE_CPU] = PK_LINE_ACTIVE,	  [PKPROF_LINE_WAKEUP] = PK_LINE_ACTIVE,
	[PKPROF_LINE_PREEMPTED] = PK_LINE_ACTIVE, [PKPROF_LINE_THROTTLED] = PK_LINE_ACTIVE,
	[PKPROF_LINE_DISK] = PK_LINE_ACTIVE,	  [PKPROF_LINE_FAULT] = PK_LINE_ACTIVE,
	[PKPROF_LINE_FUTEX] = PK_LINE_WAITING,	  [PKPROF_LINE_KLOCK] = PK_LINE_ACTIVE,
	[PKPROF_LINE_RTLOCK] = PK_LINE_ACTIVE,	  [PKPROF_LINE_SOCKET] = PK_LINE_WAITING,
	[PKPROF_LINE_PIPE] = PK_LINE_WAITING,	  [PKPROF_LINE_TTY] = PK_LINE_IDLE,
	[PKPROF_LINE_POLL] = PK_LINE_IDLE,	  [PKPROF_LINE_AIO] = PK_LINE_WAITING,
	[PKPROF_LINE_SLEEP] = PK_LINE_IDLE,	  [PKPROF_LINE_CHILD] = PK_LINE_IDLE,
	[PKPROF_LINE_STOPPED] = PK_LINE_IDLE,	  [PKPROF_LINE_KTHREAD] = PK_LINE_IDLE,
	[PKPROF_LINE_OTHER] = PK_LINE_UNKNOWN,	  [PKPROF_LINE_LOST] = PK_LINE_UNKNOWN,
};

static_assert(PK_ARRAY_SIZE(class_of) == PKPROF_NR_LINES, "a new line needs a class");

void pk_lines_add(struct pk_lines *sum, const struct pk_lines *more)
{
	for (unsigned int i = 0; i < PKPROF_NR_LINES; i++) {
		sum->ns[i] += more->ns[i];
		sum->nr[i] += more->nr[i];
	}
}

uint64_t pk_lines_sum_ns(const uint64_t ns[PKPROF_NR_LINES])
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < PKPROF_NR_LINES; i++)
		sum += ns[i];
	return sum;
}

/* part / whole of n, rounded down; *rest_ret: what was cut off, in 1/whole. */
static uint64_t proportion(uint64_t n, uint64_t part, uint64_t whole, uint64_t *rest_ret)
{
	unsigned __int128 product = (unsigned __int128)n * part;

	*rest_ret = product % whole;
	return product / whole;
}

void pk_share_out(const uint64_t *weights, unsigned int nr, uint64_t total, uint64_t *ret)
{
	uint64_t rest[PK_SHARE_OUT_MAX], sum = 0, left = total;
	unsigned int most;

	for (unsigned int i = 0; i < nr; i++)
		sum += weights[i];
	for (unsigned int i = 0; i < nr; i++) {
		ret[i] = proportion(weights[i], total, sum, &rest[i]);
		left -= ret[i];
	}
	/* fewer are left than there are remainders */
	for (; left; left--) {
		most = 0;
		for (unsigned int i = 1; i < nr; i++)
			if (rest[i] > rest[most])
				most = i;
		rest[most] = 0;
		ret[most]++;
	}
}

/* A count goes with the time that it belongs to, to the nearest. */
static uint64_t nearest(uint64_t n, uint64_t part, uint64_t whole)
{
	uint64_t rest, v = proportion(n, part, whole, &rest);

	return v + (rest >= whole - rest);
}

void pk_lines_add_piece(struct pk_lines *sum, const struct pk_profile *p,
			const struct pk_ledger_piece *piece, uint64_t inside_ns)
{
	uint64_t length = piece->to_ns - piece->from_ns, ns[PKPROF_NR_LINES];
	struct pk_lines whole = { 0 };
	bool any = false;

	for (uint32_t i = 0; i < piece->nr_parts; i++) {
		const struct pk_ledger_part *part = &p->ledger_parts.data[piece->first_part + i];
		unsigned int line = part->line < PKPROF_NR_LINES ? part->line : PKPROF_LINE_OTHER;

		whole.ns[line] += part->ns;
		whole.nr[line] += part->nr;
		any |= part->ns > 0;
	}
	if (!any)
		whole.ns[PKPROF_LINE_LOST] = length;
	if (inside_ns >= length) {
		pk_lines_add(sum, &whole);
		return;
	}
	if (!inside_ns)
		return;
	pk_share_out(whole.ns, PKPROF_NR_LINES, inside_ns, ns);
	for (unsigned int i = 0; i < PKPROF_NR_LINES; i++) {
		sum->ns[i] += ns[i];
		sum->nr[i] += nearest(whole.nr[i], inside_ns, length);
	}
}

void pk_cpu_add_piece(struct pk_cpu_piece *sum, const struct pk_cpu_piece *c, uint64_t inside_ns)
{
	const uint64_t times[] = { c->busy_ns, c->idle_ns, c->offline_ns };
	uint64_t length = c->to_ns - c->from_ns, ns[PK_ARRAY_SIZE(times)];

	if (!inside_ns || times[0] + times[1] + times[2] < inside_ns)
		return;
	pk_share_out(times, PK_ARRAY_SIZE(times), inside_ns, ns);
	sum->busy_ns += ns[0];
	sum->idle_ns += ns[1];
	sum->offline_ns += ns[2];
	sum->nr_switches += nearest(c->nr_switches, inside_ns, length);
	sum->steal_ns += nearest(c->steal_ns, inside_ns, length);
	sum->softirq_ns += nearest(c->softirq_ns, inside_ns, length);
	sum->irq_ns += nearest(c->irq_ns, inside_ns, length);
	sum->iowait_ns += nearest(c->iowait_ns, inside_ns, length);
}

enum pk_line_class pk_line_class(unsigned int line)
{
	return line < PKPROF_NR_LINES ? class_of[line] : PK_LINE_UNKNOWN;
}

const char *pk_line_class_name(enum pk_line_class class)
{
	static const char *const names[PK_NR_LINE_CLASSES] = {
		[PK_LINE_ACTIVE] = "active",
		[PK_LINE_WAITING] = "waiting",
		[PK_LINE_IDLE] = "idle",
		[PK_LINE_UNKNOWN] = "unknown",
	};

	return names[class];
}

uint64_t pk_lines_class_ns(const uint64_t ns[PKPROF_NR_LINES], enum pk_line_class class)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < PKPROF_NR_LINES; i++)
		if (class_of[i] == class)
			sum += ns[i];
	return sum;
}
