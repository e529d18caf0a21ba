// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Block devices, their operations and times, and who submitted: see block_tables.h.
 * Devices on top of others have rows of their own and are in no total.
 */
#include "analysis/block_tables.h"
#include "analysis/container.h"
#include "analysis/ranking.h"
#include "base/cleanup.h"

static const struct pk_column device_columns[] = {
	{ "device", "device", PK_COL_TEXT, PK_COL_WHOLE },
	{ "major", "major", PK_COL_COUNT, PK_COL_KEY | PK_COL_HIDDEN },
	{ "minor", "minor", PK_COL_COUNT, PK_COL_KEY | PK_COL_HIDDEN },
	{ "stacked", "stacked", PK_COL_BOOL, PK_COL_HIDDEN },
	{ "count", "requests", PK_COL_COUNT, 0 },
	{ "iops", "IOPS", PK_COL_REAL, 0 },
	{ "bytes", "bytes", PK_COL_BYTES, PK_COL_SPARE },
	{ "bytes_per_s", "bytes/s", PK_COL_BYTES, 0 },
	{ "utilisation", "busy", PK_COL_RATIO, 0 },
	{ "busy_ns", "busy", PK_COL_NS, PK_COL_HIDDEN },
	{ "depth", "depth", PK_COL_REAL, 0 },
	{ "depth_busy", "if busy", PK_COL_REAL, PK_COL_SPARE },
	{ "max_depth", "max", PK_COL_COUNT, 0 },
	{ "note", "", PK_COL_TEXT, PK_COL_ELASTIC | PK_COL_SCREEN },
	{ 0 },
};

static const struct pk_column op_columns[] = {
	{ "device", "device", PK_COL_TEXT, PK_COL_WHOLE },
	{ "op", "operation", PK_COL_TEXT, PK_COL_WHOLE },
	{ "count", "requests", PK_COL_COUNT, 0 },
	{ "iops", "IOPS", PK_COL_REAL, 0 },
	{ "bytes", "bytes", PK_COL_BYTES, 0 },
	{ "bytes_per_s", "bytes/s", PK_COL_BYTES, 0 },
	{ "mean_bytes", "mean", PK_COL_BYTES, PK_COL_SPARE },
	{ "merged", "merged", PK_COL_COUNT, PK_COL_IF_ANY },
	{ "split", "split", PK_COL_COUNT, PK_COL_IF_ANY },
	{ "requeued", "requeued", PK_COL_COUNT, PK_COL_IF_ANY },
	{ "partial", "partial", PK_COL_COUNT, PK_COL_IF_ANY },
	{ "failed", "failed", PK_COL_COUNT, PK_COL_IF_ANY },
	{ "untimed", "untimed", PK_COL_COUNT, PK_COL_IF_ANY },
	{ 0 },
};

static const struct pk_column time_columns[] = {
	{ "device", "device", PK_COL_TEXT, PK_COL_WHOLE },
	{ "op", "operation", PK_COL_TEXT, PK_COL_WHOLE },
	{ "time", "time", PK_COL_TEXT, PK_COL_WHOLE },
	{ "shown", "shown", PK_COL_BOOL, PK_COL_HIDDEN | PK_COL_SCREEN | PK_COL_ROW_IF },
	{ "count", "requests", PK_COL_COUNT, PK_COL_SPARE },
	{ "sum_ns", "sum", PK_COL_NS, 0 },
	{ "mean_ns", "mean", PK_COL_NS, PK_COL_OWN_UNIT },
	PK_IO_QUANTILE_COLUMNS,
	{ 0 },
};

static const struct pk_column process_columns[] = {
	{ "pid", "pid", PK_COL_COUNT, PK_COL_KEY },
	{ "device", "device", PK_COL_TEXT, PK_COL_WHOLE },
	{ "op", "operation", PK_COL_TEXT, PK_COL_WHOLE },
	{ "count", "requests", PK_COL_COUNT, 0 },
	{ "iops", "IOPS", PK_COL_REAL, PK_COL_SPARE },
	{ "bytes", "bytes", PK_COL_BYTES, 0 },
	{ "bytes_per_s", "bytes/s", PK_COL_BYTES, PK_COL_SPARE },
	{ "sum_ns", "sum", PK_COL_NS, 0 },
	PK_IO_QUANTILE_COLUMNS,
	{ "failed", "failed", PK_COL_COUNT, PK_COL_IF_ANY },
	{ "by", "by", PK_COL_TEXT, PK_COL_HIDDEN },
	{ "comm", "name", PK_COL_TEXT, PK_COL_HIDDEN },
	{ "name", "name", PK_COL_TEXT, PK_COL_ELASTIC | PK_COL_SCREEN },
	{ 0 },
};

static const struct pk_column cgroup_columns[] = {
	{ "device", "device", PK_COL_TEXT, PK_COL_WHOLE },
	{ "op", "operation", PK_COL_TEXT, PK_COL_WHOLE },
	{ "count", "requests", PK_COL_COUNT, 0 },
	{ "iops", "IOPS", PK_COL_REAL, PK_COL_SPARE },
	{ "bytes", "bytes", PK_COL_BYTES, 0 },
	{ "bytes_per_s", "bytes/s", PK_COL_BYTES, PK_COL_SPARE },
	{ "sum_ns", "sum", PK_COL_NS, 0 },
	PK_IO_QUANTILE_COLUMNS,
	{ "failed", "failed", PK_COL_COUNT, PK_COL_IF_ANY },
	{ "container", "container", PK_COL_TEXT, PK_COL_HIDDEN },
	{ "cgroup", "cgroup", PK_COL_TEXT, PK_COL_ELASTIC },
	{ 0 },
};

/* By enum pkprof_block_by. */
static const char *const roles[PKPROF_NR_BLOCK_BYS] = { "self", "kworker", "other", "journal" };

const char *const pk_io_time_names[PKPROF_NR_BLOCK_TIMES] = {
	[PKPROF_BLOCK_QUEUE] = "queue",
	[PKPROF_BLOCK_DEVICE] = "device",
	[PKPROF_BLOCK_TOTAL] = "total",
};

static double per_s(const struct pk_io *x, double v)
{
	return pk_ratio(v * 1e9, x->s->wall_ns);
}

static uint64_t bytes_per_s(const struct pk_io *x, double bytes)
{
	return x->s->wall_ns ? pk_io_whole(per_s(x, bytes)) : PK_CELL_NONE;
}

int pk_io_put_groups(const struct pk_io *x, struct pk_table *t, unsigned int what, pk_io_put_fn put)
{
	struct pk_block_groups groups;
	size_t limit = x->o->limit ? x->o->limit : SIZE_MAX;
	int rc = pk_block_groups_init(x->s, &x->devices, what, &groups);

	for (size_t i = 0; !rc && i < groups.all.nr; i++) {
		if (i < limit)
			rc = put(x, t, groups.all.data[i]);
		else
			t->nr_left_out++;
	}
	pk_block_groups_deinit(&groups);
	return rc;
}

/* Likewise, those whose requests took the longest in all first. */
static int put_ranked(const struct pk_io *x, struct pk_table *t, unsigned int what, pk_io_put_fn put)
{
	struct pk_block_groups groups;
	struct pk_ranking ranking = { 0 };
	int rc = pk_block_groups_init(x->s, &x->devices, what, &groups);
	PK_AUTO_FREE uint64_t *weights = calloc(groups.all.nr + 1, sizeof(*weights));
	PK_AUTO_FREE uint64_t *ties = calloc(groups.all.nr + 1, sizeof(*ties));

	if (!rc && !(weights && ties))
		rc = -ENOMEM;
	for (size_t i = 0; !rc && i < groups.all.nr; i++) {
		weights[i] = pk_io_whole(groups.all.data[i]->time[PKPROF_BLOCK_TOTAL].sum_ns);
		ties[i] = pk_io_whole(groups.all.data[i]->nr + 1);
	}
	if (!rc)
		rc = pk_ranking_init(weights, ties, groups.all.nr, x->o->limit, &ranking);
	for (size_t i = 0; !rc && i < ranking.ranks.nr; i++)
		rc = put(x, t, groups.all.data[ranking.ranks.data[i].idx]);
	t->nr_left_out = ranking.nr_left_out;
	pk_ranking_deinit(&ranking);
	pk_block_groups_deinit(&groups);
	return rc;
}

/* --- devices ------------------------------------------------------------------------ */

static const char *note_of(const struct pk_block_device *d)
{
	if (!d)
		return "devices on top of others left out";
	if (d->flags & PKPROF_BLOCK_STACKED)
		return "on top of others: not in all";
	return d->flags & PKPROF_BLOCK_ANY ? "devices without room of their own" : "";
}

static int put_device(const struct pk_io *x, struct pk_table *t, const struct pk_block_group *g)
{
	const struct pk_block_device *d = g->device;
	bool known = d && !(d->flags & PKPROF_BLOCK_ANY);
	double wall_ns = x->s->wall_ns, busy_ns = known ? pk_block_busy_ns(d) : NAN;

	return pk_table_row(t, PK_TEXT(pk_io_device_name(g)), PK_COUNT(known ? d->dev >> 20 : PK_CELL_NONE),
			    PK_COUNT(known ? d->dev & 0xfffff : PK_CELL_NONE),
			    PK_COUNT(d && d->flags & PKPROF_BLOCK_STACKED), PK_COUNT(pk_io_whole(g->nr)),
			    PK_REAL(per_s(x, g->nr)), PK_COUNT(pk_io_whole(g->bytes)),
			    PK_COUNT(bytes_per_s(x, g->bytes)), PK_REAL(pk_ratio(busy_ns, wall_ns)),
			    PK_COUNT(known ? pk_io_whole(busy_ns) : PK_CELL_NONE),
			    PK_REAL(known ? pk_ratio(d->load_ns, wall_ns) : NAN),
			    PK_REAL(known ? pk_ratio(d->load_ns, busy_ns) : NAN),
			    PK_COUNT(known ? d->max_depth : PK_CELL_NONE), PK_TEXT(note_of(d)));
}

int pk_io_add_devices(const struct pk_io *x)
{
	struct pk_table *t = pk_result_table(x->ret, "devices", "Block devices", device_columns, 0);
	int rc = t ? 0 : -ENOMEM;

	if (!rc)
		rc = pk_io_put_groups(x, t, 0, put_device);
	return rc ? rc : pk_io_put_groups(x, t, PK_BY_DEVICE, put_device);
}

/* --- operations --------------------------------------------------------------------- */

static int put_op(const struct pk_io *x, struct pk_table *t, const struct pk_block_group *g)
{
	return pk_table_row(t, PK_TEXT(pk_io_device_name(g)), PK_TEXT(pk_io_op_name(g)), PK_COUNT(pk_io_whole(g->nr)),
			    PK_REAL(per_s(x, g->nr)), PK_COUNT(pk_io_whole(g->bytes)),
			    PK_COUNT(bytes_per_s(x, g->bytes)),
			    PK_COUNT(g->nr > 0 ? pk_io_whole(g->bytes / g->nr) : PK_CELL_NONE),
			    PK_COUNT(pk_io_whole(g->nr_merged)), PK_COUNT(pk_io_whole(g->nr_split)),
			    PK_COUNT(pk_io_whole(g->nr_requeued)), PK_COUNT(pk_io_whole(g->nr_partial)),
			    PK_COUNT(pk_io_whole(g->nr_failed)), PK_COUNT(pk_io_whole(g->nr_untimed)));
}

int pk_io_add_ops(const struct pk_io *x)
{
	struct pk_table *t = pk_result_table(x->ret, "operations", "Operations of block devices",
					     op_columns, 0);

	return t ? pk_io_put_groups(x, t, PK_BY_DEVICE | PK_BY_OP, put_op) : -ENOMEM;
}

static int put_times(const struct pk_io *x, struct pk_table *t, const struct pk_block_group *g)
{
	int rc = 0;

	(void)x;
	for (unsigned int i = 0; !rc && i < PKPROF_NR_BLOCK_TIMES; i++) {
		const struct pk_dist *d = &g->time[i];

		if (!(d->count > 0))
			continue;
		rc = pk_table_row(t, PK_TEXT(pk_io_device_name(g)), PK_TEXT(pk_io_op_name(g)),
				  PK_TEXT(pk_io_time_names[i]),
				  PK_COUNT(d->max_ns || i == PKPROF_BLOCK_TOTAL),
				  PK_COUNT(pk_io_whole(d->count)), PK_COUNT(pk_io_whole(d->sum_ns)), PK_COUNT(pk_io_whole(d->sum_ns / d->count)),
				  pk_io_quantile(d, 0.5), pk_io_quantile(d, 0.95), pk_io_quantile(d, 0.99),
				  pk_io_quantile(d, 0.999), pk_io_max_of(d));
	}
	return rc;
}

int pk_io_add_times(const struct pk_io *x)
{
	struct pk_table *t = pk_result_table(x->ret, "times", "Times of requests: in the queue, at "
							      "the device, in total",
					     time_columns, 0);

	return t ? pk_io_put_groups(x, t, PK_BY_DEVICE | PK_BY_OP, put_times) : -ENOMEM;
}

/* --- processes ---------------------------------------------------------------------- */

static const char *label_of(const struct pk_io *x, const struct pk_block_group *g, const char *name)
{
	switch (g->by) {
	case PKPROF_BLOCK_BY_KTHREAD:
		return pk_result_text(x->ret, "by kworker for %s", name);
	case PKPROF_BLOCK_BY_OTHER:
		return pk_result_text(x->ret, "by another for %s", name);
	case PKPROF_BLOCK_BY_JOURNAL:
		return pk_result_text(x->ret, "journal (%s)", name);
	}
	return name;
}

static int put_process(const struct pk_io *x, struct pk_table *t, const struct pk_block_group *g)
{
	const struct pk_model *m = x->s->model;
	const struct pk_dist *d = &g->time[PKPROF_BLOCK_TOTAL];
	const char *name = g->tgid ? "(not known)" : "(others)", *label;

	if (g->owner != PK_NO_OWNER)
		name = pk_model_string(m, m->processes.data[g->owner].comm);
	label = label_of(x, g, name);
	if (!label)
		return -ENOMEM;
	return pk_table_row(t, PK_COUNT(g->tgid ? g->tgid : PK_CELL_NONE), PK_TEXT(pk_io_device_name(g)),
			    PK_TEXT(pk_io_op_name(g)), PK_COUNT(pk_io_whole(g->nr)), PK_REAL(per_s(x, g->nr)),
			    PK_COUNT(pk_io_whole(g->bytes)), PK_COUNT(bytes_per_s(x, g->bytes)),
			    PK_COUNT(pk_io_whole(d->sum_ns)), pk_io_quantile(d, 0.5), pk_io_quantile(d, 0.95),
			    pk_io_quantile(d, 0.99), pk_io_quantile(d, 0.999), pk_io_max_of(d),
			    PK_COUNT(pk_io_whole(g->nr_failed)), PK_TEXT(roles[g->by]),
			    PK_TEXT(name), PK_TEXT(label));
}

int pk_io_add_processes(const struct pk_io *x)
{
	struct pk_table *t = pk_result_table(x->ret, "processes",
					     "Requests by process",
					     process_columns, 0);

	return t ? put_ranked(x, t, PK_BY_PROCESS | PK_BY_DEVICE | PK_BY_OP, put_process) : -ENOMEM;
}

/* --- cgroups ------------------------------------------------------------------------ */

static int put_cgroup(const struct pk_io *x, struct pk_table *t, const struct pk_block_group *g)
{
	const struct pk_dist *d = &g->time[PKPROF_BLOCK_TOTAL];
	const char *path = g->cgroup ? pk_model_string(x->s->model, g->cgroup) : "(not known)";
	char id[PK_CONTAINER_ID_LEN + 1] = "";
	const char *container = "";

	if (pk_container_id(path, id))
		container = pk_result_text(x->ret, "%s", id);
	if (!container)
		return -ENOMEM;
	return pk_table_row(t, PK_TEXT(pk_io_device_name(g)), PK_TEXT(pk_io_op_name(g)),
			    PK_COUNT(pk_io_whole(g->nr)), PK_REAL(per_s(x, g->nr)),
			    PK_COUNT(pk_io_whole(g->bytes)), PK_COUNT(bytes_per_s(x, g->bytes)),
			    PK_COUNT(pk_io_whole(d->sum_ns)), pk_io_quantile(d, 0.5),
			    pk_io_quantile(d, 0.95), pk_io_quantile(d, 0.99),
			    pk_io_quantile(d, 0.999), pk_io_max_of(d),
			    PK_COUNT(pk_io_whole(g->nr_failed)), PK_TEXT(container),
			    PK_TEXT(path));
}

int pk_io_add_cgroups(const struct pk_io *x)
{
	struct pk_table *t = pk_result_table(x->ret, "cgroups", "Requests by cgroup", cgroup_columns, 0);

	return t ? put_ranked(x, t, PK_BY_CGROUP | PK_BY_DEVICE | PK_BY_OP, put_cgroup) : -ENOMEM;
}
