// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Io: what block devices did: how much of it, how long it took in the queue and at the
 * device, how many requests were in flight; by device and operation, by size, and by the
 * process that submitted them. Devices on top of others have rows of their own and are
 * in no total.
 */
#include "analysis/analysis.h"
#include "analysis/block_groups.h"
#include "analysis/ranking.h"
#include "base/cleanup.h"
#include "source/names.h"

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

#define QUANTILE_COLUMNS                                                                           \
	{ "p50_ns", "p50", PK_COL_NS, PK_COL_OWN_UNIT },                                           \
	{ "p95_ns", "p95", PK_COL_NS, PK_COL_OWN_UNIT },                                           \
	{ "p99_ns", "p99", PK_COL_NS, PK_COL_OWN_UNIT },                                           \
	{ "p999_ns", "p99.9", PK_COL_NS, PK_COL_OWN_UNIT },                                        \
	{ "max_ns", "max", PK_COL_NS, PK_COL_OWN_UNIT }

static const struct pk_column time_columns[] = {
	{ "device", "device", PK_COL_TEXT, PK_COL_WHOLE },
	{ "op", "operation", PK_COL_TEXT, PK_COL_WHOLE },
	{ "time", "time", PK_COL_TEXT, PK_COL_WHOLE },
	{ "shown", "shown", PK_COL_BOOL, PK_COL_HIDDEN | PK_COL_SCREEN | PK_COL_ROW_IF },
	{ "count", "requests", PK_COL_COUNT, PK_COL_SPARE },
	{ "sum_ns", "sum", PK_COL_NS, 0 },
	{ "mean_ns", "mean", PK_COL_NS, PK_COL_OWN_UNIT },
	QUANTILE_COLUMNS,
	{ 0 },
};

static const struct pk_column size_columns[] = {
	{ "device", "device", PK_COL_TEXT, PK_COL_WHOLE },
	{ "op", "operation", PK_COL_TEXT, PK_COL_WHOLE },
	{ "from_bytes", "from", PK_COL_BYTES, PK_COL_HIDDEN },
	{ "to_bytes", "to", PK_COL_BYTES, PK_COL_HIDDEN },
	{ "size", "bytes", PK_COL_TEXT, PK_COL_SCREEN | PK_COL_WHOLE },
	{ "count", "requests", PK_COL_COUNT, 0 },
	{ "bytes", "in all", PK_COL_BYTES, PK_COL_SPARE },
	{ "queue_p50_ns", "queue p50", PK_COL_NS, PK_COL_OWN_UNIT },
	{ "queue_p99_ns", "p99", PK_COL_NS, PK_COL_OWN_UNIT },
	{ "device_p50_ns", "device p50", PK_COL_NS, PK_COL_OWN_UNIT },
	{ "device_p99_ns", "p99", PK_COL_NS, PK_COL_OWN_UNIT },
	{ "total_p50_ns", "total p50", PK_COL_NS, PK_COL_OWN_UNIT },
	{ "total_p99_ns", "p99", PK_COL_NS, PK_COL_OWN_UNIT },
	{ "total_max_ns", "max", PK_COL_NS, PK_COL_OWN_UNIT },
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
	QUANTILE_COLUMNS,
	{ "failed", "failed", PK_COL_COUNT, PK_COL_IF_ANY },
	{ "comm", "name", PK_COL_TEXT, PK_COL_ELASTIC },
	{ 0 },
};

static const struct pk_column depth_columns[] = {
	{ "device", "device", PK_COL_TEXT, PK_COL_WHOLE },
	{ "from", "from", PK_COL_COUNT, 0 },
	{ "to", "to", PK_COL_COUNT, 0 },
	{ "ns", "time", PK_COL_NS, 0 },
	{ "share", "of all", PK_COL_RATIO, PK_COL_BAR },
	{ 0 },
};

static const struct pk_column histogram_columns[] = {
	{ "from_ns", "from", PK_COL_NS, PK_COL_OWN_UNIT },
	{ "to_ns", "to", PK_COL_NS, PK_COL_OWN_UNIT },
	{ "queue_count", "in queue", PK_COL_COUNT, 0 },
	{ "queue_share", "of them", PK_COL_RATIO, PK_COL_BAR },
	{ "device_count", "at device", PK_COL_COUNT, 0 },
	{ "device_share", "of them", PK_COL_RATIO, PK_COL_BAR },
	{ "total_count", "in total", PK_COL_COUNT, 0 },
	{ "total_share", "of them", PK_COL_RATIO, PK_COL_BAR },
	{ 0 },
};

static const struct pk_column bucket_columns[] = {
	{ "device", "device", PK_COL_TEXT, 0 },
	{ "op", "operation", PK_COL_TEXT, 0 },
	{ "size", "size", PK_COL_COUNT, PK_COL_KEY },
	{ "time", "time", PK_COL_TEXT, 0 },
	{ "from_ns", "from", PK_COL_NS, 0 },
	{ "to_ns", "to", PK_COL_NS, 0 },
	{ "count", "times", PK_COL_REAL, 0 },
	{ 0 },
};

static const char *const time_names[PKPROF_NR_BLOCK_TIMES] = {
	[PKPROF_BLOCK_QUEUE] = "queue",
	[PKPROF_BLOCK_DEVICE] = "device",
	[PKPROF_BLOCK_TOTAL] = "total",
};

/* One run of the analysis. */
struct io {
	const struct pk_scope *s;
	const struct pk_analysis_opts *o;
	struct pk_result *ret;
	struct pk_block_devices devices;
};

static bool by(const struct io *x, const char *what)
{
	return !x->o->by || !strcmp(x->o->by, what);
}

/* A sum of what a file says, which may be beyond all sense. */
static uint64_t whole(double v)
{
	return v < 0x1p63 ? (uint64_t)(v + 0.5) : 1ULL << 63;
}

static double per_s(const struct io *x, double v)
{
	return pk_ratio(v * 1e9, x->s->wall_ns);
}

static uint64_t bytes_per_s(const struct io *x, double bytes)
{
	return x->s->wall_ns ? whole(per_s(x, bytes)) : PK_CELL_NONE;
}

static union pk_cell quantile(const struct pk_dist *d, double q)
{
	double v = pk_dist_quantile(d, q);

	return PK_COUNT(isfinite(v) ? whole(v) : PK_CELL_NONE);
}

static union pk_cell max_of(const struct pk_dist *d)
{
	return PK_COUNT(d->count > 0 ? d->max_ns : PK_CELL_NONE);
}

static const char *device_name(const struct pk_block_group *g)
{
	return g->device ? g->device->name : "all";
}

static const char *op_name(const struct pk_block_group *g)
{
	return pk_block_op_names[g->op].name;
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

static int put_device(const struct io *x, struct pk_table *t, const struct pk_block_group *g)
{
	const struct pk_block_device *d = g->device;
	bool known = d && !(d->flags & PKPROF_BLOCK_ANY);
	double wall_ns = x->s->wall_ns, busy_ns = known ? pk_block_busy_ns(d) : NAN;

	return pk_table_row(t, PK_TEXT(device_name(g)), PK_COUNT(known ? d->dev >> 20 : PK_CELL_NONE),
			    PK_COUNT(known ? d->dev & 0xfffff : PK_CELL_NONE),
			    PK_COUNT(d && d->flags & PKPROF_BLOCK_STACKED), PK_COUNT(whole(g->nr)),
			    PK_REAL(per_s(x, g->nr)), PK_COUNT(whole(g->bytes)),
			    PK_COUNT(bytes_per_s(x, g->bytes)), PK_REAL(pk_ratio(busy_ns, wall_ns)),
			    PK_COUNT(known ? whole(busy_ns) : PK_CELL_NONE),
			    PK_REAL(known ? pk_ratio(d->load_ns, wall_ns) : NAN),
			    PK_REAL(known ? pk_ratio(d->load_ns, busy_ns) : NAN),
			    PK_COUNT(known ? d->max_depth : PK_CELL_NONE), PK_TEXT(note_of(d)));
}

/* Rows of a table, from one grouping. */
typedef int (*put_fn)(const struct io *x, struct pk_table *t, const struct pk_block_group *g);

/* All groups in their order; with more than @limit the rest is left out. */
static int put_groups(const struct io *x, struct pk_table *t, unsigned int what, put_fn put)
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
static int put_ranked(const struct io *x, struct pk_table *t, unsigned int what, put_fn put)
{
	struct pk_block_groups groups;
	struct pk_ranking ranking = { 0 };
	int rc = pk_block_groups_init(x->s, &x->devices, what, &groups);
	PK_AUTO_FREE uint64_t *weights = calloc(groups.all.nr + 1, sizeof(*weights));
	PK_AUTO_FREE uint64_t *ties = calloc(groups.all.nr + 1, sizeof(*ties));

	if (!rc && !(weights && ties))
		rc = -ENOMEM;
	for (size_t i = 0; !rc && i < groups.all.nr; i++) {
		weights[i] = whole(groups.all.data[i]->time[PKPROF_BLOCK_TOTAL].sum_ns);
		ties[i] = whole(groups.all.data[i]->nr + 1);
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

static int add_devices(const struct io *x)
{
	struct pk_table *t = pk_result_table(x->ret, "devices", "Block devices", device_columns, 0);
	int rc = t ? 0 : -ENOMEM;

	if (!rc)
		rc = put_groups(x, t, 0, put_device);
	return rc ? rc : put_groups(x, t, PK_BY_DEVICE, put_device);
}

/* --- operations --------------------------------------------------------------------- */

static int put_op(const struct io *x, struct pk_table *t, const struct pk_block_group *g)
{
	return pk_table_row(t, PK_TEXT(device_name(g)), PK_TEXT(op_name(g)), PK_COUNT(whole(g->nr)),
			    PK_REAL(per_s(x, g->nr)), PK_COUNT(whole(g->bytes)),
			    PK_COUNT(bytes_per_s(x, g->bytes)),
			    PK_COUNT(g->nr > 0 ? whole(g->bytes / g->nr) : PK_CELL_NONE),
			    PK_COUNT(whole(g->nr_merged)), PK_COUNT(whole(g->nr_split)),
			    PK_COUNT(whole(g->nr_requeued)), PK_COUNT(whole(g->nr_partial)),
			    PK_COUNT(whole(g->nr_failed)), PK_COUNT(whole(g->nr_untimed)));
}

static int add_ops(const struct io *x)
{
	struct pk_table *t = pk_result_table(x->ret, "operations", "Operations of block devices",
					     op_columns, 0);

	return t ? put_groups(x, t, PK_BY_DEVICE | PK_BY_OP, put_op) : -ENOMEM;
}

static int put_times(const struct io *x, struct pk_table *t, const struct pk_block_group *g)
{
	int rc = 0;

	(void)x;
	for (unsigned int i = 0; !rc && i < PKPROF_NR_BLOCK_TIMES; i++) {
		const struct pk_dist *d = &g->time[i];

		if (!(d->count > 0))
			continue;
		rc = pk_table_row(t, PK_TEXT(device_name(g)), PK_TEXT(op_name(g)),
				  PK_TEXT(time_names[i]),
				  PK_COUNT(d->max_ns || i == PKPROF_BLOCK_TOTAL),
				  PK_COUNT(whole(d->count)), PK_COUNT(whole(d->sum_ns)), PK_COUNT(whole(d->sum_ns / d->count)),
				  quantile(d, 0.5), quantile(d, 0.95), quantile(d, 0.99),
				  quantile(d, 0.999), max_of(d));
	}
	return rc;
}

static int add_times(const struct io *x)
{
	struct pk_table *t = pk_result_table(x->ret, "times", "Times of requests: in the queue, at "
							      "the device, in total",
					     time_columns, 0);

	return t ? put_groups(x, t, PK_BY_DEVICE | PK_BY_OP, put_times) : -ENOMEM;
}

/* --- sizes -------------------------------------------------------------------------- */

/* Class c takes sizes up to 1 KB << 2c. */
static uint64_t size_end(unsigned int size)
{
	return size ? 1024ULL << 2 * size : 0;
}

static const char *size_label(const struct io *x, unsigned int size)
{
	static const char *const units[] = { "KiB", "MiB", "GiB" };
	bool last = size == PKPROF_BLOCK_SIZES - 1;
	uint64_t kb = size_end(last ? size - 1 : size) >> 10;
	unsigned int unit = 0;

	if (!size)
		return "none";
	for (; kb >= 1024; kb /= 1024)
		unit++;
	return pk_result_text(x->ret, "%s %llu %s", last ? "above" : "to", (unsigned long long)kb,
			      units[unit]);
}

static int put_size(const struct io *x, struct pk_table *t, const struct pk_block_group *g)
{
	const struct pk_dist *queue = &g->time[PKPROF_BLOCK_QUEUE];
	const struct pk_dist *device = &g->time[PKPROF_BLOCK_DEVICE];
	const struct pk_dist *total = &g->time[PKPROF_BLOCK_TOTAL];
	const char *label = size_label(x, g->size);

	if (!label)
		return -ENOMEM;
	return pk_table_row(t, PK_TEXT(device_name(g)), PK_TEXT(op_name(g)),
			    PK_COUNT(g->size ? size_end(g->size - 1) + 1 : 0),
			    PK_COUNT(g->size < PKPROF_BLOCK_SIZES - 1 ? size_end(g->size) :
									 PK_CELL_NONE),
			    PK_TEXT(label), PK_COUNT(whole(g->nr)), PK_COUNT(whole(g->bytes)), quantile(queue, 0.5),
			    quantile(queue, 0.99), quantile(device, 0.5), quantile(device, 0.99),
			    quantile(total, 0.5), quantile(total, 0.99), max_of(total));
}

static int put_buckets(const struct io *x, struct pk_table *t, const struct pk_block_group *g)
{
	int rc = 0;

	(void)x;
	for (unsigned int i = 0; i < PKPROF_NR_BLOCK_TIMES; i++) {
		for (unsigned int b = 0; !rc && b < PKPROF_HIST_BUCKETS; b++) {
			uint64_t low, high;

			if (!(g->time[i].nr[b] > 0))
				continue;
			pk_dist_bounds(b, &low, &high);
			rc = pk_table_row(t, PK_TEXT(device_name(g)), PK_TEXT(op_name(g)),
					  PK_COUNT(g->size), PK_TEXT(time_names[i]), PK_COUNT(low),
					  PK_COUNT(high), PK_REAL(g->time[i].nr[b]));
		}
	}
	return rc;
}

static int add_sizes(const struct io *x)
{
	const unsigned int what = PK_BY_DEVICE | PK_BY_OP | PK_BY_SIZE;
	struct pk_table *t = pk_result_table(x->ret, "sizes", "Times by size of requests",
					     size_columns, 0);
	int rc = t ? put_groups(x, t, what, put_size) : -ENOMEM;

	if (rc)
		return rc;
	t = pk_result_table(x->ret, "buckets", "Buckets", bucket_columns, PK_TABLE_DETAIL);
	return t ? put_groups(x, t, what, put_buckets) : -ENOMEM;
}

/* --- depth -------------------------------------------------------------------------- */

static int put_depth(struct pk_table *t, const struct pk_block_device *d, unsigned int i,
		     double ns, double wall_ns)
{
	return pk_table_row(t, PK_TEXT(d->name), PK_COUNT(i ? 1ULL << (i - 1) : 0),
			    PK_COUNT(i == PKPROF_BLOCK_DEPTHS - 1 ? PK_CELL_NONE :
				     i ? (1ULL << i) - 1 : 0),
			    PK_COUNT(whole(ns)), PK_REAL(pk_ratio(ns, wall_ns)));
}

static int add_depths(const struct io *x)
{
	struct pk_table *t = pk_result_table(x->ret, "depths", "Requests in flight, over time",
					     depth_columns, 0);
	double wall_ns = x->s->wall_ns;
	int rc = t ? 0 : -ENOMEM;

	PK_VEC_FOREACH(&x->devices.all, d) {
		double busy_ns = pk_block_busy_ns(d);

		if (rc || !(busy_ns > 0))
			continue;
		rc = put_depth(t, d, 0, busy_ns < wall_ns ? wall_ns - busy_ns : 0, wall_ns);
		for (unsigned int i = 1; !rc && i < PKPROF_BLOCK_DEPTHS; i++)
			if (d->depth_ns[i] > 0)
				rc = put_depth(t, d, i, d->depth_ns[i], wall_ns);
	}
	return rc;
}

/* --- histogram ---------------------------------------------------------------------- */

static unsigned int octave_of(unsigned int bucket)
{
	uint64_t low, high;

	pk_dist_bounds(bucket, &low, &high);
	return low ? 63 - __builtin_clzll(low) : 0;
}

/*
 * All at the bottom; from the first power of two that has values to the last one. What took
 * no time at all, having no queue or nothing to do at the device, would only make it long.
 */
static int put_histogram(const struct io *x, struct pk_table *t, const struct pk_block_group *g)
{
	double nr[PKPROF_NR_BLOCK_TIMES][64] = { 0 };
	unsigned int first = 64, last = 0;
	int rc = 0;

	(void)x;
	for (unsigned int i = 0; i < PKPROF_NR_BLOCK_TIMES; i++) {
		for (unsigned int b = 1; b < PKPROF_HIST_BUCKETS; b++) {
			unsigned int e = octave_of(b);

			if (!(g->time[i].nr[b] > 0))
				continue;
			nr[i][e] += g->time[i].nr[b];
			first = e < first ? e : first;
			last = e > last ? e : last;
		}
	}
	for (unsigned int e = first; !rc && e <= last; e++)
		rc = pk_table_row(t, PK_COUNT(e ? 1ULL << e : 0), PK_COUNT(2ULL << e),
				  PK_COUNT(whole(nr[0][e])),
				  PK_REAL(pk_ratio(nr[0][e], g->time[0].count)),
				  PK_COUNT(whole(nr[1][e])),
				  PK_REAL(pk_ratio(nr[1][e], g->time[1].count)),
				  PK_COUNT(whole(nr[2][e])),
				  PK_REAL(pk_ratio(nr[2][e], g->time[2].count)));
	return rc;
}

_Static_assert(PKPROF_NR_BLOCK_TIMES == 3, "a new time needs columns in the histogram");

static int add_histogram(const struct io *x)
{
	struct pk_table *t = pk_result_table(x->ret, "histogram", "How often how long, where it took time",
					     histogram_columns, 0);

	return t ? put_groups(x, t, 0, put_histogram) : -ENOMEM;
}

/* --- processes ---------------------------------------------------------------------- */

static int put_process(const struct io *x, struct pk_table *t, const struct pk_block_group *g)
{
	const struct pk_model *m = x->s->model;
	const struct pk_dist *d = &g->time[PKPROF_BLOCK_TOTAL];
	const char *name = g->tgid ? "(not known)" : "(others)";

	if (g->owner != PK_NO_OWNER)
		name = pk_model_string(m, m->processes.data[g->owner].comm);
	return pk_table_row(t, PK_COUNT(g->tgid ? g->tgid : PK_CELL_NONE), PK_TEXT(device_name(g)),
			    PK_TEXT(op_name(g)), PK_COUNT(whole(g->nr)), PK_REAL(per_s(x, g->nr)),
			    PK_COUNT(whole(g->bytes)), PK_COUNT(bytes_per_s(x, g->bytes)),
			    PK_COUNT(whole(d->sum_ns)), quantile(d, 0.5), quantile(d, 0.95),
			    quantile(d, 0.99), quantile(d, 0.999), max_of(d),
			    PK_COUNT(whole(g->nr_failed)), PK_TEXT(name));
}

static int add_processes(const struct io *x)
{
	struct pk_table *t = pk_result_table(x->ret, "processes",
					     "Requests by the process that submitted them",
					     process_columns, 0);

	return t ? put_ranked(x, t, PK_BY_PROCESS | PK_BY_DEVICE | PK_BY_OP, put_process) : -ENOMEM;
}

/* --- what one must know --------------------------------------------------------------- */

static int add_notes(const struct io *x)
{
	const struct pk_profile *p = x->s->model->profile;
	uint32_t mask = 0;
	const char *sources = pk_profile_fact(p, "record.sources");
	int rc = 0;

	if (sources && pk_sources_parse(sources, &mask, NULL))
		mask = 0;
	if (!p->block_ops.nr)
		return pk_result_note(x->ret, mask >> PKPROF_SRC_BLOCK & 1 ?
					      "No request of a block device ended in the recording." :
					      "The recording has no block requests: source block was "
					      "off.");
	rc = pk_result_note(x->ret, "Quantiles are from buckets: within 1/16 of the exact value. The "
				    "times of a request end when the device says that it is done.");
	if (!rc && (x->s->filter->tgid || x->s->filter->comm))
		rc = pk_result_note(x->ret, "Devices are left out: what they know is not told apart by "
					    "process.");
	if (!rc && by(x, "process"))
		rc = pk_result_note(x->ret,
				    "The submitter is the process that ran when the request was made: "
				    "of data written back later that is a kernel thread.");
	return rc;
}

static int run(const struct pk_scope *s, const struct pk_analysis_opts *o, struct pk_result *ret,
	       struct pk_err *err)
{
	struct io x = { .s = s, .o = o, .ret = ret };
	int rc = pk_block_devices_init(s, &x.devices);
	bool devices = by(&x, "device");

	if (!rc && devices)
		rc = add_devices(&x);
	if (!rc && devices)
		rc = add_ops(&x);
	if (!rc && devices)
		rc = add_times(&x);
	if (!rc && devices && !o->brief)
		rc = add_sizes(&x);
	if (!rc && devices)
		rc = add_depths(&x);
	if (!rc && devices)
		rc = add_histogram(&x);
	if (!rc && by(&x, "process"))
		rc = add_processes(&x);
	if (!rc)
		rc = add_notes(&x);
	pk_block_devices_deinit(&x.devices);
	return rc ? pk_err_set(err, rc, "no memory for the block requests") : 0;
}

const struct pk_analysis pk_analysis_io = {
	.name = "io",
	.help = "requests of block devices: how many, how large, how long, how deep",
	.report = PK_REPORT_BRIEF_JSON,
	.run = run,
};
