// SPDX-License-Identifier: GPL-2.0-or-later
/* Cgroups by CPU time: containers and services, with all processes in them. */
#include "analysis/analysis.h"
#include "analysis/container.h"
#include "analysis/ranking.h"
#include "analysis/tally.h"
#include "base/cleanup.h"

static const struct pk_column columns[] = {
	{ "samples", "samples", PK_COL_COUNT, 0 },
	{ "cpu_ns", "CPU time", PK_COL_NS, 0 },
	{ "one_cpu", "CPU", PK_COL_RATIO, PK_COL_BAR },
	{ "machine", "machine", PK_COL_RATIO, 0 },
	{ "machine_error", "±", PK_COL_RATIO, PK_COL_ERROR },
	{ "share", "of samples", PK_COL_RATIO, 0 },
	{ "processes", "processes", PK_COL_COUNT, 0 },
	{ "threads", "threads", PK_COL_COUNT, 0 },
	{ "container", "container", PK_COL_TEXT, PK_COL_HIDDEN },
	{ "cgroup_short", "cgroup", PK_COL_TEXT, 0 },
	{ "cgroup", "path", PK_COL_TEXT, PK_COL_ELASTIC },
	{ 0 },
};

/* Sums over the processes of a cgroup, by string id of its path. */
struct sums {
	uint64_t *samples, *processes, *threads;
};

static int sums_init(const struct pk_scope *s, const struct pk_tally *tally, struct sums *ret)
{
	size_t nr = s->model->profile->strings.entries.nr + 1;

	ret->samples = calloc(nr, sizeof(uint64_t));
	ret->processes = calloc(nr, sizeof(uint64_t));
	ret->threads = calloc(nr, sizeof(uint64_t));
	if (!ret->samples || !ret->processes || !ret->threads)
		return -ENOMEM;
	for (size_t i = 0; i < s->model->processes.nr; i++) {
		uint32_t id = s->model->processes.data[i].cgroup;

		if (!tally->process[i])
			continue;
		ret->samples[id] += tally->process[i];
		ret->threads[id] += tally->active[i];
		ret->processes[id]++;
	}
	return 0;
}

static void sums_deinit(struct sums *sums)
{
	free(sums->samples);
	free(sums->processes);
	free(sums->threads);
}

static int add_cgroup(const struct pk_scope *s, const struct sums *sums, uint32_t id,
		      struct pk_table *t, struct pk_result *ret)
{
	const char *path = pk_model_string(s->model, id);
	char container[PK_CONTAINER_ID_LEN + 1] = "", brief[PK_CGROUP_SHORT_LEN];
	uint64_t nr = sums->samples[id];
	double machine = pk_scope_share(s, nr, s->nr_cpus);
	const char *id_text, *brief_text;

	pk_container_id(path, container);
	pk_cgroup_shorten(id ? path : "(not known)", brief);
	id_text = pk_result_text(ret, "%s", container);
	brief_text = pk_result_text(ret, "%s", brief);
	if (!id_text || !brief_text)
		return -ENOMEM;
	return pk_table_row(
		t, PK_COUNT(nr), PK_COUNT(pk_scope_ns(s, nr)), PK_REAL(pk_scope_share(s, nr, 1)),
		PK_REAL(machine),
		PK_REAL(pk_share_error(machine, pk_scope_effective(s, pk_scope_instants(s, s->nr_cpus, s->wall_ns)))),
		PK_REAL(pk_ratio(nr, s->weight)), PK_COUNT(sums->processes[id]),
		PK_COUNT(sums->threads[id]), PK_TEXT(id_text), PK_TEXT(brief_text),
		PK_TEXT(path));
}

static int run(const struct pk_scope *s, const struct pk_analysis_opts *o, struct pk_result *ret,
	       struct pk_err *err)
{
	struct pk_table *t = pk_result_table(ret, "cgroups", "Cgroups", columns, 0);
	struct pk_ranking ranking = { 0 };
	struct pk_tally tally = { 0 };
	struct sums sums = { 0 };
	int rc = t ? pk_tally_init(s, &tally) : -ENOMEM;

	if (!rc)
		rc = sums_init(s, &tally, &sums);
	if (!rc)
		rc = pk_ranking_init(sums.samples, NULL, s->model->profile->strings.entries.nr,
				     o->limit, &ranking);
	for (size_t i = 0; !rc && i < ranking.ranks.nr; i++)
		rc = add_cgroup(s, &sums, ranking.ranks.data[i].idx, t, ret);
	if (t)
		t->nr_left_out = ranking.nr_left_out;
	pk_ranking_deinit(&ranking);
	sums_deinit(&sums);
	pk_tally_deinit(&tally);
	return rc ? pk_err_set(err, rc, "no memory for the cgroups") : 0;
}

const struct pk_analysis pk_analysis_cgroup = {
	.name = "cgroup",
	.help = "cgroups by CPU time: containers, services, sessions",
	.run = run,
};
