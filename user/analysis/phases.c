// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Phases: what was marked while recording, each with its time, its samples
 * and how busy the CPUs were.
 */
#include "analysis/analysis.h"
#include "analysis/phase_times.h"
#include "base/cleanup.h"

static const struct pk_column columns[] = {
	{ "phase", "#", PK_COL_COUNT, PK_COL_KEY },
	{ "from_ns", "from", PK_COL_NS, 0 },
	{ "duration_ns", "duration", PK_COL_NS, 0 },
	{ "samples", "samples", PK_COL_COUNT, 0 },
	{ "cpu_ns", "CPU time", PK_COL_NS, 0 },
	{ "busy", "busy", PK_COL_RATIO, PK_COL_BAR },
	{ "busy_error", "±", PK_COL_RATIO, PK_COL_ERROR },
	{ "name", "phase", PK_COL_TEXT, PK_COL_ELASTIC },
	{ 0 },
};

static int add_span(const struct pk_scope *s, struct pk_table *t, const struct pk_phase *span,
		    uint64_t nr)
{
	uint64_t wall = pk_phase_wall_ns(span, s->filter);
	double instants = pk_scope_instants(s, s->nr_cpus, wall);
	double busy = pk_ratio(nr, instants);

	if (!wall && !nr)
		return 0;
	return pk_table_row(t, PK_COUNT(t->nr_rows + 1),
			    PK_COUNT(span->from_ns - s->model->profile->start_ns), PK_COUNT(wall),
			    PK_COUNT(nr), PK_COUNT(pk_scope_ns(s, nr)), PK_REAL(busy),
			    PK_REAL(pk_share_error(busy, pk_scope_effective(s, instants))),
			    PK_TEXT(span->text ? pk_model_string(s->model, span->text) : NULL));
}

static int add_spans(const struct pk_scope *s, const struct pk_phase_times *times,
		     struct pk_table *t)
{
	const uint64_t *time_ns = s->model->profile->samples.time_ns;
	PK_AUTO_FREE uint64_t *nr = calloc(times->spans.nr + 1, sizeof(*nr));
	int rc = nr ? 0 : -ENOMEM;

	for (size_t i = 0; !rc && i < s->nr_samples; i++)
		nr[pk_phase_times_find(times, time_ns[s->samples[i]])] +=
			pk_scope_weight(s, s->samples[i]);
	for (size_t i = 0; !rc && i < times->spans.nr; i++)
		rc = add_span(s, t, &times->spans.data[i], nr[i]);
	return rc;
}

static int run(const struct pk_scope *s, const struct pk_analysis_opts *o, struct pk_result *ret,
	       struct pk_err *err)
{
	struct pk_table *t = pk_result_table(ret, "phases", "Phases", columns, 0);
	struct pk_phase_times times = { 0 };
	int rc = t ? pk_phase_times_init(s->model->profile, &times) : -ENOMEM;

	(void)o;
	if (!rc)
		rc = add_spans(s, &times, t);
	if (!rc && !times.spans.nr)
		rc = pk_result_note(ret, "No phase was marked; `pkprof-user mark TEXT` starts one "
					 "while recording.");
	pk_phase_times_deinit(&times);
	return rc ? pk_err_set(err, rc, "no memory for the phases") : 0;
}

const struct pk_analysis pk_analysis_phases = {
	.name = "phases",
	.help = "marked phases: time, samples, how busy the CPUs were",
	.report = PK_REPORT_TEXT | PK_REPORT_MARKED,
	.run = run,
};
