/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables of block requests and devices, as analysis io shows them: from groups of
 * pieces to rows. Each function adds what it says to x->ret; 0 or -ENOMEM.
 */
#ifndef PK_BLOCK_TABLES_H
#define PK_BLOCK_TABLES_H

#include <math.h>

#include "analysis/analysis.h"
#include "analysis/block_groups.h"
#include "source/names.h"

/* One run of the analysis. */
struct pk_io {
	const struct pk_scope *s;
	const struct pk_analysis_opts *o;
	struct pk_result *ret;
	struct pk_block_devices devices;
};

/* block_tables.c */
int pk_io_add_devices(const struct pk_io *x);
int pk_io_add_ops(const struct pk_io *x);
int pk_io_add_times(const struct pk_io *x);
int pk_io_add_processes(const struct pk_io *x);
int pk_io_add_cgroups(const struct pk_io *x);

/* block_details.c */
int pk_io_add_sizes(const struct pk_io *x);	/* and their buckets */
int pk_io_add_depths(const struct pk_io *x);
int pk_io_add_histogram(const struct pk_io *x);

/* io_stacks.c */
int pk_io_add_stacks(const struct pk_io *x);

/* --- rows --- */

/* Columns of what pk_io_quantile() of five and pk_io_max_of() say. */
#define PK_IO_QUANTILE_COLUMNS                                                                           \
	{ "p50_ns", "p50", PK_COL_NS, PK_COL_OWN_UNIT },                                           \
	{ "p95_ns", "p95", PK_COL_NS, PK_COL_OWN_UNIT },                                           \
	{ "p99_ns", "p99", PK_COL_NS, PK_COL_OWN_UNIT },                                           \
	{ "p999_ns", "p99.9", PK_COL_NS, PK_COL_OWN_UNIT },                                        \
	{ "max_ns", "max", PK_COL_NS, PK_COL_OWN_UNIT }

/* A row of a table, from one group. */
typedef int (*pk_io_put_fn)(const struct pk_io *x, struct pk_table *t,
			    const struct pk_block_group *g);

/* All groups told apart by @what, in their order; with more than the limit the rest is left out. */
int pk_io_put_groups(const struct pk_io *x, struct pk_table *t, unsigned int what, pk_io_put_fn put);

/* A sum of what a file says, which may be beyond all sense. */
static inline uint64_t pk_io_whole(double v)
{
	return v < 0x1p63 ? (uint64_t)(v + 0.5) : 1ULL << 63;
}

static inline union pk_cell pk_io_quantile(const struct pk_dist *d, double q)
{
	double v = pk_dist_quantile(d, q);

	return PK_COUNT(isfinite(v) ? pk_io_whole(v) : PK_CELL_NONE);
}

static inline union pk_cell pk_io_max_of(const struct pk_dist *d)
{
	return PK_COUNT(d->count > 0 ? d->max_ns : PK_CELL_NONE);
}

static inline const char *pk_io_device_name(const struct pk_block_group *g)
{
	return g->device ? g->device->name : "all";
}

static inline const char *pk_io_op_name(const struct pk_block_group *g)
{
	return pk_block_op_names[g->op].name;
}

extern const char *const pk_io_time_names[PKPROF_NR_BLOCK_TIMES];

#endif
