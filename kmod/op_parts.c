// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the time of an operation went to; see op_parts.h.
 */
#include "op_parts.h"

/* Of what is no wait for the disk. */
static u8 pk_op_part_of(const struct pk_op_wait *w)
{
	if (w->locked)
		return PKPROF_OP_LOCK;
	switch (w->line) {
	case PKPROF_LINE_KLOCK:
	case PKPROF_LINE_RTLOCK:
	case PKPROF_LINE_FUTEX:
		return PKPROF_OP_LOCK;
	}
	return PKPROF_OP_WAIT;
}

/*
 * Page faults of files wait for the disk as well, in a line of their own.
 */
static bool pk_op_is_disk(const struct pk_op_wait *w)
{
	return !w->locked && (w->line == PKPROF_LINE_DISK || w->line == PKPROF_LINE_FAULT ||
			      w->line == PKPROF_LINE_AIO);
}

/* One that ended within the wait; a bit later by another CPU's clock is within, too. */
static bool pk_op_has_own(const struct pk_op_parts *p, const struct pk_op_wait *w)
{
	u64 done_ns = READ_ONCE(p->done_ns);

	return done_ns > w->since_ns && done_ns <= w->now_ns && READ_ONCE(p->asked_ns) < w->woken_ns;
}

/* The last thing that it did was to submit a request, which nobody took to the device yet. */
static bool pk_op_is_queued(const struct pk_op_parts *p)
{
	return p->doing == PKPROF_OP_SUBMIT && READ_ONCE(p->sent_ns) < p->at_ns;
}

bool pk_op_parts_is_others(const struct pk_op_parts *p, const struct pk_op_wait *w)
{
	return pk_op_is_disk(w) && w->woken_ns > w->since_ns && !pk_op_has_own(p, w) &&
	       !pk_op_is_queued(p);
}

/* Each piece begins where the one before ended, so none can be negative. */
static void pk_op_own(struct pk_op_parts *p, const struct pk_op_wait *w)
{
	u64 asked_ns = READ_ONCE(p->asked_ns), issued_ns = READ_ONCE(p->issued_ns);
	u64 done_ns = min(READ_ONCE(p->done_ns), w->woken_ns);

	pk_op_parts_upto(p, PKPROF_OP_OTHERS, min(asked_ns, done_ns));
	pk_op_parts_upto(p, PKPROF_OP_QUEUE, issued_ns ? min(issued_ns, done_ns) : done_ns);
	pk_op_parts_upto(p, PKPROF_OP_DEVICE, done_ns);
	pk_op_parts_upto(p, PKPROF_OP_WAKE, w->woken_ns);
}

static void pk_op_others(struct pk_op_parts *p, const struct pk_op_wait *w)
{
	u64 left_ns = w->woken_ns > p->at_ns ? w->woken_ns - p->at_ns : 0;

	pk_op_parts_upto(p, PKPROF_OP_OTHERS_DEVICE, p->at_ns + min(w->busy_ns, left_ns));
	pk_op_parts_upto(p, PKPROF_OP_OTHERS, w->woken_ns);
}

void pk_op_parts_wait(struct pk_op_parts *p, const struct pk_op_wait *w)
{
	bool queued = pk_op_is_queued(p);

	pk_op_parts_upto(p, p->doing, w->since_ns);
	/* it is on its way to the device still, or was only preempted there */
	if (!queued)
		p->doing = PKPROF_OP_CPU;
	if (w->woken_ns > w->since_ns) {
		if (!pk_op_is_disk(w))
			pk_op_parts_upto(p, pk_op_part_of(w), w->woken_ns);
		else if (pk_op_has_own(p, w))
			pk_op_own(p, w);
		else if (queued)
			pk_op_parts_upto(p, PKPROF_OP_QUEUE, w->woken_ns);
		else
			pk_op_others(p, w);
	}
	pk_op_parts_upto(p, PKPROF_OP_RUNQ, w->now_ns);
}

/* What comes after the last submission, without a wait for it, has nothing to do with it. */
void pk_op_parts_end(struct pk_op_parts *p, u64 now_ns)
{
	pk_op_parts_upto(p, p->doing == PKPROF_OP_SUBMIT ? PKPROF_OP_CPU : p->doing, now_ns);
}
