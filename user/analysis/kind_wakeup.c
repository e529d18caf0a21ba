// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kind "wakeup": for each time that a thread was blocked, one tower: its stack,
 * who woke it and with which stack; if that one had itself been waiting meanwhile,
 * with which stack, who woke it, and so on:
 *
 *	A's stack
 *	[woken by B]		B's stack as it woke A
 *	[after waiting: pipe]	B's stack while it waited
 *	[woken by C]		C's stack as it woke B
 *	[after waiting: disk]	C's stack while it waited
 *	[woken by an interrupt]	the interrupt's part of the stack
 *
 * All stacks stand upright. From those above the first, frames are left out that are
 * the same everywhere: entry code, the ways into the scheduler and those of a wake-up.
 * The weight is A's blocked time. A wait of B goes on the
 * tower with the instants that it shares with A's: as many as it has in the window
 * of time that A waited, pro rata where it began before. What is left of A's time
 * ends with B: it was running, or on the CPU too shortly to be met. Below a wait of
 * B the window is that of its own blocked part.
 */
#include <string.h>

#include "analysis/kind.h"
#include "base/cleanup.h"
#include "source/names.h"

#define MAX_HOPS 8

struct chains {
	const struct pk_scope *s;
	const struct pk_model *m;
	struct pk_towers *t;
	bool threads;
	uint32_t *waits;	/* indices, by thread, then by time_ns */
	uint32_t *first;	/* by thread: where its own begin in waits; one more at the end */
	uint32_t base;		/* of the tower that is being built */
	uint8_t period_log2;	/* of the wait that it is about */
	uint32_t path[MAX_HOPS + 1];	/* threads in it */
};

/* A part of the tower that is not complete: something waited in this window. */
struct window {
	uint64_t from_ns, to_ns, weight;
	uint32_t tower;
	unsigned int hop;	/* wake-ups below it */
};

/* Waits in order of thread and time: a counting sort, since they are in order of time. */
static int sort_waits(struct chains *c)
{
	size_t nr = c->m->profile->waits.nr, nr_threads = c->m->threads.nr;

	c->waits = malloc((nr + 1) * sizeof(*c->waits));
	c->first = calloc(nr_threads + 2, sizeof(*c->first));
	if (!c->waits || !c->first)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++)
		c->first[c->m->wait_thread[i] + 2]++;
	for (size_t i = 2; i < nr_threads + 2; i++)
		c->first[i] += c->first[i - 1];
	for (size_t i = 0; i < nr; i++)
		c->waits[c->first[c->m->wait_thread[i] + 1]++] = i;
	return 0;
}

static const struct pk_wait *wait_at(const struct chains *c, uint32_t at)
{
	return &c->m->profile->waits.data[c->waits[at]];
}

/* First of a thread's waits that ended after an instant. */
static uint32_t first_after(const struct chains *c, uint32_t thread, uint64_t time_ns)
{
	uint32_t lo = c->first[thread], hi = c->first[thread + 1];

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (wait_at(c, mid)->time_ns <= time_ns)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* --- interrupts ------------------------------------------------------------------------ */

static bool is_interrupt_entry(const struct pk_model *m, uint32_t node)
{
	static const char *const prefixes[] = { "asm_common_interrupt", "asm_sysvec_",
						"common_interrupt", "sysvec_" };
	const struct pk_frame *f = &m->frames.data[m->nodes.data[node].frame];
	const char *name = pk_model_string(m, f->name);

	for (size_t i = 0; f->kind == PK_FRAME_KERNEL && i < PK_ARRAY_SIZE(prefixes); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

/*
 * Below the interrupt on top of a stack is what it interrupted, which has no part in
 * what it did: the first node of that. 0: none, or no interrupt to be seen.
 */
static uint32_t interrupted(const struct pk_model *m, uint32_t stack, bool *seen_ret)
{
	*seen_ret = false;
	for (; stack; stack = m->nodes.data[stack].parent) {
		bool entry = is_interrupt_entry(m, stack);

		if (*seen_ret && !entry)
			break;
		*seen_ret |= entry;
	}
	return stack;
}

/* --- frames that say nothing ------------------------------------------------------------- */

/* Of the kernel; what ends with "*" is a beginning. */
static const char *const plumbing[] = {
	"asm_*",
	"entry_SYSCALL_64*",
	"entry_INT80*",
	"do_syscall_64",
	"do_int80*",
	"x64_sys_call",
	"syscall_exit_to_user_mode*",
	"irqentry_exit*",
	"exit_to_user_mode_*",
	"ret_from_fork*",
	"__schedule",
	"schedule",
	"schedule_timeout*",
	"schedule_hrtimeout*",
	"preempt_schedule*",
	"try_to_wake_up",
	"ttwu_*",
	"wake_up_*",
	"__wake_up*",
	"swake_up_*",
	"autoremove_wake_function",
	"default_wake_function",
	"ep_autoremove_wake_function",
	"pollwake",
	"woken_wake_function",
};

static bool is_plumbing(const struct pk_model *m, const struct pk_frame *f)
{
	const char *name = pk_model_string(m, f->name);

	for (size_t i = 0; f->kind == PK_FRAME_KERNEL && i < PK_ARRAY_SIZE(plumbing); i++) {
		size_t len = strcspn(plumbing[i], "*");

		if (!strncmp(name, plumbing[i], len) && (plumbing[i][len] || !name[len]))
			return true;
	}
	return f->entry;
}

static int find_plumbing(const struct pk_model *m, struct pk_towers *t)
{
	t->plumbing = calloc(m->frames.nr + 1, sizeof(*t->plumbing));
	if (!t->plumbing)
		return -ENOMEM;
	for (size_t i = 1; i < m->frames.nr; i++)
		t->plumbing[i] = is_plumbing(m, &m->frames.data[i]);
	return 0;
}

/* --- building -------------------------------------------------------------------------- */

static int add(struct chains *c, const struct window *w, uint32_t tower, uint64_t weight)
{
	struct pk_tower_piece piece = { w->from_ns, w->to_ns, weight, weight, 0, c->period_log2 };

	return weight ? pk_towers_add_piece(c->t, c->base, tower, &piece) : 0;
}

static const char *name_of(const struct chains *c, const struct pk_wake *wake, uint32_t waker)
{
	const char *name = pk_model_string(c->m, pk_kind_base(c->m, waker, c->threads));

	/* of a thread whose birth was lost the wake-up knows more than its number */
	return *name == ':' && wake->waker_comm ? pk_model_string(c->m, wake->waker_comm) : name;
}

/* Put the waker on the tower; *waker_ret: its thread, or PK_NO_OWNER. */
static int put_waker(struct chains *c, uint32_t idx, uint32_t *tower, uint32_t *waker_ret)
{
	const struct pk_wake *wake = &c->m->profile->wakes.data[idx];
	uint32_t stack = c->m->wake_stack[idx], stop = 0;
	bool interrupt = false;
	int rc;

	*waker_ret = c->m->wake_waker[idx];
	/* work that a task's own interrupt-like context does is its own, else it is not */
	if (wake->flags & (PKPROF_WAKE_IRQ | PKPROF_WAKE_SOFTIRQ))
		stop = interrupted(c->m, stack, &interrupt);
	if (wake->flags & PKPROF_WAKE_IRQ || interrupt)
		*waker_ret = PK_NO_OWNER;
	if (*waker_ret != PK_NO_OWNER)
		rc = pk_towers_mark(c->t, *tower, "woken by ", name_of(c, wake, *waker_ret), tower);
	else if (wake->flags & PKPROF_WAKE_IRQ || interrupt)
		rc = pk_towers_mark(c->t, *tower, "woken by an interrupt", NULL, tower);
	else
		rc = pk_towers_mark(c->t, *tower, "woken by an idle CPU", NULL, tower);
	return rc ? rc : pk_towers_stack(c->t, *tower, stack, stop, tower);
}

static int put_wait(struct chains *c, uint32_t at, unsigned int line, uint32_t *tower)
{
	int rc = pk_towers_mark(c->t, *tower, "after waiting: ", pk_line_name(line), tower);

	return rc ? rc : pk_towers_stack(c->t, *tower, c->m->wait_stack[c->waits[at]], 0, tower);
}

/* What a wait of the waker has in a window: instants of [from, to), and the common part. */
struct shared {
	uint64_t from_ns, to_ns;
	double ns;
};

static struct shared share(const struct chains *c, const struct window *w, uint64_t from_ns,
			   uint64_t to_ns, uint64_t nr, uint8_t period_log2)
{
	uint64_t start_ns = c->m->profile->start_ns;
	struct shared s = { .to_ns = to_ns < w->to_ns ? to_ns : w->to_ns };

	/* instants are only from the start on, however long it had waited before */
	if (from_ns < start_ns)
		from_ns = start_ns;
	s.from_ns = from_ns > w->from_ns ? from_ns : w->from_ns;
	if (s.to_ns > s.from_ns)
		s.ns = (double)(nr << period_log2) * (s.to_ns - s.from_ns) / (to_ns - from_ns);
	return s;
}

static struct shared blocked_in(const struct chains *c, const struct window *w,
				const struct pk_wait *wait)
{
	return share(c, w, wait->since_ns, wait->woken_ns, wait->nr_blocked, wait->period_log2);
}

static struct shared runq_in(const struct chains *c, const struct window *w,
			     const struct pk_wait *wait)
{
	return share(c, w, wait->woken_ns, wait->time_ns, wait->nr_runq, wait->period_log2);
}

static int climb(struct chains *c, uint32_t wait, const struct window *w);

/* The two parts of one wait of the waker; *left: weight that nothing has taken yet. */
static int go_on(struct chains *c, uint32_t at, const struct window *w, double scale,
		 uint64_t *left)
{
	const struct pk_wait *wait = wait_at(c, at);
	struct shared blocked = blocked_in(c, w, wait), runq = runq_in(c, w, wait);
	struct window above = { blocked.from_ns, blocked.to_ns, (uint64_t)(blocked.ns * scale),
				w->tower, w->hop + 1 };
	uint64_t queued = (uint64_t)(runq.ns * scale);
	int rc = 0;

	if (above.weight > *left)
		above.weight = *left;
	*left -= above.weight;
	if (queued > *left)
		queued = *left;
	*left -= queued;
	if (above.weight) {
		rc = put_wait(c, at, wait->line, &above.tower);
		if (!rc)
			rc = climb(c, c->waits[at], &above);
	}
	if (!rc && queued) {
		above = (struct window){ runq.from_ns, runq.to_ns, queued, w->tower, 0 };
		rc = put_wait(c, at, wait->runq_line, &above.tower);
		if (!rc)
			rc = add(c, &above, above.tower, queued);
	}
	return rc;
}

/* The span before wait @at in which the waker did not wait; the last one has no wait. */
static struct window gap_before(const struct chains *c, const struct window *w, uint32_t first,
				uint32_t at, uint32_t last)
{
	struct window gap = *w;

	if (at > first && wait_at(c, at - 1)->time_ns > gap.from_ns)
		gap.from_ns = wait_at(c, at - 1)->time_ns;
	if (at < last && wait_at(c, at)->since_ns < gap.to_ns)
		gap.to_ns = wait_at(c, at)->since_ns;
	if (gap.to_ns < gap.from_ns)
		gap.to_ns = gap.from_ns;
	return gap;
}

/* Put what is left of the window's weight where the waker did not wait, pro rata. */
static int add_rest(struct chains *c, const struct window *w, uint32_t first, uint32_t last,
		    uint64_t left)
{
	uint64_t room = 0, given;
	int rc = 0;

	for (uint32_t at = first; at <= last; at++) {
		struct window gap = gap_before(c, w, first, at, last);

		room += gap.to_ns - gap.from_ns;
	}
	for (uint32_t at = first; !rc && room && left && at < last; at++) {
		struct window gap = gap_before(c, w, first, at, last);
		uint64_t len = gap.to_ns - gap.from_ns;

		given = (uint64_t)((double)left * len / room);
		rc = add(c, &gap, w->tower, given);
		left -= given;
		room -= len;
	}
	if (!rc && room) {
		struct window gap = gap_before(c, w, first, last, last);

		return add(c, &gap, w->tower, left);
	}
	return rc ? rc : add(c, w, w->tower, left);
}

/* What the waker waited for in the window, up to the instant at which it woke. */
static int follow(struct chains *c, uint32_t waker, uint64_t woke_ns, const struct window *w)
{
	uint32_t first = first_after(c, waker, w->from_ns), end = c->first[waker + 1], last;
	uint64_t left = w->weight;
	double sum = 0;
	int rc = 0;

	for (last = first; last < end && wait_at(c, last)->time_ns <= woke_ns; last++) {
		const struct pk_wait *wait = wait_at(c, last);

		if (!(wait->flags & PKPROF_WAIT_OPEN))
			sum += blocked_in(c, w, wait).ns + runq_in(c, w, wait).ns;
	}
	for (uint32_t at = first; !rc && at < last; at++)
		if (!(wait_at(c, at)->flags & PKPROF_WAIT_OPEN))
			rc = go_on(c, at, w, sum > w->weight ? w->weight / sum : 1, &left);
	return rc ? rc : add_rest(c, w, first, last, left);
}

/* Who ended this wait, and so on. The window's tower has the wait's stack on top. */
static int climb(struct chains *c, uint32_t wait, const struct window *w)
{
	uint32_t wake = c->m->wait_wake[wait], waker = PK_NO_OWNER;
	struct window above = *w;
	bool again = false;
	int rc;

	c->path[w->hop] = c->m->wait_thread[wait];
	if (c->m->profile->waits.data[wait].flags & PKPROF_WAIT_OPEN &&
	    !c->m->profile->waits.data[wait].woken_ns)
		rc = pk_towers_mark(c->t, above.tower, "still waiting", NULL, &above.tower);
	else if (wake == PK_NO_WAKE)
		rc = pk_towers_mark(c->t, above.tower, "waker not recorded", NULL, &above.tower);
	else
		rc = put_waker(c, wake, &above.tower, &waker);
	if (rc)
		return rc;
	if (waker == PK_NO_OWNER)
		return add(c, &above, above.tower, w->weight);
	for (unsigned int i = 0; i <= w->hop; i++)
		again |= c->path[i] == waker;
	if (again || w->hop + 1 >= MAX_HOPS)
		return add(c, &above, above.tower, w->weight);
	return follow(c, waker, c->m->profile->wakes.data[wake].time_ns, &above);
}

int pk_kind_collect_wakeups(const struct pk_scope *s, const struct pk_kind_choice *k, bool threads,
			    struct pk_towers *ret)
{
	struct chains c = { .s = s, .m = s->model, .t = ret, .threads = threads };
	int rc = sort_waits(&c);

	(void)k;
	if (!rc)
		rc = find_plumbing(s->model, ret);
	for (size_t i = 0; !rc && i < s->model->profile->waits.nr; i++) {
		struct pk_tower_piece piece;
		struct window w;

		if (!pk_kind_busy_span(s, i, PK_WAIT_BLOCKED, &piece, ret))
			continue;
		w = (struct window){ piece.from_ns, piece.to_ns, piece.weight,
				     s->model->wait_stack[i], 0 };
		ret->nr_items++;
		c.base = pk_kind_base(s->model, s->model->wait_thread[i], threads);
		c.period_log2 = piece.period_log2;
		rc = climb(&c, i, &w);
	}
	free(c.waits);
	free(c.first);
	return rc;
}
