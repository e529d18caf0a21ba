// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Statements of a profile script about where threads' time went; mkprofile.c has
 * the rest.
 *
 *	ledger FROM TO TID LINE=TIME[/N]...
 *					piece of a thread's account, N intervals; LINE=rest takes
 *					what the other lines leave
 *	cpu FROM TO CPU busy=TIME [NAME=TIME...]
 *					piece of a CPU's; NAME is offline, steal, softirq, irq,
 *					iowait or, a number, switches; what is left is idle
 *	hist FROM TO runq|slice cpu|process|thread ID [max=TIME] TIME=N...
 *					N values each; coarse buckets for threads
 *	latency T WAITED CPU TID LINE [prev=TID] [ran=TIME] [threshold=TIME]
 *					a long wait that ended at T
 *	wait SINCE WOKEN T CPU TID LINE KSTACK USTACK [log2=N] [blocked=N] [runq=N]
 *		[runq_line=LINE] [FLAG...]
 *					a sampled wait; WOKEN - is one that is not over; N instants
 *					are told from the times; FLAG: kthread, no_mm
 *	wake T SINCE CPU TID WAKER KSTACK USTACK [FLAG...]
 *					who ended the wait of TID since then; FLAG: irq, softirq,
 *					kthread, idle, no_mm
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/distribution.h"
#include "script.h"
#include "source/names.h"

static unsigned int line_of(const char *name, size_t len)
{
	for (unsigned int i = 0; i < PKPROF_NR_LINES; i++)
		if (strlen(pk_line_name(i)) == len && !strncmp(pk_line_name(i), name, len))
			return i;
	fail("no such line of the ledger", name);
}

/* "NAME=VALUE" as its two halves, the value's beginning. */
static const char *value_of(char *pair)
{
	char *equals = strchr(pair, '=');

	if (!equals)
		fail("no NAME=VALUE", pair);
	*equals = '\0';
	return equals + 1;
}

/* Pieces of all kinds wait for the end, where they are written in order of time. */
struct ledger_item {
	struct pk_ledger_piece piece;
	struct pk_ledger_part parts[PKPROF_NR_LINES];
};

struct hist_item {
	struct pk_hist_piece piece;
	struct pk_hist_bucket buckets[MAX_WORDS];
};

static PK_VEC(struct ledger_item) ledger;
static PK_VEC(struct pk_cpu_piece) cpus;
static PK_VEC(struct hist_item) hists;
static PK_VEC(struct pk_latency) latencies;
static PK_VEC(struct pk_wait) waits;
static PK_VEC(struct pk_wake) wakes;

static int part_by_line(const void *a, const void *b)
{
	const struct pk_ledger_part *x = a, *y = b;

	return x->line < y->line ? -1 : x->line > y->line;
}

static void do_ledger(const struct words *w)
{
	struct ledger_item *l = pk_vec_push(&ledger);
	struct pk_ledger_piece *p = &l->piece;
	struct pk_ledger_part *rest = NULL;
	uint64_t sum = 0;

	p->from_ns = instant(word(w, 1));
	p->to_ns = instant(word(w, 2));
	p->tid = number(word(w, 3));
	p->tgid = process_of(p->tid);
	for (unsigned int i = 4; i < w->nr; i++) {
		struct pk_ledger_part *part = &l->parts[p->nr_parts++];
		const char *v = value_of(w->word[i]);
		char *slash = strchr(v, '/');

		part->nr = slash ? number(slash + 1) : 1;
		if (slash)
			*slash = '\0';
		part->line = line_of(w->word[i], strlen(w->word[i]));
		if (!strcmp(v, "rest"))
			rest = part;
		else
			sum += part->ns = duration(v);
	}
	if (rest)
		rest->ns = p->to_ns - p->from_ns - sum;
	qsort(l->parts, p->nr_parts, sizeof(*l->parts), part_by_line);
}

static void do_cpu(const struct words *w)
{
	struct pk_cpu_piece *c = pk_vec_push(&cpus);

	c->from_ns = instant(word(w, 1));
	c->to_ns = instant(word(w, 2));
	c->cpu = number(word(w, 3));
	c->busy_ns = duration_or(w, "busy", 0);
	c->offline_ns = duration_or(w, "offline", 0);
	c->idle_ns = c->to_ns - c->from_ns - c->busy_ns - c->offline_ns;
	c->steal_ns = duration_or(w, "steal", 0);
	c->softirq_ns = duration_or(w, "softirq", 0);
	c->irq_ns = duration_or(w, "irq", 0);
	c->iowait_ns = duration_or(w, "iowait", 0);
	c->nr_switches = number_or(w, "switches", 0);
}

static unsigned int choice(const char *text, const char *const *names, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		if (!strcmp(text, names[i]))
			return i;
	fail("no such choice", text);
}

/* The buckets are kept in order; one that is there takes more. */
static void add_bucket(struct hist_item *item, uint32_t bucket, uint32_t nr)
{
	struct pk_hist_piece *h = &item->piece;
	uint32_t i = h->nr_buckets;

	for (uint32_t k = 0; k < h->nr_buckets; k++) {
		if (item->buckets[k].bucket == bucket) {
			item->buckets[k].nr += nr;
			return;
		}
	}
	for (; i && item->buckets[i - 1].bucket > bucket; i--)
		item->buckets[i] = item->buckets[i - 1];
	item->buckets[i] = (struct pk_hist_bucket){ bucket, nr };
	h->nr_buckets++;
}

static void do_hist(const struct words *w)
{
	static const char *const whats[] = { "runq", "slice" };
	static const char *const keys[] = { "cpu", "process", "thread" };
	struct hist_item *item = pk_vec_push(&hists);
	struct pk_hist_piece *h = &item->piece;

	h->from_ns = instant(word(w, 1));
	h->to_ns = instant(word(w, 2));
	h->what = choice(word(w, 3), whats, PK_ARRAY_SIZE(whats));
	h->key = choice(word(w, 4), keys, PK_ARRAY_SIZE(keys));
	h->id = number(word(w, 5));
	h->max_ns = duration_or(w, "max", 0);
	for (unsigned int i = 6; i < w->nr; i++) {
		uint64_t ns, nr;

		if (!strncmp(w->word[i], "max=", 4))
			continue;
		nr = number(value_of(w->word[i]));
		ns = duration(w->word[i]);
		add_bucket(item,
			   h->key == PKPROF_HIST_THREAD ? pk_dist_coarse_bucket(ns) :
							  pk_dist_bucket(ns),
			   nr);
		h->max_ns = ns > h->max_ns ? ns : h->max_ns;
		h->sum_ns += ns * nr;
		h->count += nr;
	}
}

static void do_latency(const struct words *w)
{
	struct pk_latency *l = pk_vec_push(&latencies);

	l->time_ns = instant(word(w, 1));
	l->queued_ns = l->time_ns - duration(word(w, 2));
	l->cpu = number(word(w, 3));
	l->tid = number(word(w, 4));
	l->tgid = process_of(l->tid);
	l->line = line_of(word(w, 5), strlen(word(w, 5)));
	l->prev_tid = number_or(w, "prev", 0);
	l->prev_tgid = process_of(l->prev_tid);
	l->prev_comm = l->prev_tid ? name_of(l->prev_tid) : intern("swapper/0");
	l->prev_ns = duration_or(w, "ran", 0);
	l->threshold_ns = duration_or(w, "threshold", 0);
}

static uint16_t ends_of(const struct stack *k, const struct stack *u)
{
	return k->end << PK_SAMPLE_KEND_SHIFT | u->end << PK_SAMPLE_UEND_SHIFT;
}

static void do_wait(const struct words *w)
{
	const struct stack *k = find_stack(word(w, 7)), *u = find_stack(word(w, 8));
	bool open = !strcmp(word(w, 2), "-");
	const char *runq_line = option(w, 9, "runq_line");
	struct pk_wait *x = pk_vec_push(&waits);

	x->since_ns = instant(word(w, 1));
	x->time_ns = instant(word(w, 3));
	x->woken_ns = open ? 0 : instant(word(w, 2));
	x->cpu = number(word(w, 4));
	x->tid = number(word(w, 5));
	x->tgid = process_of(x->tid);
	x->line = line_of(word(w, 6), strlen(word(w, 6)));
	x->runq_line = runq_line ? line_of(runq_line, strlen(runq_line)) : PKPROF_LINE_WAKEUP;
	x->kstack = k->node;
	x->ustack = u->node;
	x->ends = ends_of(k, u);
	x->period_log2 = number_or(w, "log2", 20);
	x->nr_blocked = number_or(w, "blocked", ((open ? x->time_ns : x->woken_ns) - x->since_ns) >>
							x->period_log2);
	x->nr_runq = number_or(w, "runq", open ? 0 : (x->time_ns - x->woken_ns) >> x->period_log2);
	x->flags = (open ? PKPROF_WAIT_OPEN : 0) |
		   (has_flag(w, 9, "kthread") ? PKPROF_WAIT_KTHREAD : 0) |
		   (has_flag(w, 9, "no_mm") ? PKPROF_WAIT_NO_MM : 0);
}

static void do_wake(const struct words *w)
{
	const struct stack *k = find_stack(word(w, 6)), *u = find_stack(word(w, 7));
	struct pk_wake *x = pk_vec_push(&wakes);

	x->time_ns = instant(word(w, 1));
	x->since_ns = instant(word(w, 2));
	x->cpu = number(word(w, 3));
	x->tid = number(word(w, 4));
	x->tgid = process_of(x->tid);
	x->waker_tid = number(word(w, 5));
	x->waker_tgid = process_of(x->waker_tid);
	x->waker_comm = x->waker_tid ? name_of(x->waker_tid) : intern("swapper/0");
	x->kstack = k->node;
	x->ustack = u->node;
	x->ends = ends_of(k, u);
	x->flags = (has_flag(w, 8, "irq") ? PKPROF_WAKE_IRQ : 0) |
		   (has_flag(w, 8, "softirq") ? PKPROF_WAKE_SOFTIRQ : 0) |
		   (has_flag(w, 8, "kthread") ? PKPROF_WAKE_KTHREAD : 0) |
		   (has_flag(w, 8, "idle") ? PKPROF_WAKE_IDLE : 0) |
		   (has_flag(w, 8, "no_mm") ? PKPROF_WAKE_NO_MM : 0);
}

/* --- the order in which they are written ------------------------------------------------- */

BY_TIME(ledger_by_time, struct ledger_item, piece.to_ns)
BY_TIME(cpu_by_time, struct pk_cpu_piece, to_ns)
BY_TIME(hist_by_time, struct hist_item, piece.to_ns)
BY_TIME(latency_by_time, struct pk_latency, time_ns)
BY_TIME(wait_by_time, struct pk_wait, time_ns)
BY_TIME(wake_by_time, struct pk_wake, time_ns)

void write_ledger(void)
{
	sort(ledger, ledger_by_time);
	sort(cpus, cpu_by_time);
	sort(hists, hist_by_time);
	sort(latencies, latency_by_time);
	sort(waits, wait_by_time);
	sort(wakes, wake_by_time);
	PK_VEC_FOREACH(&ledger, l)
		check(pk_writer_ledger(writer, &l->piece, l->parts));
	PK_VEC_FOREACH(&cpus, c)
		check(pk_writer_cpu(writer, c));
	PK_VEC_FOREACH(&hists, h)
		check(pk_writer_hist(writer, &h->piece, h->buckets));
	PK_VEC_FOREACH(&latencies, l)
		check(pk_writer_latency(writer, l));
	PK_VEC_FOREACH(&waits, x)
		check(pk_writer_wait(writer, x));
	PK_VEC_FOREACH(&wakes, x)
		check(pk_writer_wake(writer, x));
}

const struct statement ledger_statements[] = {
	{ "ledger", do_ledger },   { "cpu", do_cpu },	{ "hist", do_hist },
	{ "latency", do_latency }, { "wait", do_wait }, { "wake", do_wake }, { 0 },
};
