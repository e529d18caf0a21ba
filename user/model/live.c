// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Readings of the ledger to pictures; see live.h.
 *
 * Each account has a knot: its lines up to the last instant. A picture's thread is the
 * difference of two knots. A picture's process is the difference of what its threads,
 * living and dead, have in sum: when a thread dies its lines move from its own account
 * to its process's sum of the dead, and with the last thread to the sum of all that are
 * gone, so the sum over the three stays. Because the parts of one reading are not read
 * at one instant, a sum may be behind for one reading while lines move: what was booked
 * once stays booked, and a sum that is behind counts nothing until it has caught up.
 */
#include <errno.h>

#include "model/live.h"

#define EXITED 0 /* group of all that are gone */

void pk_live_model_deinit(struct pk_live_model *l)
{
	pk_vec_deinit(&l->picture.processes);
	pk_vec_deinit(&l->picture.threads);
	pk_vec_deinit(&l->accounts);
	pk_vec_deinit(&l->groups);
	pk_vec_deinit(&l->cpus);
	pk_vec_deinit(&l->cpus_before);
	pk_map64_deinit(&l->by_id);
	pk_map64_deinit(&l->by_tgid);
	*l = (struct pk_live_model){ 0 };
}

void pk_live_model_begin(struct pk_live_model *l)
{
	l->reading++;
	l->info_before = l->info;
	l->info = (struct pkprof_ledger_info){ 0 };
}

/* --- what a reading tells --------------------------------------------------- */

static int on_info(void *ctx, const struct pkprof_ledger_info *i)
{
	struct pk_live_model *l = ctx;

	l->info = *i;
	return 0;
}

static int on_cpu(void *ctx, const struct pkprof_ledger_cpu *c)
{
	struct pk_live_model *l = ctx;

	while (l->cpus.nr <= c->cpu)
		if (!pk_vec_push(&l->cpus))
			return -ENOMEM;
	l->cpus.data[c->cpu] = *c;
	return 0;
}

static void sum_lines(const struct pkprof_ledger_line *lines, unsigned int nr,
		      struct pk_live_amount *ret)
{
	*ret = (struct pk_live_amount){ 0 };
	for (unsigned int i = 0; i < nr; i++) {
		ret->ns[lines[i].line] += lines[i].ns;
		if (lines[i].line == PKPROF_LINE_CPU)
			ret->nr_switches += lines[i].nr;
		else if (lines[i].line == PKPROF_LINE_WAKEUP ||
			 lines[i].line == PKPROF_LINE_PREEMPTED)
			ret->nr_runq += lines[i].nr;
	}
}

static struct pk_live_account *account_of(struct pk_live_model *l, uint64_t id)
{
	uint32_t *at = pk_map64_at(&l->by_id, id);
	struct pk_live_account *a;

	if (!at)
		return NULL;
	if (*at != PK_MAP64_NONE)
		return &l->accounts.data[*at];
	a = pk_vec_push(&l->accounts);
	if (!a) {
		/* an entry that points to nothing must not stay */
		*at = 0;
		return NULL;
	}
	*at = l->accounts.nr - 1;
	a->thread.id = id;
	a->is_new = true;
	return a;
}

static int on_alive(void *ctx, const uint64_t *ids, size_t nr)
{
	struct pk_live_model *l = ctx;

	for (size_t i = 0; i < nr; i++) {
		uint32_t at = pk_map64_get(&l->by_id, ids[i]);

		/* one that is not known was born behind the walk: next time */
		if (at != PK_MAP64_NONE)
			l->accounts.data[at].alive_in = l->reading;
	}
	return 0;
}

/* Group 0 is there before all others. */
static struct pk_live_group *group_of(struct pk_live_model *l, uint32_t tgid)
{
	struct pk_live_group *g;
	uint32_t *at;

	if (!l->groups.nr) {
		g = pk_vec_push(&l->groups);
		if (!g)
			return NULL;
		g->process.exited = true;
		strcpy(g->process.comm, "(exited)");
	}
	if (!tgid)
		return &l->groups.data[EXITED];
	at = pk_map64_at(&l->by_tgid, tgid);
	if (!at)
		return NULL;
	if (*at != PK_MAP64_NONE)
		return &l->groups.data[*at];
	g = pk_vec_push(&l->groups);
	if (!g) {
		*at = EXITED;
		return NULL;
	}
	*at = l->groups.nr - 1;
	g->process.tgid = tgid;
	return g;
}

/*
 * The process is of this age. If the one that was known under its number was of
 * another, that one is gone.
 */
static void note_start(struct pk_live_model *l, struct pk_live_group *g, uint64_t start_ns)
{
	if (g->start_ns == start_ns)
		g->confirmed_in = l->reading;
	else if (g->start_ns)
		g->replaced_in = l->reading;
	g->start_ns = start_ns;
}

/* A thread that was known already became the leader by exec: the same process. */
static int note_leader(struct pk_live_model *l, const struct pkprof_ledger_thread *t, bool is_new)
{
	struct pk_live_group *g = group_of(l, t->tgid);

	if (!g)
		return -ENOMEM;
	if (is_new)
		note_start(l, g, t->start_ns);
	return 0;
}

static int on_thread(void *ctx, const struct pkprof_ledger_thread *t)
{
	struct pk_live_model *l = ctx;
	struct pk_live_account *a;

	if (t->flags & PKPROF_LEDGER_DEAD)
		return 0;
	a = account_of(l, t->id);
	if (!a)
		return -ENOMEM;
	if (t->tid == t->tgid && note_leader(l, t, a->is_new))
		return -ENOMEM;
	if (a->is_new)
		a->knot_ns = t->from_ns;
	a->thread.tid = t->tid;
	a->thread.tgid = t->tgid;
	a->thread.start_ns = t->start_ns;
	memcpy(a->thread.comm, t->comm, sizeof(a->thread.comm));
	a->thread.kthread = t->flags & PKPROF_TASK_KTHREAD;
	a->thread.state = t->state;
	a->since_ns = t->since_ns;
	sum_lines(t->lines, t->nr_lines, &a->told);
	a->told_in = l->reading;
	return 0;
}

static int on_process(void *ctx, const struct pkprof_ledger_process *p)
{
	struct pk_live_model *l = ctx;
	struct pk_live_group *g = group_of(l, p->tgid);

	if (!g)
		return -ENOMEM;
	sum_lines(p->lines, p->nr_lines, &g->dead);
	if (!p->tgid)
		return 0;
	note_start(l, g, p->start_ns);
	g->dead_start_ns = p->start_ns;
	g->dead_in = l->reading;
	memcpy(g->process.comm, p->comm, sizeof(g->process.comm));
	return 0;
}

const struct pk_ledger_visitor pk_live_model_visitor = {
	.info = on_info,
	.cpu = on_cpu,
	.process = on_process,
	.thread = on_thread,
	.alive = on_alive,
};

/* --- arithmetic ------------------------------------------------------------- */

static void amount_add(struct pk_live_amount *sum, const struct pk_live_amount *a)
{
	for (unsigned int i = 0; i < PKPROF_NR_LINES; i++)
		sum->ns[i] += a->ns[i];
	sum->nr_switches += a->nr_switches;
	sum->nr_runq += a->nr_runq;
}

static void amount_sub(struct pk_live_amount *sum, const struct pk_live_amount *a)
{
	for (unsigned int i = 0; i < PKPROF_NR_LINES; i++)
		sum->ns[i] -= a->ns[i];
	sum->nr_switches -= a->nr_switches;
	sum->nr_runq -= a->nr_runq;
}

/* What @a has more than @b; sums of many dead may wrap, differences do not. */
static uint64_t more_ns(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b) > 0 ? a - b : 0;
}

/* Likewise of counts, which the contract has modulo 2^32. */
static uint64_t more_nr(uint64_t a, uint64_t b)
{
	return (int32_t)(uint32_t)(a - b) > 0 ? (uint32_t)(a - b) : 0;
}

static void amount_more(const struct pk_live_amount *a, const struct pk_live_amount *b,
			struct pk_live_amount *ret)
{
	for (unsigned int i = 0; i < PKPROF_NR_LINES; i++)
		ret->ns[i] = more_ns(a->ns[i], b->ns[i]);
	ret->nr_switches = more_nr(a->nr_switches, b->nr_switches);
	ret->nr_runq = more_nr(a->nr_runq, b->nr_runq);
}

/*
 * The account's lines up to @at_ns. Behind its last switch it stayed in its state, which
 * is exact. Before it only the sums since the knot are known: the same share of each,
 * with the ns that rounding leaves given to lines that have a fraction.
 */
static void lines_at(const struct pk_live_account *a, uint64_t at_ns, struct pk_live_amount *ret)
{
	uint64_t whole_ns = a->since_ns - a->knot_ns, part_ns = at_ns - a->knot_ns, left = part_ns;
	uint64_t rest[PKPROF_NR_LINES];

	*ret = a->told;
	if (at_ns >= a->since_ns) {
		ret->ns[a->thread.state] += at_ns - a->since_ns;
		return;
	}
	for (unsigned int i = 0; i < PKPROF_NR_LINES; i++) {
		unsigned __int128 share = more_ns(a->told.ns[i], a->knot.ns[i]);

		share *= part_ns;
		ret->ns[i] = a->knot.ns[i] + (uint64_t)(share / whole_ns);
		rest[i] = (uint64_t)(share % whole_ns);
		left -= (uint64_t)(share / whole_ns);
	}
	for (unsigned int i = 0; left && i < PKPROF_NR_LINES; i++) {
		ret->ns[i] += rest[i] != 0;
		left -= rest[i] != 0;
	}
}

/* --- the picture ------------------------------------------------------------ */

/* The account's knot at @at_ns, and its thread's amount since the knot before. */
static void move_knot(struct pk_live_model *l, struct pk_live_account *a, uint64_t at_ns)
{
	struct pk_live_amount at;

	if (a->told_in != l->reading && a->since_ns <= a->knot_ns) {
		a->thread.amount = (struct pk_live_amount){ 0 };
		a->thread.amount.ns[a->thread.state] = at_ns - a->knot_ns;
		a->knot.ns[a->thread.state] += at_ns - a->knot_ns;
	} else {
		/* it was there before, and yet not told: what came before is not ours */
		if (a->is_new && l->at_ns > a->knot_ns) {
			lines_at(a, l->at_ns, &at);
			a->knot = at;
			a->knot_ns = l->at_ns;
		}
		lines_at(a, at_ns, &at);
		amount_more(&at, &a->knot, &a->thread.amount);
		a->knot = at;
	}
	a->knot_ns = at_ns;
}

static void name_group(struct pk_live_group *g, const struct pk_live_account *a)
{
	bool leader = a->thread.tid == a->thread.tgid;

	g->process.kthread = a->thread.kthread;
	if (leader || !g->process.comm[0])
		memcpy(g->process.comm, a->thread.comm, sizeof(g->process.comm));
}

static int take_account(struct pk_live_model *l, struct pk_live_account *a)
{
	struct pk_live_group *g;

	if (a->alive_in != l->reading) {
		l->nr_gone++;
		return 0;
	}
	/* born behind the instant: the next picture's */
	if (a->is_new && a->knot_ns >= l->info.now_ns)
		return 0;
	g = group_of(l, a->thread.tgid);
	if (!g)
		return -ENOMEM;
	if (g->alive_in != l->reading) {
		g->alive_in = l->reading;
		g->process.nr_threads = 0;
		g->living = g->sum = (struct pk_live_amount){ 0 };
	}
	if (!a->is_new)
		g->continued_in = l->reading;
	name_group(g, a);
	move_knot(l, a, l->info.now_ns);
	a->is_new = false;
	g->process.nr_threads++;
	amount_add(&g->sum, &a->knot);
	amount_add(&g->living, &a->thread.amount);
	return l->at_ns ? pk_vec_add(&l->picture.threads, a->thread) : 0;
}

/* What it had is, or will be, in the sum of all that are gone: booked there already. */
static void bury(struct pk_live_model *l, struct pk_live_group *g)
{
	amount_add(&l->groups.data[EXITED].high, &g->high);
	g->buried = g->high;
	g->buried_in = l->reading;
	g->high = (struct pk_live_amount){ 0 };
	g->known = false;
}

/* All threads that were known of it died while it was read, and yet it lives on. */
static void exhume(struct pk_live_model *l, struct pk_live_group *g)
{
	amount_sub(&l->groups.data[EXITED].high, &g->buried);
	g->high = g->buried;
	g->known = true;
}

/* Book what the sum has more than was booked before; the first time that is nothing. */
static void book(struct pk_live_model *l, struct pk_live_group *g)
{
	if (!l->at_ns)
		g->high = g->sum;
	amount_more(&g->sum, &g->high, &g->process.amount);
	amount_add(&g->high, &g->process.amount);
	amount_more(&g->process.amount, &g->living, &g->process.gone);
}

static int take_group(struct pk_live_model *l, struct pk_live_group *g)
{
	bool alive = g->alive_in == l->reading;
	bool replaced = g->replaced_in == l->reading && g->continued_in != l->reading;
	bool was_buried = g->buried_in && g->buried_in == l->reading - 1;

	if (g->known && (!alive || replaced))
		bury(l, g);
	else if (was_buried && alive && !replaced && g->confirmed_in == l->reading)
		exhume(l, g);
	else if (was_buried && g->confirmed_in != l->reading)
		replaced = true;
	if (replaced)
		g->buried_in = 0;
	if (!alive)
		return 0;
	/* the dead that were told last may be those of the one before */
	if (g->dead_start_ns != g->start_ns || (replaced && g->dead_in != l->reading))
		g->dead = (struct pk_live_amount){ 0 };
	amount_add(&g->sum, &g->dead);
	book(l, g);
	g->known = true;
	return l->at_ns ? pk_vec_add(&l->picture.processes, g->process) : 0;
}

static int take_exited(struct pk_live_model *l)
{
	struct pk_live_group *g = &l->groups.data[EXITED];

	g->sum = g->dead;
	g->living = (struct pk_live_amount){ 0 };
	book(l, g);
	if (!l->at_ns || !pk_live_amount_total(&g->process.amount))
		return 0;
	return pk_vec_add(&l->picture.processes, g->process);
}

static int sweep_accounts(struct pk_live_model *l)
{
	size_t to = 0;

	if (!l->nr_gone)
		return 0;
	pk_map64_clear(&l->by_id);
	for (size_t i = 0; i < l->accounts.nr; i++) {
		if (l->accounts.data[i].alive_in != l->reading)
			continue;
		l->accounts.data[to] = l->accounts.data[i];
		if (pk_map64_set(&l->by_id, l->accounts.data[to].thread.id, to))
			return -ENOMEM;
		to++;
	}
	l->accounts.nr = to;
	return 0;
}

static int sweep_groups(struct pk_live_model *l)
{
	size_t to = 1;

	pk_map64_clear(&l->by_tgid);
	for (size_t i = 1; i < l->groups.nr; i++) {
		const struct pk_live_group *g = &l->groups.data[i];

		if (g->alive_in != l->reading && g->buried_in != l->reading)
			continue;
		l->groups.data[to] = l->groups.data[i];
		if (pk_map64_set(&l->by_tgid, l->groups.data[to].process.tgid, to))
			return -ENOMEM;
		to++;
	}
	l->groups.nr = to;
	return 0;
}

static void add_cpu(struct pk_live_system *s, const struct pkprof_ledger_cpu *now,
		    const struct pkprof_ledger_cpu *before)
{
	s->nr_cpus++;
	s->nr_online += now->online;
	s->busy_ns += more_ns(now->busy_ns, before->busy_ns);
	s->idle_ns += more_ns(now->idle_ns, before->idle_ns);
	s->offline_ns += more_ns(now->offline_ns, before->offline_ns);
	s->steal_ns += more_ns(now->steal_ns, before->steal_ns);
	s->softirq_ns += more_ns(now->softirq_ns, before->softirq_ns);
	s->irq_ns += more_ns(now->irq_ns, before->irq_ns);
	s->iowait_ns += more_ns(now->iowait_ns, before->iowait_ns);
	s->nr_switches += more_ns(now->nr_switches, before->nr_switches);
}

static unsigned int nr_processes(const struct pk_live_model *l)
{
	unsigned int nr = 0;

	for (size_t i = 1; i < l->groups.nr; i++)
		nr += l->groups.data[i].alive_in == l->reading;
	return nr;
}

static int take_system(struct pk_live_model *l)
{
	struct pk_live_system *s = &l->picture.system;

	*s = (struct pk_live_system){
		.nr_processes = nr_processes(l),
		.nr_threads = l->accounts.nr,
		.nr_overflow = l->info.nr_overflow,
		.overflow_cpu_ns =
			more_ns(l->info.overflow_cpu_ns, l->info_before.overflow_cpu_ns),
	};
	for (size_t cpu = 0; cpu < l->cpus.nr && cpu < l->cpus_before.nr; cpu++)
		if (l->cpus.data[cpu].read_ns && l->cpus_before.data[cpu].read_ns)
			add_cpu(s, &l->cpus.data[cpu], &l->cpus_before.data[cpu]);
	if (pk_vec_reserve(&l->cpus_before, l->cpus.nr))
		return -ENOMEM;
	if (l->cpus.nr)
		memcpy(l->cpus_before.data, l->cpus.data, l->cpus.nr * sizeof(*l->cpus.data));
	l->cpus_before.nr = l->cpus.nr;
	return 0;
}

int pk_live_model_end(struct pk_live_model *l)
{
	int ret = 0;

	if (!l->info.now_ns || l->info.now_ns < l->at_ns)
		return -EPROTO;
	if (!group_of(l, 0))
		return -ENOMEM;
	l->picture.processes.nr = l->picture.threads.nr = 0;
	l->nr_gone = 0;
	for (size_t i = 0; !ret && i < l->accounts.nr; i++)
		ret = take_account(l, &l->accounts.data[i]);
	for (size_t i = 1; !ret && i < l->groups.nr; i++)
		ret = take_group(l, &l->groups.data[i]);
	if (!ret)
		ret = take_exited(l);
	if (!ret)
		ret = sweep_accounts(l);
	if (!ret)
		ret = sweep_groups(l);
	if (!ret)
		ret = take_system(l);
	l->picture.from_ns = l->at_ns ? l->at_ns : l->info.now_ns;
	l->picture.to_ns = l->at_ns = l->info.now_ns;
	return ret;
}
