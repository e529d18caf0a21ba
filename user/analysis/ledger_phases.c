// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the time went phase by phase, part of analysis ledger; see ledger_accounts.h. */
#include "analysis/ledger_accounts.h"
#include "analysis/ledger_columns.h"
#include "analysis/phase_times.h"
#include "base/cleanup.h"

static const struct pk_column columns[] = {
	{ "phase", "#", PK_COL_COUNT, PK_COL_KEY },
	{ "name", "phase", PK_COL_TEXT, 0 },
	{ "from_ns", "from", PK_COL_NS, PK_COL_HIDDEN },
	{ "duration_ns", "for", PK_COL_NS, 0 },
	{ "active_ns", "active", PK_COL_NS, PK_COL_HIDDEN },
	{ "mean_active", "active", PK_COL_REAL, 0 },
	{ "mean_waiting", "waiting", PK_COL_REAL, PK_COL_SPARE },
	{ "total_ns", "total", PK_COL_NS, PK_COL_HIDDEN },
	PK_LINE_COLUMNS(PK_LINE_HIDDEN),
	{ 0 },
};

/*
 * What of the ledger's time is a phase's. What was read around the recording's ends is
 * its first or last phase's.
 */
static struct pk_ledger_kept kept_in(const struct pk_scope *s, const struct pk_ledger_kept *kept,
				     const struct pk_phase *span, bool first, bool last)
{
	struct pk_ledger_kept ret = *kept;

	if (!first && span->from_ns > ret.from_ns)
		ret.from_ns = span->from_ns;
	if (!last && span->to_ns < ret.to_ns)
		ret.to_ns = span->to_ns;
	ret.ns = pk_ledger_kept_ns(&ret, s, ret.from_ns, ret.to_ns);
	return ret;
}

/* Accounts of the threads that the filter leaves, as far as they are in a phase. */
static void sum_phase(const struct pk_scope *s, const struct pk_ledger_kept *kept,
		      struct pk_lines *ret)
{
	const struct pk_profile *p = s->model->profile;

	*ret = (struct pk_lines){ 0 };
	for (size_t i = 0; i < p->ledger.nr; i++) {
		const struct pk_ledger_piece *piece = &p->ledger.data[i];
		uint64_t ns = pk_ledger_kept_ns(kept, s, piece->from_ns, piece->to_ns);

		if (ns && pk_filter_match_thread(s->filter, s->model, s->model->ledger_thread[i]))
			pk_lines_add_piece(ret, p, piece, ns);
	}
}

static int put_phase(const struct pk_scope *s, const struct pk_phase *span, uint64_t wall,
		     const struct pk_lines *lines, struct pk_table *t)
{
	uint64_t active = pk_lines_class_ns(lines->ns, PK_LINE_ACTIVE);
	union pk_cell cells[PK_ARRAY_SIZE(columns)];
	size_t n = 0;

	cells[n++] = PK_COUNT(t->nr_rows + 1);
	cells[n++] = PK_TEXT(span->text ? pk_model_string(s->model, span->text) : NULL);
	cells[n++] = PK_COUNT(span->from_ns - s->model->profile->start_ns);
	cells[n++] = PK_COUNT(wall);
	cells[n++] = PK_COUNT(active);
	cells[n++] = PK_REAL(pk_ratio(active, wall));
	cells[n++] = PK_REAL(pk_ratio(pk_lines_class_ns(lines->ns, PK_LINE_WAITING), wall));
	cells[n++] = PK_COUNT(pk_lines_sum_ns(lines->ns));
	for (unsigned int i = 0; i < PKPROF_NR_LINES; i++)
		cells[n++] = PK_COUNT(lines->ns[i]);
	return pk_table_add(t, cells, n);
}

int pk_ledger_phases_add(const struct pk_scope *s, const struct pk_ledger_kept *kept,
			 struct pk_result *ret)
{
	struct pk_table *t = pk_result_table(ret, "phases", "Phases: threads that are not idle",
					     columns, 0);
	struct pk_phase_times times = { 0 };
	int rc = t ? pk_phase_times_init(s->model->profile, &times) : -ENOMEM;

	for (size_t i = 0; !rc && i < times.spans.nr; i++) {
		const struct pk_phase *span = &times.spans.data[i];
		struct pk_ledger_kept part = kept_in(s, kept, span, !i, i + 1 == times.spans.nr);
		struct pk_lines lines;

		sum_phase(s, &part, &lines);
		if (pk_lines_sum_ns(lines.ns))
			rc = put_phase(s, span, part.ns, &lines, t);
	}
	pk_phase_times_deinit(&times);
	return rc;
}
