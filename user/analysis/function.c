// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Functions by the CPU time in their own code (self), beside the time in them
 * and what they called (total).
 */
#include <inttypes.h>

#include "analysis/analysis.h"
#include "analysis/frame_weights.h"
#include "analysis/ranking.h"
#include "base/cleanup.h"

static const struct pk_column columns[] = {
	{ "self", "self", PK_COL_RATIO, PK_COL_BAR },
	{ "self_error", "±", PK_COL_RATIO, PK_COL_ERROR },
	{ "total", "total", PK_COL_RATIO, 0 },
	{ "total_error", "±", PK_COL_RATIO, PK_COL_ERROR | PK_COL_HIDDEN },
	{ "self_samples", "samples", PK_COL_COUNT, 0 },
	{ "total_samples", "total samples", PK_COL_COUNT, PK_COL_HIDDEN },
	{ "self_ns", "self time", PK_COL_NS, 0 },
	{ "total_ns", "total time", PK_COL_NS, PK_COL_HIDDEN },
	{ "kind", "kind", PK_COL_TEXT, 0 },
	{ "dso", "DSO", PK_COL_TEXT, PK_COL_BASENAME },
	{ "function", "function", PK_COL_TEXT, PK_COL_ELASTIC },
	{ 0 },
};

static const char *const kind_names[] = {
	[PK_FRAME_USER] = "user",
	[PK_FRAME_KERNEL] = "kernel",
	[PK_FRAME_JIT] = "jit",
	[PK_FRAME_PYTHON] = "python",
	[PK_FRAME_MARKER] = "marker",
};

static int add_function(const struct pk_scope *s, const struct pk_frame_weights *w, uint32_t idx,
			struct pk_table *t)
{
	const struct pk_frame *f = &s->model->frames.data[idx];
	double self = pk_ratio(w->self[idx], s->weight);
	double total = pk_ratio(w->total[idx], s->weight);
	double n = pk_scope_effective(s, s->weight);

	return pk_table_row(t, PK_REAL(self), PK_REAL(pk_share_error(self, n)),
			    PK_REAL(total), PK_REAL(pk_share_error(total, n)),
			    PK_COUNT(w->self[idx]), PK_COUNT(w->total[idx]),
			    PK_COUNT(pk_scope_ns(s, w->self[idx])),
			    PK_COUNT(pk_scope_ns(s, w->total[idx])),
			    PK_TEXT(f->kind < PK_ARRAY_SIZE(kind_names) ? kind_names[f->kind] : ""),
			    PK_TEXT(pk_model_string(s->model, f->dso)),
			    PK_TEXT(pk_model_string(s->model, f->text)));
}

static int run(const struct pk_scope *s, const struct pk_analysis_opts *o, struct pk_result *ret,
	       struct pk_err *err)
{
	struct pk_table *t = pk_result_table(ret, "functions", "Functions", columns, 0);
	struct pk_frame_weights weights = { 0 };
	struct pk_ranking ranking = { 0 };
	int rc = t ? pk_frame_weights_init(s, &weights) : -ENOMEM;

	if (!rc)
		rc = pk_ranking_init(weights.self, weights.total, s->model->frames.nr, o->limit,
				     &ranking);
	for (size_t i = 0; !rc && i < ranking.ranks.nr; i++)
		rc = add_function(s, &weights, ranking.ranks.data[i].idx, t);
	if (!rc && weights.nr_without_stack)
		rc = pk_result_note(ret, "Samples without a stack, which are in no function: "
					 "%" PRIu64 ".",
				    weights.nr_without_stack);
	if (t)
		t->nr_left_out = ranking.nr_left_out;
	pk_ranking_deinit(&ranking);
	pk_frame_weights_deinit(&weights);
	return rc ? pk_err_set(err, rc, "no memory for the functions") : 0;
}

const struct pk_analysis pk_analysis_function = {
	.name = "function",
	.help = "functions by self and total CPU time, with their DSO",
	.report = PK_REPORT_TEXT,
	.run = run,
};
