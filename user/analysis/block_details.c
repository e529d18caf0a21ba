// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Times of block requests by size, buckets, depths of queues and the histogram; see
 * block_tables.h.
 */
#include "analysis/block_tables.h"

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

/* --- sizes -------------------------------------------------------------------------- */

/* Class c takes sizes up to 1 KB << 2c. */
static uint64_t size_end(unsigned int size)
{
	return size ? 1024ULL << 2 * size : 0;
}

static const char *size_label(const struct pk_io *x, unsigned int size)
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

static int put_size(const struct pk_io *x, struct pk_table *t, const struct pk_block_group *g)
{
	const struct pk_dist *queue = &g->time[PKPROF_BLOCK_QUEUE];
	const struct pk_dist *device = &g->time[PKPROF_BLOCK_DEVICE];
	const struct pk_dist *total = &g->time[PKPROF_BLOCK_TOTAL];
	const char *label = size_label(x, g->size);

	if (!label)
		return -ENOMEM;
	return pk_table_row(t, PK_TEXT(pk_io_device_name(g)), PK_TEXT(pk_io_op_name(g)),
			    PK_COUNT(g->size ? size_end(g->size - 1) + 1 : 0),
			    PK_COUNT(g->size < PKPROF_BLOCK_SIZES - 1 ? size_end(g->size) :
									 PK_CELL_NONE),
			    PK_TEXT(label), PK_COUNT(pk_io_whole(g->nr)), PK_COUNT(pk_io_whole(g->bytes)), pk_io_quantile(queue, 0.5),
			    pk_io_quantile(queue, 0.99), pk_io_quantile(device, 0.5), pk_io_quantile(device, 0.99),
			    pk_io_quantile(total, 0.5), pk_io_quantile(total, 0.99), pk_io_max_of(total));
}

static int put_buckets(const struct pk_io *x, struct pk_table *t, const struct pk_block_group *g)
{
	int rc = 0;

	(void)x;
	for (unsigned int i = 0; i < PKPROF_NR_BLOCK_TIMES; i++) {
		for (unsigned int b = 0; !rc && b < PKPROF_HIST_BUCKETS; b++) {
			uint64_t low, high;

			if (!(g->time[i].nr[b] > 0))
				continue;
			pk_dist_bounds(b, &low, &high);
			rc = pk_table_row(t, PK_TEXT(pk_io_device_name(g)), PK_TEXT(pk_io_op_name(g)),
					  PK_COUNT(g->size), PK_TEXT(pk_io_time_names[i]), PK_COUNT(low),
					  PK_COUNT(high), PK_REAL(g->time[i].nr[b]));
		}
	}
	return rc;
}

int pk_io_add_sizes(const struct pk_io *x)
{
	const unsigned int what = PK_BY_DEVICE | PK_BY_OP | PK_BY_SIZE;
	struct pk_table *t = pk_result_table(x->ret, "sizes", "Times by size of requests",
					     size_columns, 0);
	int rc = t ? pk_io_put_groups(x, t, what, put_size) : -ENOMEM;

	if (rc)
		return rc;
	t = pk_result_table(x->ret, "buckets", "Buckets", bucket_columns, PK_TABLE_DETAIL);
	return t ? pk_io_put_groups(x, t, what, put_buckets) : -ENOMEM;
}

/* --- depth -------------------------------------------------------------------------- */

static int put_depth(struct pk_table *t, const struct pk_block_device *d, unsigned int i,
		     double ns, double wall_ns)
{
	return pk_table_row(t, PK_TEXT(d->name), PK_COUNT(i ? 1ULL << (i - 1) : 0),
			    PK_COUNT(i == PKPROF_BLOCK_DEPTHS - 1 ? PK_CELL_NONE :
				     i ? (1ULL << i) - 1 : 0),
			    PK_COUNT(pk_io_whole(ns)), PK_REAL(pk_ratio(ns, wall_ns)));
}

int pk_io_add_depths(const struct pk_io *x)
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
static int put_histogram(const struct pk_io *x, struct pk_table *t, const struct pk_block_group *g)
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
				  PK_COUNT(pk_io_whole(nr[0][e])),
				  PK_REAL(pk_ratio(nr[0][e], g->time[0].count)),
				  PK_COUNT(pk_io_whole(nr[1][e])),
				  PK_REAL(pk_ratio(nr[1][e], g->time[1].count)),
				  PK_COUNT(pk_io_whole(nr[2][e])),
				  PK_REAL(pk_ratio(nr[2][e], g->time[2].count)));
	return rc;
}

_Static_assert(PKPROF_NR_BLOCK_TIMES == 3, "a new time needs columns in the histogram");

int pk_io_add_histogram(const struct pk_io *x)
{
	struct pk_table *t = pk_result_table(x->ret, "histogram", "How often how long, where it took time",
					     histogram_columns, 0);

	return t ? pk_io_put_groups(x, t, 0, put_histogram) : -ENOMEM;
}
