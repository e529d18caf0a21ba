// SPDX-License-Identifier: GPL-2.0-or-later
/* Threads by CPU time. */
#include "analysis/analysis.h"
#include "analysis/ranking.h"
#include "analysis/tally.h"

static const struct pk_column columns[] = {
	{ "tid", "tid", PK_COL_COUNT, PK_COL_KEY },
	{ "pid", "pid", PK_COL_COUNT, PK_COL_KEY },
	{ "samples", "samples", PK_COL_COUNT, 0 },
	{ "cpu_ns", "CPU time", PK_COL_NS, 0 },
	{ "one_cpu", "CPU", PK_COL_RATIO, PK_COL_BAR },
	{ "one_cpu_error", "±", PK_COL_RATIO, PK_COL_ERROR },
	{ "share", "of samples", PK_COL_RATIO, 0 },
	{ "comm", "thread", PK_COL_TEXT, 0 },
	{ "process_comm", "process", PK_COL_TEXT, PK_COL_ELASTIC },
	{ 0 },
};

static int add_thread(const struct pk_scope *s, uint32_t idx, uint64_t nr, struct pk_table *t)
{
	const struct pk_thread *th = &s->model->threads.data[idx];
	const struct pk_process *p = &s->model->processes.data[th->process];
	double one_cpu = pk_scope_share(s, nr, 1);

	return pk_table_row(t, PK_COUNT(th->tid), PK_COUNT(p->tgid), PK_COUNT(nr),
			    PK_COUNT(pk_scope_ns(s, nr)), PK_REAL(one_cpu),
			    PK_REAL(pk_share_error(one_cpu, pk_scope_effective(s, pk_scope_instants(s, 1, s->wall_ns)))),
			    PK_REAL(pk_ratio(nr, s->weight)),
			    PK_TEXT(pk_model_string(s->model, th->comm)),
			    PK_TEXT(pk_model_string(s->model, p->comm)));
}

static int run(const struct pk_scope *s, const struct pk_analysis_opts *o, struct pk_result *ret,
	       struct pk_err *err)
{
	struct pk_table *t = pk_result_table(ret, "threads", "Threads", columns, 0);
	struct pk_ranking ranking = { 0 };
	struct pk_tally tally = { 0 };
	int rc = t ? pk_tally_init(s, &tally) : -ENOMEM;

	if (!rc)
		rc = pk_ranking_init(tally.thread, NULL, s->model->threads.nr, o->limit, &ranking);
	for (size_t i = 0; !rc && i < ranking.ranks.nr; i++)
		rc = add_thread(s, ranking.ranks.data[i].idx, ranking.ranks.data[i].weight, t);
	if (t)
		t->nr_left_out = ranking.nr_left_out;
	pk_ranking_deinit(&ranking);
	pk_tally_deinit(&tally);
	return rc ? pk_err_set(err, rc, "no memory for the threads") : 0;
}

const struct pk_analysis pk_analysis_thread = {
	.name = "thread",
	.help = "threads by CPU time",
	.run = run,
};
