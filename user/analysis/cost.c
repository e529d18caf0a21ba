// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cost: the receipt of the recording. Handlers time a part of their own runs;
 * together with the calibrated price of getting there (trap, trampoline) that
 * gives ns per hit, and times hits the share of all CPUs' time.
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

static int run(const struct pk_scope *s, const struct pk_analysis_opts *o, struct pk_result *ret,
	       struct pk_err *err)
{
	const struct pk_profile *p = s->model->profile;
	double all_ns = (double)(p->end_ns - p->start_ns) * s->nr_online, total = 0;
	struct pk_table *t = pk_result_table(ret, "sources", "Cost receipt", columns, 0);
	struct pk_books_sum sums[PKPROF_NR_SOURCES];
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
		rc = pk_table_row(t, PK_TEXT("all"), PK_COUNT(hits), PK_REAL(NAN), PK_REAL(NAN),
				  PK_REAL(NAN), PK_REAL(pk_ratio(total, hits)),
				  PK_COUNT((uint64_t)total), PK_REAL(pk_ratio(total, all_ns)));
	if (!rc && !t->nr_rows)
		rc = pk_result_note(ret, "The file has no books: the cost is not known.");
	return rc ? pk_err_set(err, -ENOMEM, "no memory for the receipt") : 0;
}

const struct pk_analysis pk_analysis_cost = {
	.name = "cost",
	.help = "receipt: hits, ns per hit and share of CPU time of each source",
	.report = PK_REPORT_TEXT,
	.run = run,
};
