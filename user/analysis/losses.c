// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Losses: the proof of completeness. For each source, and in detail each CPU,
 * generated = delivered + lost, with the reasons of what was lost. The books
 * know nothing of processes, so no filter applies to them.
 */
#include "analysis/analysis.h"
#include "analysis/books.h"
#include "base/cleanup.h"
#include "base/unit.h"
#include "source/names.h"

/* The two tables differ in their first column only. */
#define COUNTS                                                                                     \
	{ "generated", "generated", PK_COL_COUNT, 0 },                                             \
	{ "delivered", "delivered", PK_COL_COUNT, 0 },                                             \
	{ "lost", "lost", PK_COL_COUNT, 0 },                                                       \
	{ "lost_share", "lost", PK_COL_RATIO, 0 },                                                 \
	{ "ring_full", "ring full", PK_COL_COUNT, PK_COL_IF_ANY },                                 \
	{ "overrun", "overrun", PK_COL_COUNT, PK_COL_IF_ANY },                                     \
	{ "nested", "nested", PK_COL_COUNT, PK_COL_IF_ANY },                                       \
	{ "no_mem", "no mem", PK_COL_COUNT, PK_COL_IF_ANY },                                       \
	{ "exiting", "exiting", PK_COL_COUNT, PK_COL_IF_ANY },                                     \
	{ "definition", "definition", PK_COL_COUNT, PK_COL_IF_ANY },                               \
	{ "unaccounted", "unaccounted", PK_COL_COUNT, PK_COL_IF_ANY }, { 0 }

static const struct pk_column source_columns[] = {
	{ "source", "source", PK_COL_TEXT, 0 },
	COUNTS
};

static const struct pk_column cpu_columns[] = {
	{ "cpu", "CPU", PK_COL_COUNT, PK_COL_KEY },
	{ "source", "source", PK_COL_TEXT, 0 },
	COUNTS
};

_Static_assert(PKPROF_NR_LOSSES == 6, "a new loss reason needs a column");

static size_t put_counts(const struct pk_books_sum *b, union pk_cell *cells)
{
	uint64_t lost = pk_books_lost(b);
	int64_t unaccounted = pk_books_unaccounted(b);
	size_t n = 0;

	cells[n++] = PK_COUNT(b->generated);
	cells[n++] = PK_COUNT(b->delivered);
	cells[n++] = PK_COUNT(lost);
	cells[n++] = PK_REAL(pk_ratio(lost, b->generated));
	for (unsigned int i = 0; i < PKPROF_NR_LOSSES; i++)
		cells[n++] = PK_COUNT(b->lost[i]);
	cells[n++] = PK_COUNT(unaccounted > 0 ? (uint64_t)unaccounted : 0);
	return n;
}

static int add_sources(const struct pk_books_sum *sums, struct pk_result *ret)
{
	struct pk_table *t = pk_result_table(ret, "sources", "Losses", source_columns, 0);
	union pk_cell cells[PK_ARRAY_SIZE(source_columns)];

	if (!t)
		return -ENOMEM;
	for (unsigned int i = 0; i < PKPROF_NR_SOURCES; i++) {
		if (!sums[i].nr_cpus)
			continue;
		cells[0] = PK_TEXT(pk_source_name(i));
		if (pk_table_add(t, cells, 1 + put_counts(&sums[i], cells + 1)))
			return -ENOMEM;
	}
	return 0;
}

static int add_cpus(const struct pk_profile *p, struct pk_result *ret)
{
	struct pk_table *t = pk_result_table(ret, "cpus", "Losses by CPU", cpu_columns,
					     PK_TABLE_DETAIL);
	union pk_cell cells[PK_ARRAY_SIZE(cpu_columns)];
	struct pk_books_view view = { 0 };
	int rc = 0;

	if (!t || pk_profile_latest_books(p, &view))
		return -ENOMEM;
	PK_VEC_FOREACH(&view.latest, idx) {
		const struct pk_counters *c = &p->counters.data[*idx];
		struct pk_books_sum one = { 0 };

		pk_books_add(&one, c);
		cells[0] = PK_COUNT(c->cpu);
		cells[1] = PK_TEXT(pk_source_name(c->kernel.source));
		rc = rc ?: pk_table_add(t, cells, 2 + put_counts(&one, cells + 2));
	}
	pk_vec_deinit(&view.latest);
	return rc;
}

static void put_number(struct pk_strbuf *b, uint64_t n, const char *what)
{
	pk_unit_put_count(b, n);
	pk_strbuf_puts(b, what);
}

/* The sentence that says whether the books balance. */
static void put_balance(struct pk_strbuf *b, const struct pk_profile *p,
			const struct pk_books_sum *sums)
{
	uint64_t generated = 0, delivered = 0, lost = 0, unaccounted = 0;

	for (unsigned int i = 0; i < PKPROF_NR_SOURCES; i++) {
		generated += sums[i].generated;
		delivered += sums[i].delivered;
		lost += pk_books_lost(&sums[i]);
		unaccounted += llabs(pk_books_unaccounted(&sums[i]));
	}
	if (!p->counters.nr) {
		pk_strbuf_puts(b, "The file has no books: what was lost is not known.");
	} else if (!unaccounted) {
		pk_strbuf_puts(b, "The books balance: ");
		put_number(b, generated, " generated = ");
		put_number(b, delivered, " delivered + ");
		put_number(b, lost, " lost.");
	} else if (p->state != PK_FILE_CLOSED) {
		put_number(b, unaccounted, " events were under way when the file's last books "
					   "were written.");
	} else {
		pk_strbuf_puts(b, "The books do not balance: ");
		put_number(b, unaccounted, " events are neither delivered nor lost. This is a "
					   "fault of the recording; do not trust its shares.");
	}
}

static int add_balance(const struct pk_profile *p, const struct pk_books_sum *sums,
		       struct pk_result *ret)
{
	struct pk_strbuf text = { 0 };
	int rc;

	put_balance(&text, p, sums);
	rc = pk_strbuf_failed(&text) ? -ENOMEM : pk_result_note(ret, "%s", text.data);
	pk_strbuf_deinit(&text);
	return rc;
}

static int run(const struct pk_scope *s, const struct pk_analysis_opts *o, struct pk_result *ret,
	       struct pk_err *err)
{
	const struct pk_profile *p = s->model->profile;
	struct pk_books_sum sums[PKPROF_NR_SOURCES];

	(void)o;
	if (pk_books_sum(p, sums) || add_sources(sums, ret) || add_cpus(p, ret) ||
	    add_balance(p, sums, ret))
		return pk_err_set(err, -ENOMEM, "no memory for the books");
	return 0;
}

const struct pk_analysis pk_analysis_losses = {
	.name = "losses",
	.help = "what did not reach the file, by source, CPU and reason",
	.report = PK_REPORT_TEXT,
	.run = run,
};
