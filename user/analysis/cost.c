// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cost: the receipt of the recording. Handlers time a part of their own runs;
 * together with the calibrated price of getting there (trap, trampoline) that
 * gives ns per hit, and times hits the share of all CPUs' time. Then the steps by which the
 * governor kept that within the budget, and what is missing for it.
 */
#include "analysis/analysis.h"
#include "analysis/books.h"
#include "source/names.h"

static const struct pk_column columns[] = {
	{ "source", "source", PK_COL_TEXT, 0 },
	{ "hits", "hits", PK_COL_COUNT, 0 },
	{ "timed_share", "timed", PK_COL_RATIO, 0 },
	{ "handler_ns", "handler ns", PK_COL_REAL, 0 },
	{ "entry_ns", "entry ns", PK_COL_REAL, 0 },
	{ "hit_ns", "ns per hit", PK_COL_REAL, 0 },
	{ "cost_ns", "CPU time", PK_COL_NS, 0 },
	{ "cost_share", "of all CPU time", PK_COL_RATIO, 0 },
	{ 0 },
};

static int add_source(struct pk_table *t, const char *name, const struct pk_books_sum *b,
		      double all_ns)
{
	double cost = pk_books_cost_ns(b);

	return pk_table_row(t, PK_TEXT(name), PK_COUNT(b->hits),
			    PK_REAL(pk_ratio(b->timed_hits, b->hits)),
			    PK_REAL(pk_ratio(b->timed_ns, b->timed_hits)),
			    PK_REAL(pk_ratio(b->entry_ns, b->hits)), PK_REAL(pk_books_hit_ns(b)),
			    PK_COUNT(isfinite(cost) ? (uint64_t)cost : PK_CELL_NONE),
			    PK_REAL(pk_ratio(cost, all_ns)));
}

static const struct pk_column step_columns[] = {
	{ "at_ns", "at", PK_COL_NS, 0 },
	{ "what", "what", PK_COL_TEXT, 0 },
	{ "level", "level", PK_COL_COUNT, PK_COL_HIDDEN },
	{ "meaning", "from then on", PK_COL_TEXT, 0 },
	{ "cost_share", "cost", PK_COL_RATIO, 0 },
	{ "budget", "budget", PK_COL_RATIO, 0 },
	{ "source", "source", PK_COL_TEXT, 0 },
	{ "source_share", "its cost", PK_COL_RATIO, 0 },
	{ "kept_share", "ledger", PK_COL_RATIO, 0 },
	{ "recorder_share", "recorder", PK_COL_RATIO, 0 },
	{ 0 },
};

static const struct pk_column gap_columns[] = {
	{ "source", "source", PK_COL_TEXT, 0 },
	{ "from_ns", "from", PK_COL_NS, 0 },
	{ "to_ns", "to", PK_COL_NS, 0 },
	{ "length_ns", "length", PK_COL_NS, 0 },
	{ "share", "of the recording", PK_COL_RATIO, 0 },
	{ 0 },
};

static const char *step_meaning(const struct pk_scope *s, const struct pk_step *x,
				struct pk_result *ret)
{
	double hz = s->period_ns ? 1e9 / s->period_ns : NAN;

	switch (x->step) {
	case PKPROF_STEP_COARSE:
		if (!x->level)
			return "stacks of waits and of block I/O, single operations as asked for";
		return pk_result_text(ret, "%u times fewer stacks of waits and of block I/O, single operations",
				      1u << x->level);
	case PKPROF_STEP_RATE:
		if (!x->level)
			return "samples as asked for";
		return pk_result_text(ret, "%u times fewer samples: %.4g Hz", 1u << x->level,
				      hz / (1u << x->level));
	case PKPROF_STEP_SOURCE:
		return pk_result_text(ret, x->level ? "%s is not recorded" : "%s is recorded again",
				      pk_source_name(x->source));
	}
	return x->level ? "over the budget, with nothing left to give up" : "within the budget again";
}

static int add_step(const struct pk_scope *s, const struct pk_step *x, struct pk_table *t,
		    struct pk_result *ret)
{
	return pk_table_row(t, PK_COUNT(x->time_ns - s->model->profile->start_ns),
			    PK_TEXT(pk_step_name(x->step)), PK_COUNT(x->level),
			    PK_TEXT(step_meaning(s, x, ret)), PK_REAL(x->share_ppm / 1e6),
			    PK_REAL(x->budget_ppm / 1e6), PK_TEXT(pk_source_name(x->source)),
			    PK_REAL(x->source_ppm / 1e6), PK_REAL(x->kept_ppm / 1e6),
			    PK_REAL(x->recorder_ppm / 1e6));
}

/* @x: a source went; until it came back, or the end. */
static int add_gap(const struct pk_profile *p, const struct pk_step *x, struct pk_table *t)
{
	uint64_t to_ns = p->end_ns, all_ns = p->end_ns - p->start_ns;

	for (const struct pk_step *y = x + 1; y < p->steps.data + p->steps.nr; y++) {
		if (y->step == PKPROF_STEP_SOURCE && y->source == x->source) {
			to_ns = y->time_ns;
			break;
		}
	}
	return pk_table_row(t, PK_TEXT(pk_source_name(x->source)),
			    PK_COUNT(x->time_ns - p->start_ns), PK_COUNT(to_ns - p->start_ns),
			    PK_COUNT(to_ns - x->time_ns), PK_REAL(pk_ratio(to_ns - x->time_ns, all_ns)));
}

static int note_floor(const struct pk_profile *p, struct pk_result *ret)
{
	PK_VEC_FOREACH(&p->steps, x) {
		if (x->step == PKPROF_STEP_FLOOR && x->level)
			return pk_result_note(
				ret,
				"Over the budget with nothing left to give up: the ledger and the "
				"identity of tasks, which are always kept, cost %.1f %% of the CPUs, "
				"the recorder %.1f %%; the budget is %.1f %%.",
				x->kept_ppm / 1e4, x->recorder_ppm / 1e4, x->budget_ppm / 1e4);
	}
	return 0;
}

static int add_governor(const struct pk_scope *s, struct pk_result *ret)
{
	const struct pk_profile *p = s->model->profile;
	struct pk_table *t, *gaps = NULL;
	int rc = 0;

	if (!p->steps.nr)
		return 0;
	t = pk_result_table(ret, "steps", "Steps to keep the budget", step_columns, 0);
	if (!t)
		return -ENOMEM;
	PK_VEC_FOREACH(&p->steps, x) {
		if (!rc)
			rc = add_step(s, x, t, ret);
	}
	PK_VEC_FOREACH(&p->steps, y) {
		if (rc || y->step != PKPROF_STEP_SOURCE || !y->level)
			continue;
		if (!gaps)
			gaps = pk_result_table(ret, "gaps", "Not recorded meanwhile", gap_columns, 0);
		rc = gaps ? add_gap(p, y, gaps) : -ENOMEM;
	}
	return rc ? rc : note_floor(p, ret);
}

static int add_recorder(double ns, double all_ns, struct pk_table *t)
{
	if (!(ns > 0))
		return 0;
	return pk_table_row(t, PK_TEXT("recorder"), PK_COUNT(PK_CELL_NONE), PK_REAL(NAN),
			    PK_REAL(NAN), PK_REAL(NAN), PK_REAL(NAN), PK_COUNT((uint64_t)ns),
			    PK_REAL(pk_ratio(ns, all_ns)));
}

static int run(const struct pk_scope *s, const struct pk_analysis_opts *o, struct pk_result *ret,
	       struct pk_err *err)
{
	const struct pk_profile *p = s->model->profile;
	double all_ns = (double)(p->end_ns - p->start_ns) * s->nr_online, total = 0;
	struct pk_table *t = pk_result_table(ret, "sources", "Cost receipt", columns, 0);
	struct pk_books_sum sums[PKPROF_NR_SOURCES];
	double recorder_ns = pk_books_recorder_ns(p);
	uint64_t hits = 0;
	int rc = t ? pk_books_sum(p, sums) : -ENOMEM;

	(void)o;
	for (unsigned int i = 0; !rc && i < PKPROF_NR_SOURCES; i++) {
		double cost = pk_books_cost_ns(&sums[i]);

		if (!sums[i].nr_cpus)
			continue;
		rc = add_source(t, pk_source_name(i), &sums[i], all_ns);
		hits += sums[i].hits;
		if (isfinite(cost))
			total += cost;
		else if (!rc)
			rc = pk_result_note(ret, "No run of source %s was timed: not in the sum.",
					    pk_source_name(i));
	}
	if (!rc && t->nr_rows)
		rc = add_recorder(recorder_ns, all_ns, t);
	total += recorder_ns;
	if (!rc && t->nr_rows)
		rc = pk_table_row(t, PK_TEXT("all"), PK_COUNT(hits), PK_REAL(NAN), PK_REAL(NAN),
				  PK_REAL(NAN), PK_REAL(pk_ratio(total - recorder_ns, hits)),
				  PK_COUNT((uint64_t)total), PK_REAL(pk_ratio(total, all_ns)));
	if (!rc && !t->nr_rows)
		rc = pk_result_note(ret, "The file has no books: the cost is not known.");
	if (!rc)
		rc = add_governor(s, ret);
	return rc ? pk_err_set(err, -ENOMEM, "no memory for the receipt") : 0;
}

const struct pk_analysis pk_analysis_cost = {
	.name = "cost",
	.help = "receipt: hits, ns per hit and share of CPU time of each source; steps of the governor",
	.report = PK_REPORT_TEXT,
	.run = run,
};
