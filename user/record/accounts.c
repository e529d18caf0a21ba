// SPDX-License-Identifier: GPL-2.0-or-later
/* From readings of the ledger to pieces of accounts; see accounts.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/accounts.h"

#define CLOSED_MIN 1024 /* accounts gone before the list is tidied up */
/* An event has its time before it is booked: a reading in between tells too much. */
#define IN_FLIGHT_NS 10000000ULL

/* A thread's account and its latest knot. */
struct pk_account {
	uint64_t id;
	uint64_t at_ns;		      /* the knot */
	uint64_t same_ns;	      /* in the state up to then, as was told since */
	struct pk_ledger_part *lines; /* sums up to at_ns, in order; malloc'ed */
	uint32_t tid, tgid;
	uint32_t nr_lines;
	uint32_t closed; /* 0: open; else number of the reading before its end, plus 1 */
	uint8_t state;	 /* from at_ns on; PKPROF_NR_LINES: not known */
};

struct pk_cpu_account {
	struct pkprof_ledger_cpu last;
	bool known;
};

typedef PK_VEC(struct pk_ledger_part) part_vec;

void pk_accounts_init(struct pk_accounts *a, struct pk_writer *w, uint64_t t0_ns)
{
	*a = (struct pk_accounts){ .writer = w, .t0_ns = t0_ns };
}

void pk_accounts_deinit(struct pk_accounts *a)
{
	PK_VEC_FOREACH(&a->threads, t)
		free(t->lines);
	pk_vec_deinit(&a->threads);
	pk_vec_deinit(&a->cpus);
	pk_map64_deinit(&a->where);
	pk_vec_deinit(&a->now);
	pk_vec_deinit(&a->before);
	pk_vec_deinit(&a->parts);
}

void pk_accounts_mark(struct pk_accounts *a, uint64_t time_ns)
{
	if (time_ns > a->mark_ns)
		a->mark_ns = time_ns;
}

/* --- sums of lines, in order of line and part --------------------------------- */

static int by_line(const void *a, const void *b)
{
	const struct pk_ledger_part *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->part < y->part ? -1 : x->part > y->part;
}

/* Line @line was on for @ns more. */
static int extend(void *sums, uint16_t line, uint64_t ns)
{
	part_vec *v = sums;
	size_t i = 0;

	if (!ns)
		return 0;
	while (i < v->nr && (v->data[i].line < line))
		i++;
	if (i < v->nr && v->data[i].line == line && !v->data[i].part) {
		v->data[i].ns += ns;
		return 0;
	}
	if (!pk_vec_push(v))
		return -ENOMEM;
	memmove(&v->data[i + 1], &v->data[i], (v->nr - 1 - i) * sizeof(*v->data));
	v->data[i] = (struct pk_ledger_part){ .ns = ns, .line = line };
	return 0;
}

/* The account's lines as they were told: put in order, each once. */
static int sums_of(void *sums, const struct pkprof_ledger_thread *t)
{
	part_vec *v = sums;
	size_t nr = 0;

	v->nr = 0;
	for (unsigned int i = 0; i < t->nr_lines; i++) {
		struct pk_ledger_part p = { .ns = t->lines[i].ns,
					    .nr = t->lines[i].nr,
					    .line = t->lines[i].line,
					    .part = t->lines[i].part };

		if (pk_vec_add(v, p))
			return -ENOMEM;
	}
	if (v->nr)
		qsort(v->data, v->nr, sizeof(*v->data), by_line);
	for (size_t i = 0; i < v->nr; i++) {
		if (nr && !by_line(&v->data[nr - 1], &v->data[i])) {
			v->data[nr - 1].ns += v->data[i].ns;
			v->data[nr - 1].nr += v->data[i].nr;
		} else {
			v->data[nr++] = v->data[i];
		}
	}
	v->nr = nr;
	return 0;
}

static int copy_sums(void *sums, const struct pk_ledger_part *lines, size_t nr)
{
	part_vec *v = sums;

	if (pk_vec_reserve(v, nr))
		return -ENOMEM;
	if (nr)
		memcpy(v->data, lines, nr * sizeof(*lines));
	v->nr = nr;
	return 0;
}

/* Take @ns off the largest parts, so that the whole is right again. */
static void take_off(struct pk_accounts *a, uint64_t ns)
{
	while (ns) {
		struct pk_ledger_part *most = NULL;

		PK_VEC_FOREACH(&a->parts, p)
			if (!most || p->ns > most->ns)
				most = p;
		if (!most || !most->ns)
			return;
		if (most->ns >= ns) {
			most->ns -= ns;
			return;
		}
		ns -= most->ns;
		most->ns = 0;
	}
}

/*
 * a->parts = a->now - a->before. A line may have less than before where the kernel
 * found out later what a wait really was, or when it had ended: then too much was told
 * under another line.
 */
static int subtract(struct pk_accounts *a)
{
	const struct pk_ledger_part *x = a->now.data, *x_end = x + a->now.nr;
	const struct pk_ledger_part *y = a->before.data, *y_end = y + a->before.nr;
	uint64_t missing_ns = 0;

	a->parts.nr = 0;
	while (x < x_end || y < y_end) {
		int order = x == x_end ? 1 : y == y_end ? -1 : by_line(x, y);
		struct pk_ledger_part p = order <= 0 ? *x : *y;
		uint64_t had_ns = order >= 0 ? y->ns : 0;
		uint32_t had_nr = order >= 0 ? y->nr : 0;

		if (order > 0)
			p.ns = p.nr = 0;
		p.nr -= had_nr;
		if (p.nr > INT32_MAX)
			p.nr = 0;
		if (p.ns < had_ns)
			missing_ns += had_ns - p.ns;
		p.ns = p.ns < had_ns ? 0 : p.ns - had_ns;
		if ((p.ns || p.nr) && pk_vec_add(&a->parts, p))
			return -ENOMEM;
		x += order <= 0;
		y += order >= 0;
	}
	a->stats.nr_mended += missing_ns > IN_FLIGHT_NS;
	take_off(a, missing_ns);
	return 0;
}

/* --- pieces ------------------------------------------------------------------- */

/* a->parts is what the thread did from @from_ns to @to_ns. */
static int write_piece(struct pk_accounts *a, const struct pk_account *t, uint64_t from_ns,
		       uint64_t to_ns)
{
	struct pk_ledger_piece piece = { .from_ns = from_ns, .to_ns = to_ns, .tid = t->tid,
					 .tgid = t->tgid };
	uint64_t sum_ns = 0;

	PK_VEC_FOREACH(&a->parts, p)
		sum_ns += p->ns;
	if (sum_ns != to_ns - from_ns) {
		/* sums of another time than was said: what is right in them cannot be known */
		a->stats.nr_mended++;
		a->parts.nr = 0;
		if (extend(&a->parts, PKPROF_LINE_LOST, to_ns - from_ns))
			return -ENOMEM;
	}
	PK_VEC_FOREACH(&a->parts, p) {
		a->stats.ns += p->ns;
		if (p->line == PKPROF_LINE_LOST)
			a->stats.lost_ns += p->ns;
		if (p->line == PKPROF_LINE_CPU)
			a->stats.cpu_ns += p->ns;
	}
	piece.nr_parts = a->parts.nr;
	a->stats.nr_pieces++;
	return pk_writer_ledger(a->writer, &piece, a->parts.data);
}

/* The thread was in one line all the time. */
static int write_same(struct pk_accounts *a, const struct pk_account *t, uint16_t line,
		      uint64_t from_ns, uint64_t to_ns)
{
	int ret;

	if (from_ns >= to_ns)
		return 0;
	a->parts.nr = 0;
	ret = extend(&a->parts, line, to_ns - from_ns);
	return ret ? ret : write_piece(a, t, from_ns, to_ns);
}

/* a->now are the sums at @to_ns: tie the knot. */
static int tie(struct pk_account *t, uint64_t to_ns, uint8_t state, const void *sums)
{
	const part_vec *v = sums;
	struct pk_ledger_part *lines = t->lines;

	if (v->nr > t->nr_lines) {
		lines = realloc(lines, v->nr * sizeof(*lines));
		if (!lines)
			return -ENOMEM;
	}
	if (v->nr)
		memcpy(lines, v->data, v->nr * sizeof(*lines));
	t->lines = lines;
	t->nr_lines = v->nr;
	t->at_ns = t->same_ns = to_ns;
	t->state = state;
	return 0;
}

/*
 * The account's sums at @to_ns are a->now, and it is in @state from then on. If it was
 * unchanged from its knot up to @quiet_ns, that time has a piece of its own.
 */
static int advance(struct pk_accounts *a, struct pk_account *t, uint64_t quiet_ns,
		   uint64_t to_ns, uint8_t state)
{
	uint64_t from_ns = t->at_ns;
	int ret = 0;

	if (to_ns <= from_ns)
		return 0;
	if (t->state < PKPROF_NR_LINES && quiet_ns > from_ns && quiet_ns < to_ns) {
		ret = write_same(a, t, t->state, from_ns, quiet_ns);
		from_ns = quiet_ns;
	}
	if (!ret)
		ret = copy_sums(&a->before, t->lines, t->nr_lines);
	if (!ret)
		ret = extend(&a->before, t->state, from_ns - t->at_ns);
	if (!ret)
		ret = subtract(a);
	if (!ret)
		ret = write_piece(a, t, from_ns, to_ns);
	return ret ? ret : tie(t, to_ns, state, &a->now);
}

/* --- the list of accounts ------------------------------------------------------- */

static void close_account(struct pk_accounts *a, struct pk_account *t)
{
	free(t->lines);
	t->lines = NULL;
	t->nr_lines = 0;
	t->closed = a->stats.nr_readings + 1;
	a->nr_closed++;
}

/*
 * Drop those that were closed before the reading before: a reading that was under way
 * then could still tell of them, and they would seem new.
 */
static int tidy_up(struct pk_accounts *a)
{
	size_t nr = 0;

	if (a->nr_closed < CLOSED_MIN || a->nr_closed < a->threads.nr / 2)
		return 0;
	pk_map64_clear(&a->where);
	PK_VEC_FOREACH(&a->threads, t) {
		if (t->closed && t->closed < a->stats.nr_readings) {
			a->nr_closed--;
			continue;
		}
		a->threads.data[nr] = *t;
		if (pk_map64_set(&a->where, t->id, nr++))
			return -ENOMEM;
	}
	a->threads.nr = nr;
	return 0;
}

/*
 * Where the account of a thread begins that was not told before: its first knot. What
 * was before the session is not ours, and where that cannot be told apart, lost.
 */
static int open_account(struct pk_accounts *a, struct pk_account *t,
			const struct pkprof_ledger_thread *told)
{
	int ret;

	a->stats.nr_threads++;
	if (told->from_ns >= a->t0_ns) {
		a->before.nr = 0;
		return tie(t, told->from_ns, PKPROF_NR_LINES, &a->before);
	}
	ret = sums_of(&a->before, told);
	if (ret)
		return ret;
	if (told->since_ns <= a->t0_ns) {
		ret = extend(&a->before, told->state, a->t0_ns - told->since_ns);
		return ret ? ret : tie(t, a->t0_ns, told->state, &a->before);
	}
	ret = write_same(a, t, PKPROF_LINE_LOST, a->t0_ns, told->since_ns);
	return ret ? ret : tie(t, told->since_ns, told->state, &a->before);
}

/* The account, opened if it is new; NULL with *code_ret 0: it is not to be looked at. */
static struct pk_account *account_of(struct pk_accounts *a, const struct pkprof_ledger_thread *told,
				     int *code_ret)
{
	uint32_t at = pk_map64_get(&a->where, told->id);
	struct pk_account *t;

	*code_ret = 0;
	if (at != PK_MAP64_NONE) {
		t = &a->threads.data[at];
		if (t->closed)
			return NULL;
		t->tid = told->tid;
		t->tgid = told->tgid;
		return t;
	}
	if (a->threads.nr >= PK_ACCOUNTS_MAX) {
		a->stats.nr_untold++;
		return NULL;
	}
	t = pk_vec_push(&a->threads);
	if (!t || pk_map64_set(&a->where, told->id, a->threads.nr - 1)) {
		*code_ret = -ENOMEM;
		return NULL;
	}
	t->id = told->id;
	t->tid = told->tid;
	t->tgid = told->tgid;
	*code_ret = open_account(a, t, told);
	return *code_ret ? NULL : t;
}

/* --- what readings tell ------------------------------------------------------------ */

int pk_accounts_begin(struct pk_accounts *a, const struct pkprof_ledger_info *i)
{
	int ret = tidy_up(a);

	if (!a->stats.nr_readings && i->from_ns < a->t0_ns &&
	    a->t0_ns - i->from_ns <= PK_LEDGER_LEAD_NS)
		a->t0_ns = i->from_ns;
	a->stats.nr_readings++;
	a->now_ns = a->cut_ns = i->now_ns;
	if (a->mark_ns > a->last_ns[0] && a->mark_ns < a->now_ns)
		a->cut_ns = a->mark_ns;
	return ret;
}

void pk_accounts_end(struct pk_accounts *a, bool complete)
{
	if (!complete)
		return;
	a->last_ns[2] = a->last_ns[1];
	a->last_ns[1] = a->last_ns[0];
	a->last_ns[0] = a->now_ns;
}

/* Up to when it was as told: where it can be, that is one instant for all accounts. */
static uint64_t known_until(const struct pk_accounts *a, const struct pkprof_ledger_thread *told)
{
	return told->since_ns <= a->now_ns && told->read_ns > a->now_ns ? a->now_ns :
									  told->read_ns;
}

int pk_accounts_thread(struct pk_accounts *a, const struct pkprof_ledger_thread *told)
{
	/* all accounts that can be are cut at the same instant */
	bool cut = told->since_ns <= a->cut_ns && told->read_ns > a->cut_ns;
	uint64_t same_ns = known_until(a, told), to_ns = cut ? a->cut_ns : same_ns;
	struct pk_account *t;
	int ret;

	/* its final account comes by the ring, or is lost */
	if (told->flags & PKPROF_LEDGER_DEAD)
		return 0;
	t = account_of(a, told, &ret);
	if (!t)
		return ret;
	if (told->since_ns <= t->at_ns) {
		t->state = told->state;
		if (same_ns > t->same_ns)
			t->same_ns = same_ns;
		return 0;
	}
	ret = sums_of(&a->now, told);
	if (!ret)
		ret = extend(&a->now, told->state, to_ns - told->since_ns);
	if (!ret)
		ret = advance(a, t, a->last_ns[0], to_ns, told->state);
	if (!ret && t->at_ns == to_ns)
		t->same_ns = same_ns;
	return ret;
}

/*
 * A thread that died during a reading may not have been told, whatever it had done. Only
 * what ended before another one began, which it saw, tells that it was unchanged.
 */
static uint64_t quiet_before_death(const struct pk_accounts *a, uint64_t end_ns)
{
	return a->last_ns[0] <= end_ns ? a->last_ns[1] : a->last_ns[1] <= end_ns ? a->last_ns[2] : 0;
}

int pk_accounts_death(struct pk_accounts *a, const struct pkprof_ledger_thread *told)
{
	struct pk_account *t;
	int ret;

	a->stats.nr_deaths++;
	t = account_of(a, told, &ret);
	if (!t)
		return ret;
	ret = sums_of(&a->now, told);
	if (!ret)
		ret = advance(a, t, quiet_before_death(a, told->since_ns), told->since_ns,
			      told->state);
	close_account(a, t);
	return ret;
}

static uint64_t grown(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

int pk_accounts_cpu(struct pk_accounts *a, const struct pkprof_ledger_cpu *c)
{
	struct pk_cpu_account *cpu;
	struct pkprof_ledger_cpu last;
	struct pk_cpu_piece piece;

	while (a->cpus.nr <= c->cpu)
		if (!pk_vec_push(&a->cpus))
			return -ENOMEM;
	cpu = &a->cpus.data[c->cpu];
	last = cpu->known ? cpu->last : *c;
	cpu->last = *c;
	if (!cpu->known && c->from_ns >= a->t0_ns) {
		/* booked since the session began; the kernel's own books are older */
		last.read_ns = c->from_ns;
		last.busy_ns = last.idle_ns = last.offline_ns = last.nr_switches = 0;
	}
	cpu->known = true;
	if (c->read_ns <= last.read_ns || c->busy_ns < last.busy_ns ||
	    c->idle_ns < last.idle_ns || c->offline_ns < last.offline_ns)
		return 0;
	piece = (struct pk_cpu_piece){
		.from_ns = last.read_ns,
		.to_ns = c->read_ns,
		.cpu = c->cpu,
		.busy_ns = c->busy_ns - last.busy_ns,
		.idle_ns = c->idle_ns - last.idle_ns,
		.offline_ns = c->offline_ns - last.offline_ns,
		.nr_switches = grown(c->nr_switches, last.nr_switches),
		.steal_ns = grown(c->steal_ns, last.steal_ns),
		.softirq_ns = grown(c->softirq_ns, last.softirq_ns),
		.irq_ns = grown(c->irq_ns, last.irq_ns),
		.iowait_ns = grown(c->iowait_ns, last.iowait_ns),
	};
	return pk_writer_cpu(a->writer, &piece);
}

int pk_accounts_finish(struct pk_accounts *a)
{
	int ret = 0;

	PK_VEC_FOREACH(&a->threads, t) {
		if (ret || t->closed)
			continue;
		if (t->state < PKPROF_NR_LINES)
			ret = write_same(a, t, t->state, t->at_ns, t->same_ns);
	}
	return ret;
}
