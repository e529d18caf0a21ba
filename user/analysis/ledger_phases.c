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

/* Accounts of the threads that the filter leaves, as far as they are in a span. */
static void sum_span(const struct pk_scope *s, const struct pk_phase *span, bool first, bool last,
		     struct pk_lines *ret)
{
	const struct pk_profile *p = s->model->profile;
	/* what was read around the recording's ends is its first or last phase's */
	uint64_t span_from = first ? 0 : span->from_ns, span_to = last ? UINT64_MAX : span->to_ns;

	*ret = (struct pk_lines){ 0 };
	for (size_t i = 0; i < p->ledger.nr; i++) {
		const struct pk_ledger_piece *piece = &p->ledger.data[i];
		uint64_t from = piece->from_ns > span_from ? piece->from_ns : span_from;
		uint64_t to = piece->to_ns < span_to ? piece->to_ns : span_to;
		uint64_t ns = to > from ? pk_filter_clip_ns(s->filter, from, to) : 0;

		if (ns && pk_filter_match_thread(s->filter, s->model, s->model->ledger_thread[i]))
			pk_lines_add_piece(ret, p, piece, ns);
	}
}

static int put_span(const struct pk_scope *s, const struct pk_phase *span,
		    const struct pk_lines *lines, struct pk_table *t)
{
	uint64_t active = pk_lines_class_ns(lines, PK_LINE_ACTIVE);
	uint64_t wall = pk_phase_wall_ns(span, s->filter);
	union pk_cell cells[PK_ARRAY_SIZE(columns)];
	size_t n = 0;

	cells[n++] = PK_COUNT(t->nr_rows + 1);
	cells[n++] = PK_TEXT(span->text ? pk_model_string(s->model, span->text) : NULL);
	cells[n++] = PK_COUNT(span->from_ns - s->model->profile->start_ns);
	cells[n++] = PK_COUNT(wall);
	cells[n++] = PK_COUNT(active);
	cells[n++] = PK_REAL(pk_ratio(active, wall));
	cells[n++] = PK_REAL(pk_ratio(pk_lines_class_ns(lines, PK_LINE_WAITING), wall));
	cells[n++] = PK_COUNT(pk_lines_sum_ns(lines));
	for (unsigned int i = 0; i < PKPROF_NR_LINES; i++)
		cells[n++] = PK_COUNT(lines->ns[i]);
	return pk_table_add(t, cells, n);
}

int pk_ledger_phases_add(const struct pk_scope *s, struct pk_result *ret)
{
	struct pk_table *t = pk_result_table(ret, "phases", "Phases: threads that are not idle",
					     columns, 0);
	struct pk_phase_times times = { 0 };
	int rc = t ? pk_phase_times_init(s->model->profile, &times) : -ENOMEM;

	for (size_t i = 0; !rc && i < times.spans.nr; i++) {
		struct pk_lines lines;

		sum_span(s, &times.spans.data[i], i == 0, i + 1 == times.spans.nr, &lines);
		if (pk_lines_sum_ns(&lines))
			rc = put_span(s, &times.spans.data[i], &lines, t);
	}
	pk_phase_times_deinit(&times);
	return rc;
}
