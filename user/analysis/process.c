// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Processes by CPU time. One life of one program is one row, so a pid that
 * was used twice has two.
 */
#include "analysis/analysis.h"
#include "analysis/container.h"
#include "analysis/ranking.h"
#include "analysis/tally.h"

static const struct pk_column columns[] = {
	{ "pid", "pid", PK_COL_COUNT, PK_COL_KEY },
	{ "samples", "samples", PK_COL_COUNT, 0 },
	{ "cpu_ns", "CPU time", PK_COL_NS, 0 },
	{ "one_cpu", "CPU", PK_COL_RATIO, PK_COL_BAR },
	{ "machine", "machine", PK_COL_RATIO, 0 },
	{ "machine_error", "±", PK_COL_RATIO, PK_COL_ERROR },
	{ "share", "share of samples", PK_COL_RATIO, PK_COL_HIDDEN },
	{ "threads", "threads", PK_COL_COUNT, 0 },
	{ "comm", "name", PK_COL_TEXT, 0 },
	{ "kernel", "kernel thread", PK_COL_BOOL, PK_COL_HIDDEN },
	{ "cgroup", "cgroup path", PK_COL_TEXT, PK_COL_HIDDEN },
	{ "container", "container", PK_COL_TEXT, PK_COL_HIDDEN },
	{ "cgroup_short", "cgroup", PK_COL_TEXT, 0 },
	{ "args", "command line", PK_COL_TEXT, PK_COL_ELASTIC },
	{ 0 },
};

static int add_process(const struct pk_scope *s, const struct pk_tally *tally, uint32_t idx,
		       struct pk_table *t, struct pk_result *ret)
{
	const struct pk_process *p = &s->model->processes.data[idx];
	const char *cgroup = pk_model_string(s->model, p->cgroup);
	char id[PK_CONTAINER_ID_LEN + 1] = "", brief[PK_CGROUP_SHORT_LEN];
	uint64_t nr = tally->process[idx];
	double machine = pk_scope_share(s, nr, s->nr_cpus);
	const char *id_text, *brief_text;

	pk_container_id(cgroup, id);
	pk_cgroup_shorten(cgroup, brief);
	id_text = pk_result_text(ret, "%s", id);
	brief_text = pk_result_text(ret, "%s", brief);
	if (!id_text || !brief_text)
		return -ENOMEM;
	return pk_table_row(
		t, PK_COUNT(p->tgid), PK_COUNT(nr), PK_COUNT(pk_scope_ns(s, nr)),
		PK_REAL(pk_scope_share(s, nr, 1)), PK_REAL(machine),
		PK_REAL(pk_share_error(machine, pk_scope_effective(s, pk_scope_instants(s, s->nr_cpus, s->wall_ns)))),
		PK_REAL(pk_ratio(nr, s->weight)), PK_COUNT(tally->active[idx]),
		PK_TEXT(pk_model_string(s->model, p->comm)), PK_COUNT(p->kernel),
		PK_TEXT(cgroup), PK_TEXT(id_text), PK_TEXT(brief_text),
		PK_TEXT(pk_model_string(s->model, p->args)));
}

static int run(const struct pk_scope *s, const struct pk_analysis_opts *o, struct pk_result *ret,
	       struct pk_err *err)
{
	struct pk_table *t = pk_result_table(ret, "processes", "Processes", columns, 0);
	struct pk_ranking ranking = { 0 };
	struct pk_tally tally = { 0 };
	int rc = t ? pk_tally_init(s, &tally) : -ENOMEM;

	if (!rc)
		rc = pk_ranking_init(tally.process, NULL, s->model->processes.nr, o->limit,
				     &ranking);
	for (size_t i = 0; !rc && i < ranking.ranks.nr; i++)
		rc = add_process(s, &tally, ranking.ranks.data[i].idx, t, ret);
	if (t)
		t->nr_left_out = ranking.nr_left_out;
	pk_ranking_deinit(&ranking);
	pk_tally_deinit(&tally);
	return rc ? pk_err_set(err, rc, "no memory for the processes") : 0;
}

const struct pk_analysis pk_analysis_process = {
	.name = "process",
	.help = "processes by CPU time, with command line and cgroup or container",
	.report = PK_REPORT_TEXT,
	.run = run,
};
