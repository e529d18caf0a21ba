// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Operations on files: how many there were, of how much, how long they took, and what the
 * page cache had; by operation, by file system and by process.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/ranking.h"
#include "analysis/vfs_groups.h"
#include "analysis/vfs_tables.h"
#include "base/cleanup.h"
#include "source/names.h"

#define FS_COLUMNS                                                                                 \
	{ "fs", "file system", PK_COL_TEXT, PK_COL_WHOLE },                                        \
	{ "type", "type", PK_COL_TEXT, PK_COL_WHOLE },                                             \
	{ "device", "device", PK_COL_TEXT, PK_COL_HIDDEN },                                        \
	{ "mount", "mounted on", PK_COL_TEXT, PK_COL_HIDDEN },                                     \
	{ "major", "major", PK_COL_COUNT, PK_COL_KEY | PK_COL_HIDDEN },                            \
	{ "minor", "minor", PK_COL_COUNT, PK_COL_KEY | PK_COL_HIDDEN }
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define NR_FS 6

#define OP_COLUMNS                                                                                 \
	{ "op", "operation", PK_COL_TEXT, PK_COL_WHOLE },                                          \
	{ "within", "within others", PK_COL_BOOL, PK_COL_IF_ANY },                                 \
	{ "count", "calls", PK_COL_COUNT, 0 },                                                     \
	{ "bytes", "bytes", PK_COL_BYTES, 0 },                                                     \
	{ "failed", "failed", PK_COL_COUNT, PK_COL_IF_ANY },                                       \
	{ "untimed", "untimed", PK_COL_COUNT, PK_COL_IF_ANY | PK_COL_SPARE },                      \
	{ "sum_ns", "sum", PK_COL_NS, PK_COL_OWN_UNIT },                                           \
	{ "mean_ns", "mean", PK_COL_NS, PK_COL_OWN_UNIT | PK_COL_SPARE },                          \
	{ "p50_ns", "p50", PK_COL_NS, PK_COL_OWN_UNIT },                                           \
	{ "p95_ns", "p95", PK_COL_NS, PK_COL_OWN_UNIT },                                           \
	{ "p99_ns", "p99", PK_COL_NS, PK_COL_OWN_UNIT },                                           \
	{ "p999_ns", "p99.9", PK_COL_NS, PK_COL_OWN_UNIT | PK_COL_SPARE },                         \
	{ "max_ns", "max", PK_COL_NS, PK_COL_OWN_UNIT }
#define NR_OP 13

static const struct pk_column total_columns[] = { OP_COLUMNS, { 0 } };
static const struct pk_column fs_columns[] = { FS_COLUMNS, OP_COLUMNS, { 0 } };

static const struct pk_column process_columns[] = {
	{ "pid", "pid", PK_COL_COUNT, PK_COL_KEY }, { "comm", "name", PK_COL_TEXT, PK_COL_WHOLE },
	FS_COLUMNS, OP_COLUMNS, { 0 },
};

static const struct pk_column cache_columns[] = {
	FS_COLUMNS,
	{ "op", "operation", PK_COL_TEXT, PK_COL_WHOLE },
	{ "bytes", "bytes", PK_COL_BYTES, 0 },
	{ "added_bytes", "new in cache", PK_COL_BYTES, 0 },
	{ "found_share", "found there", PK_COL_RATIO, 0 },
	{ "missed", "missed", PK_COL_COUNT, 0 },
	{ "ahead", "read ahead", PK_COL_COUNT, 0 },
	{ 0 },
};

static const struct pk_column bucket_columns[] = {
	FS_COLUMNS,
	{ "op", "operation", PK_COL_TEXT, 0 },
	{ "from_ns", "from", PK_COL_NS, 0 },
	{ "to_ns", "to", PK_COL_NS, 0 },
	{ "count", "calls", PK_COL_REAL, 0 },
	{ 0 },
};

/* One run. */
struct vfs {
	const struct pk_scope *s;
	const struct pk_analysis_opts *o;
	struct pk_result *ret;
};

/* A sum of what a file says, which may be beyond all sense. */
static uint64_t whole(double v)
{
	return v < 0x1p63 ? (uint64_t)(v + 0.5) : 1ULL << 63;
}

static union pk_cell quantile(const struct pk_dist *d, double q)
{
	double v = pk_dist_quantile(d, q);

	return PK_COUNT(isfinite(v) ? whole(v) : PK_CELL_NONE);
}

/* --- cells -------------------------------------------------------------------------- */

static const struct pk_vfs_fs *fs_of(const struct vfs *x, uint32_t id)
{
	PK_VEC_FOREACH(&x->s->model->profile->vfs_fs, it)
		if (it->fs == id)
			return it;
	return NULL;
}

/* Where it is mounted, else what it is called. */
static void fs_cells(const struct vfs *x, uint32_t id, union pk_cell ret[NR_FS])
{
	const struct pk_vfs_fs *fs = fs_of(x, id);
	const struct pk_model *m = x->s->model;
	const char *type = fs ? pk_model_string(m, fs->type) : "(not known)";
	const char *mount = fs ? pk_model_string(m, fs->mount) : "";
	bool real = fs && !(fs->flags & (PKPROF_VFS_ANY | PKPROF_VFS_NONE));

	ret[0] = PK_TEXT(*mount ? mount : type);
	ret[1] = PK_TEXT(type);
	ret[2] = PK_TEXT(fs && !(fs->flags & PKPROF_VFS_NO_DEVICE) ? pk_model_string(m, fs->name) : "");
	ret[3] = PK_TEXT(mount);
	ret[4] = PK_COUNT(real ? fs->dev >> 20 : PK_CELL_NONE);
	ret[5] = PK_COUNT(real ? fs->dev & 0xfffff : PK_CELL_NONE);
}

static void op_cells(const struct pk_vfs_group *g, union pk_cell ret[NR_OP])
{
	const struct pk_dist *d = &g->time;
	bool timed = d->count > 0;

	ret[0] = PK_TEXT(pk_vfs_op_names[g->op].name);
	ret[1] = PK_COUNT(g->below);
	ret[2] = PK_COUNT(whole(g->nr));
	ret[3] = PK_COUNT(whole(g->bytes));
	ret[4] = PK_COUNT(whole(g->nr_failed));
	ret[5] = PK_COUNT(whole(g->nr_untimed));
	ret[6] = PK_COUNT(timed ? whole(d->sum_ns) : PK_CELL_NONE);
	ret[7] = PK_COUNT(timed ? whole(d->sum_ns / d->count) : PK_CELL_NONE);
	ret[8] = quantile(d, 0.5);
	ret[9] = quantile(d, 0.95);
	ret[10] = quantile(d, 0.99);
	ret[11] = quantile(d, 0.999);
	ret[12] = PK_COUNT(timed ? d->max_ns : PK_CELL_NONE);
}

/* --- rows --------------------------------------------------------------------------- */

typedef int (*put_fn)(const struct vfs *x, struct pk_table *t, const struct pk_vfs_group *g);

static int put_total(const struct vfs *x, struct pk_table *t, const struct pk_vfs_group *g)
{
	union pk_cell cells[NR_OP];

	(void)x;
	op_cells(g, cells);
	return pk_table_add(t, cells, ARRAY_LEN(cells));
}

static int put_fs(const struct vfs *x, struct pk_table *t, const struct pk_vfs_group *g)
{
	union pk_cell cells[NR_FS + NR_OP];

	fs_cells(x, g->fs, cells);
	op_cells(g, cells + NR_FS);
	return pk_table_add(t, cells, ARRAY_LEN(cells));
}

static int put_process(const struct vfs *x, struct pk_table *t, const struct pk_vfs_group *g)
{
	const struct pk_model *m = x->s->model;
	union pk_cell cells[2 + NR_FS + NR_OP];

	cells[0] = PK_COUNT(g->tgid ? g->tgid : PK_CELL_NONE);
	cells[1] = PK_TEXT(g->owner != PK_NO_OWNER ?
				   pk_model_string(m, m->processes.data[g->owner].comm) :
				   g->tgid ? "(not known)" : "(others)");
	fs_cells(x, g->fs, cells + 2);
	op_cells(g, cells + 2 + NR_FS);
	return pk_table_add(t, cells, ARRAY_LEN(cells));
}

/*
 * What was read and was not new in the page cache was there before. Reading ahead adds more
 * than is read at once, so at first there may be more new than read.
 */
static int put_cache(const struct vfs *x, struct pk_table *t, const struct pk_vfs_group *g)
{
	bool reads = g->op == PKPROF_VFS_READ || g->op == PKPROF_VFS_SENDFILE ||
		     g->op == PKPROF_VFS_FAULT;
	double found = g->bytes > g->added_bytes ? g->bytes - g->added_bytes : 0;
	union pk_cell cells[NR_FS + 6];

	if (g->below || !(g->added_bytes > 0 || g->nr_missed > 0 || g->nr_ahead > 0))
		return 0;
	fs_cells(x, g->fs, cells);
	cells[NR_FS] = PK_TEXT(pk_vfs_op_names[g->op].name);
	cells[NR_FS + 1] = PK_COUNT(whole(g->bytes));
	cells[NR_FS + 2] = PK_COUNT(whole(g->added_bytes));
	cells[NR_FS + 3] = PK_REAL(reads ? pk_ratio(found, g->bytes) : NAN);
	cells[NR_FS + 4] = PK_COUNT(whole(g->nr_missed));
	cells[NR_FS + 5] = PK_COUNT(whole(g->nr_ahead));
	return pk_table_add(t, cells, ARRAY_LEN(cells));
}

static int put_buckets(const struct vfs *x, struct pk_table *t, const struct pk_vfs_group *g)
{
	union pk_cell cells[NR_FS + 4];
	int rc = 0;

	fs_cells(x, g->fs, cells);
	cells[NR_FS] = PK_TEXT(pk_vfs_op_names[g->op].name);
	for (unsigned int b = 0; !rc && b < PKPROF_HIST_BUCKETS; b++) {
		uint64_t low, high;

		if (!(g->time.nr[b] > 0))
			continue;
		pk_dist_bounds(b, &low, &high);
		cells[NR_FS + 1] = PK_COUNT(low);
		cells[NR_FS + 2] = PK_COUNT(high);
		cells[NR_FS + 3] = PK_REAL(g->time.nr[b]);
		rc = pk_table_add(t, cells, ARRAY_LEN(cells));
	}
	return rc;
}

/* --- tables ------------------------------------------------------------------------- */

/* Those that took the longest in all first, then those with most calls. */
static int put_ranked(const struct vfs *x, struct pk_table *t, unsigned int by, put_fn put)
{
	struct pk_vfs_groups groups;
	struct pk_ranking ranking = { 0 };
	int rc = pk_vfs_groups_init(x->s, by, &groups);
	PK_AUTO_FREE uint64_t *weights = calloc(groups.all.nr + 1, sizeof(*weights));
	PK_AUTO_FREE uint64_t *ties = calloc(groups.all.nr + 1, sizeof(*ties));

	if (!rc && !(weights && ties))
		rc = -ENOMEM;
	for (size_t i = 0; !rc && i < groups.all.nr; i++) {
		const struct pk_vfs_group *g = groups.all.data[i];

		weights[i] = whole(g->time.sum_ns);
		ties[i] = whole(g->nr + 1);
	}
	if (!rc)
		rc = pk_ranking_init(weights, ties, groups.all.nr,
				     put == put_cache || put == put_buckets ? 0 : x->o->limit, &ranking);
	for (size_t i = 0; !rc && i < ranking.ranks.nr; i++)
		rc = put(x, t, groups.all.data[ranking.ranks.data[i].idx]);
	t->nr_left_out = ranking.nr_left_out;
	pk_ranking_deinit(&ranking);
	pk_vfs_groups_deinit(&groups);
	return rc;
}

static int add_table(const struct vfs *x, const char *name, const char *title,
		     const struct pk_column *columns, unsigned int flags, unsigned int by, put_fn put)
{
	struct pk_table *t = pk_result_table(x->ret, name, title, columns, flags);

	return t ? put_ranked(x, t, by, put) : -ENOMEM;
}

static int add_file_systems(const struct vfs *x)
{
	const unsigned int by = PK_VFS_BY_FS | PK_VFS_BY_OP;
	int rc = add_table(x, "file_operations", "Operations on files, by file system", fs_columns, 0,
			   by, put_fs);

	if (!rc)
		rc = add_table(x, "page_cache", "Page cache: what was new in it, and what was found there",
			       cache_columns, 0, by, put_cache);
	if (!rc && !x->o->brief)
		rc = add_table(x, "file_buckets", "Buckets of operations on files", bucket_columns,
			       PK_TABLE_DETAIL, by, put_buckets);
	return rc;
}

static int add_notes(const struct vfs *x)
{
	int rc = pk_result_note(x->ret, "An operation on files reaches from where the file system's part "
					"of a system call begins to the end of the call, of AIO and io_uring "
					"from where the kernel begins to work on it until its result is "
					"there. Operations within others and loads by the kernel itself are "
					"counted, not timed.");

	if (!rc)
		rc = pk_result_note(x->ret, "Not seen: what the kernel reads and writes for itself (loop "
					    "devices, NFS server, core dumps, swap), and pages that a "
					    "mapping finds in the page cache.");
	return rc;
}

static int add_totals(const struct vfs *x)
{
	return add_table(x, "file_totals", "Operations on files", total_columns, 0, PK_VFS_BY_OP, put_total);
}

int pk_vfs_figures_add(const struct pk_scope *s, const struct pk_analysis_opts *o,
		       struct pk_result *ret)
{
	struct vfs x = { .s = s, .o = o, .ret = ret };

	return s->model->profile->vfs_ops.nr ? add_totals(&x) : 0;
}

int pk_vfs_tables_add(const struct pk_scope *s, const struct pk_analysis_opts *o,
		      struct pk_result *ret)
{
	struct vfs x = { .s = s, .o = o, .ret = ret };
	bool all = !o->by;
	int rc = 0;

	if (!s->model->profile->vfs_ops.nr)
		return 0;
	if (all || !strcmp(o->by, "operation"))
		rc = add_totals(&x);
	if (!rc && (all || !strcmp(o->by, "device") || !strcmp(o->by, "mount")))
		rc = add_file_systems(&x);
	if (!rc && (all || !strcmp(o->by, "process")))
		rc = add_table(&x, "file_processes", "Operations on files, by process", process_columns, 0,
			       PK_VFS_BY_FS | PK_VFS_BY_OP | PK_VFS_BY_PROCESS, put_process);
	return rc ? rc : add_notes(&x);
}
