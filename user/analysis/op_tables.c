// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables of single operations on files; see op_tables.h. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/op_anatomy.h"
#include "analysis/op_files.h"
#include "analysis/op_tables.h"
#include "analysis/ranking.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/unit.h"
#include "source/names.h"

/* In the order of enum pkprof_op_part. */
#define PART_COLUMNS                                                                               \
	{ "cpu_ns", "CPU", PK_COL_NS, PK_COL_PART_OF('c') },                                       \
	{ "cache_ns", "page cache", PK_COL_NS, PK_COL_PART_OF('p') },                              \
	{ "submit_ns", "submit", PK_COL_NS, PK_COL_PART_OF('s') },                                 \
	{ "queue_ns", "queue", PK_COL_NS, PK_COL_PART_OF('q') },                                   \
	{ "device_ns", "device", PK_COL_NS, PK_COL_PART_OF('D') },                                 \
	{ "wake_ns", "to wake-up", PK_COL_NS, PK_COL_PART_OF('w') },                               \
	{ "others_device_ns", "others' device", PK_COL_NS, PK_COL_PART_OF('O') },                  \
	{ "others_ns", "others", PK_COL_NS, PK_COL_PART_OF('o') },                                 \
	{ "lock_ns", "lock", PK_COL_NS, PK_COL_PART_OF('L') },                                     \
	{ "wait_ns", "other wait", PK_COL_NS, PK_COL_PART_OF('.') },                               \
	{ "runq_ns", "run queue", PK_COL_NS, PK_COL_PART_OF('r') }

static const struct pk_column anatomy_columns[] = {
	{ "op", "operation", PK_COL_TEXT, PK_COL_WHOLE },
	{ "band", "of them", PK_COL_TEXT, PK_COL_WHOLE },
	{ "from_ns", "from", PK_COL_NS, PK_COL_OWN_UNIT | PK_COL_SPARE },
	{ "to_ns", "up to", PK_COL_NS, PK_COL_OWN_UNIT | PK_COL_SPARE },
	{ "count", "calls", PK_COL_COUNT, 0 },
	{ "told", "told", PK_COL_COUNT, PK_COL_HIDDEN },
	{ "mean_ns", "mean", PK_COL_NS, PK_COL_OWN_UNIT },
	PART_COLUMNS,
	{ 0 },
};

#define OP_COLUMNS                                                                                 \
	{ "time_ns", "time", PK_COL_NS, PK_COL_HIDDEN },                                           \
	{ "at", "began at s", PK_COL_TEXT, PK_COL_SCREEN },                                        \
	{ "length_ns", "took", PK_COL_NS, PK_COL_OWN_UNIT },                                       \
	{ "pid", "pid", PK_COL_COUNT, PK_COL_KEY },                                                \
	{ "tid", "tid", PK_COL_COUNT, PK_COL_KEY | PK_COL_HIDDEN },                                \
	{ "comm", "thread", PK_COL_TEXT, PK_COL_WHOLE },                                           \
	{ "cpu", "CPU", PK_COL_COUNT, PK_COL_KEY | PK_COL_HIDDEN },                                \
	{ "failed", "failed", PK_COL_BOOL, PK_COL_IF_ANY },                                        \
	{ "bytes", "bytes", PK_COL_BYTES, 0 },                                                     \
	{ "offset", "at byte", PK_COL_COUNT, PK_COL_SPARE },                                       \
	{ "requests", "requests", PK_COL_COUNT, PK_COL_SPARE },                                    \
	PART_COLUMNS,                                                                              \
	{ "file", "file", PK_COL_TEXT, PK_COL_WHOLE },                                             \
	{ "stack", "called by", PK_COL_TEXT, PK_COL_ELASTIC }
#define NR_OP (13 + PKPROF_NR_OP_PARTS)
#define PARTS_AT 11

static const struct pk_column near_columns[] = {
	{ "op", "operation", PK_COL_TEXT, PK_COL_WHOLE },
	{ "quantile", "around", PK_COL_TEXT, PK_COL_WHOLE },
	OP_COLUMNS,
	{ 0 },
};

static const struct pk_column slow_columns[] = {
	{ "op", "operation", PK_COL_TEXT, PK_COL_WHOLE },
	OP_COLUMNS,
	{ 0 },
};

static const struct pk_column file_columns[] = {
	{ "op", "operation", PK_COL_TEXT, PK_COL_WHOLE },
	{ "count", "calls", PK_COL_COUNT, 0 },
	{ "told", "told", PK_COL_COUNT, PK_COL_HIDDEN },
	{ "bytes", "bytes", PK_COL_BYTES, 0 },
	{ "sum_ns", "sum", PK_COL_NS, PK_COL_OWN_UNIT },
	{ "mean_ns", "mean", PK_COL_NS, PK_COL_OWN_UNIT },
	PART_COLUMNS,
	{ "fs_dev", "device", PK_COL_COUNT, PK_COL_HIDDEN | PK_COL_KEY },
	{ "inode", "inode", PK_COL_COUNT, PK_COL_HIDDEN | PK_COL_KEY },
	{ "file", "file", PK_COL_TEXT, PK_COL_ELASTIC },
	{ 0 },
};

/* One run. */
struct ops {
	const struct pk_scope *s;
	const struct pk_analysis_opts *o;
	struct pk_result *ret;
	struct pk_op_anatomy anatomy;
	struct pk_op_names names;
};

/* A sum of what a file says, which may be beyond all sense. */
static uint64_t whole(double v)
{
	return v > 0 ? v < 0x1p63 ? (uint64_t)(v + 0.5) : 1ULL << 63 : 0;
}

static const struct pk_op *op_at(const struct ops *x, uint32_t i)
{
	return &x->s->model->profile->ops.data[i];
}

/* --- the mean anatomy --------------------------------------------------------------- */

static const char *const band_names[PK_OP_NR_BANDS] = {
	"fastest half", "p50 to p90", "p90 to p99", "p99 to p99.9", "slowest 0.1 %",
};

static int put_band(const struct ops *x, struct pk_table *t, unsigned int op, unsigned int band)
{
	const struct pk_op_kind *k = &x->anatomy.kinds[op];
	unsigned int from = band ? k->ends[band - 1] + 1 : 0, to = k->ends[band], first, last;
	union pk_cell cells[7 + PKPROF_NR_OP_PARTS];
	uint64_t from_ns, to_ns, unused;
	struct pk_op_band b;

	/* what the one before took has nothing left for this one */
	if (from > to)
		return 0;
	pk_op_band(&x->anatomy, x->s, op, from, to, &b);
	if (!(b.nr >= 0.5))
		return 0;
	for (first = from; first < to && !(k->time.nr[first] > 0); first++)
		;
	for (last = to; last > first && !(k->time.nr[last] > 0); last--)
		;
	pk_dist_bounds(first, &from_ns, &unused);
	pk_dist_bounds(last, &unused, &to_ns);
	cells[0] = PK_TEXT(pk_vfs_op_names[op].name);
	cells[1] = PK_TEXT(band_names[band]);
	cells[2] = PK_COUNT(from_ns);
	cells[3] = PK_COUNT(to_ns);
	cells[4] = PK_COUNT(whole(b.nr));
	cells[5] = PK_COUNT(b.nr_told);
	cells[6] = PK_COUNT(b.nr_told ? whole(b.mean_ns) : PK_CELL_NONE);
	for (unsigned int part = 0; part < PKPROF_NR_OP_PARTS; part++)
		cells[7 + part] = PK_COUNT(whole(b.parts_ns[part]));
	return pk_table_add(t, cells, PK_ARRAY_SIZE(cells));
}

/* Kinds by the time that all of theirs took. */
static int rank_kinds(const struct ops *x, struct pk_ranking *ret)
{
	uint64_t weights[PKPROF_NR_VFS_OPS] = { 0 };

	for (unsigned int op = 0; op < PKPROF_NR_VFS_OPS; op++)
		if (x->anatomy.kinds[op].any && x->anatomy.kinds[op].nr_told)
			weights[op] = whole(x->anatomy.kinds[op].time.sum_ns) + 1;
	return pk_ranking_init(weights, NULL, PKPROF_NR_VFS_OPS, 0, ret);
}

static int add_anatomy(const struct ops *x, const struct pk_ranking *kinds)
{
	struct pk_table *t = pk_result_table(x->ret, "anatomy",
					     "What the time of operations on files went to, on average, "
					     "by how long they took",
					     anatomy_columns, 0);
	int rc = t ? 0 : -ENOMEM;

	for (size_t i = 0; !rc && i < kinds->ranks.nr; i++)
		for (unsigned int band = 0; !rc && band < PK_OP_NR_BANDS; band++)
			rc = put_band(x, t, kinds->ranks.data[i].idx, band);
	return rc;
}

/* --- single ones --------------------------------------------------------------------- */

/* The caller first, up to the entry; markers included. */
static const char *stack_text(const struct ops *x, uint32_t i)
{
	const struct pk_model *m = x->s->model;
	struct pk_strbuf text = { 0 };
	const char *ret;

	for (uint32_t node = m->op_stack[i]; node; node = m->nodes.data[node].parent) {
		if (text.len)
			pk_strbuf_puts(&text, " < ");
		pk_strbuf_puts(&text, pk_model_string(m, m->frames.data[m->nodes.data[node].frame].text));
	}
	ret = pk_strbuf_failed(&text) ? NULL : pk_result_text(x->ret, "%s", text.len ? text.data : "");
	pk_strbuf_deinit(&text);
	return ret;
}

static int op_cells(const struct ops *x, uint32_t i, union pk_cell ret[NR_OP])
{
	const struct pk_model *m = x->s->model;
	const struct pk_op *op = op_at(x, i);
	uint64_t began_ns = op->time_ns - op->length_ns;
	uint64_t since_ns = began_ns > m->profile->start_ns ? began_ns - m->profile->start_ns : 0;
	const char *at = pk_result_text(x->ret, "%.6f", since_ns / 1e9);
	const char *stack = stack_text(x, i);

	if (!at || !stack)
		return -ENOMEM;
	ret[0] = PK_COUNT(since_ns);
	ret[1] = PK_TEXT(at);
	ret[2] = PK_COUNT(op->length_ns);
	ret[3] = PK_COUNT(op->tgid);
	ret[4] = PK_COUNT(op->tid);
	ret[5] = PK_TEXT(pk_model_string(m, m->threads.data[m->op_thread[i]].comm));
	ret[6] = PK_COUNT(op->cpu);
	ret[7] = PK_COUNT(!!(op->flags & PKPROF_OP_FAILED));
	ret[8] = PK_COUNT(op->bytes);
	ret[9] = PK_COUNT(op->offset != PKPROF_OP_NO_OFFSET ? op->offset : PK_CELL_NONE);
	ret[10] = PK_COUNT(op->nr_requests);
	for (unsigned int part = 0; part < PKPROF_NR_OP_PARTS; part++)
		ret[PARTS_AT + part] = PK_COUNT(op->parts_ns[part]);
	ret[PARTS_AT + PKPROF_NR_OP_PARTS] = PK_TEXT(pk_op_names_get(&x->names, op->file));
	ret[PARTS_AT + PKPROF_NR_OP_PARTS + 1] = PK_TEXT(stack);
	return 0;
}

static int put_near(const struct ops *x, struct pk_table *t, unsigned int op, double q,
		    const char *name)
{
	union pk_cell cells[2 + NR_OP] = { PK_TEXT(pk_vfs_op_names[op].name), PK_TEXT(name) };
	long i = pk_op_near(&x->anatomy, x->s, op, q);
	int rc = i >= 0 ? op_cells(x, i, cells + 2) : 0;

	return rc || i < 0 ? rc : pk_table_add(t, cells, PK_ARRAY_SIZE(cells));
}

static int add_near(const struct ops *x, const struct pk_ranking *kinds)
{
	static const struct {
		double q;
		const char *name;
	} quantiles[] = { { 0.5, "p50" }, { 0.99, "p99" }, { 0.999, "p99.9" } };
	struct pk_table *t = pk_result_table(x->ret, "around", "Operations around the quantiles",
					     near_columns, 0);
	int rc = t ? 0 : -ENOMEM;

	for (size_t i = 0; !rc && i < kinds->ranks.nr; i++)
		for (size_t q = 0; !rc && q < PK_ARRAY_SIZE(quantiles); q++)
			rc = put_near(x, t, kinds->ranks.data[i].idx, quantiles[q].q,
				      quantiles[q].name);
	return rc;
}

static int add_slowest(const struct ops *x)
{
	struct pk_table *t = pk_result_table(x->ret, "slowest", "Slowest operations", slow_columns, 0);
	PK_AUTO_FREE uint64_t *weights = calloc(x->anatomy.ops.nr + 1, sizeof(*weights));
	struct pk_ranking slowest = { 0 };
	int rc = t && weights ? 0 : -ENOMEM;

	for (size_t i = 0; !rc && i < x->anatomy.ops.nr; i++)
		weights[i] = op_at(x, x->anatomy.ops.data[i])->length_ns;
	if (!rc)
		rc = pk_ranking_init(weights, NULL, x->anatomy.ops.nr, x->o->limit, &slowest);
	for (size_t i = 0; !rc && i < slowest.ranks.nr; i++) {
		uint32_t at = x->anatomy.ops.data[slowest.ranks.data[i].idx];
		union pk_cell cells[1 + NR_OP] = { PK_TEXT(pk_vfs_op_names[op_at(x, at)->op].name) };

		rc = op_cells(x, at, cells + 1);
		rc = rc ? rc : pk_table_add(t, cells, PK_ARRAY_SIZE(cells));
	}
	if (!rc)
		t->nr_left_out = slowest.nr_left_out;
	pk_ranking_deinit(&slowest);
	return rc;
}

/* --- by file --------------------------------------------------------------------------- */

static int put_file(const struct ops *x, struct pk_table *t, const struct pk_op_file_sum *sum)
{
	const struct pk_op_file *f = pk_op_names_file(&x->names, sum->file);
	union pk_cell cells[6 + PKPROF_NR_OP_PARTS + 3];

	cells[0] = PK_TEXT(pk_vfs_op_names[sum->op].name);
	cells[1] = PK_COUNT(whole(sum->nr));
	cells[2] = PK_COUNT(sum->nr_told);
	cells[3] = PK_COUNT(whole(sum->bytes));
	cells[4] = PK_COUNT(whole(sum->sum_ns));
	cells[5] = PK_COUNT(whole(sum->sum_ns / sum->nr));
	for (unsigned int part = 0; part < PKPROF_NR_OP_PARTS; part++)
		cells[6 + part] = PK_COUNT(whole(sum->parts_ns[part] / sum->nr));
	cells[6 + PKPROF_NR_OP_PARTS] = PK_COUNT(f ? f->dev : PK_CELL_NONE);
	cells[7 + PKPROF_NR_OP_PARTS] = PK_COUNT(f ? f->ino : PK_CELL_NONE);
	cells[8 + PKPROF_NR_OP_PARTS] = PK_TEXT(pk_op_names_get(&x->names, sum->file));
	return pk_table_add(t, cells, PK_ARRAY_SIZE(cells));
}

static int add_files(const struct ops *x)
{
	struct pk_table *t = pk_result_table(x->ret, "files", "Operations by file, estimated from those "
							      "that were told one by one",
					     file_columns, 0);
	struct pk_op_file_sums sums = { 0 };
	struct pk_ranking largest = { 0 };
	PK_AUTO_FREE uint64_t *weights = NULL;
	int rc = t ? pk_op_file_sums_init(&x->anatomy, x->s, &sums) : -ENOMEM;

	if (!rc) {
		weights = calloc(sums.all.nr + 1, sizeof(*weights));
		rc = weights ? 0 : -ENOMEM;
	}
	for (size_t i = 0; !rc && i < sums.all.nr; i++)
		weights[i] = whole(sums.all.data[i].sum_ns) + 1;
	if (!rc)
		rc = pk_ranking_init(weights, NULL, sums.all.nr, x->o->limit, &largest);
	for (size_t i = 0; !rc && i < largest.ranks.nr; i++)
		rc = put_file(x, t, &sums.all.data[largest.ranks.data[i].idx]);
	if (!rc)
		t->nr_left_out = largest.nr_left_out;
	pk_ranking_deinit(&largest);
	pk_op_file_sums_deinit(&sums);
	return rc;
}

/* --- the whole --------------------------------------------------------------------------- */

static int add_notes(const struct ops *x)
{
	int rc;

	if (!x->anatomy.ops.nr)
		return pk_result_note(x->ret, x->anatomy.nr_whole ?
					      "Operations were not taken apart: source sched was off." :
					      "No operation on a file is told one by one here: source vfs "
					      "was off, or there was none.");
	rc = pk_result_note(x->ret, "Of each kind, length (within 1/8) and CPU one operation in %.0f ms is "
				    "told, and each one that is longer than all before; the averages count "
				    "each length as often as there were operations of it.",
			    PKPROF_OP_SLOT_NS / 1e6);
	if (!rc)
		rc = pk_result_note(x->ret, "queue, device, to wake-up: waits that a request of the "
					    "operation's own ended. others' device, others: waits for the disk "
					    "that none did (a journal, write-back, a page somebody else "
					    "reads), while the device was busy or not.");
	return rc;
}

static int run(struct ops *x)
{
	struct pk_ranking kinds = { 0 };
	int rc;

	if (!strcmp(x->o->by, "file")) {
		rc = add_files(x);
	} else {
		rc = rank_kinds(x, &kinds);
		if (!rc)
			rc = add_anatomy(x, &kinds);
		if (!rc)
			rc = add_near(x, &kinds);
		if (!rc)
			rc = add_slowest(x);
		pk_ranking_deinit(&kinds);
	}
	return rc ? rc : add_notes(x);
}

int pk_op_tables_add(const struct pk_scope *s, const struct pk_analysis_opts *o,
		     struct pk_result *ret)
{
	struct ops x = { .s = s, .o = o, .ret = ret };
	int rc = pk_op_anatomy_init(s, &x.anatomy);

	if (!rc)
		rc = pk_op_names_init(s->model, ret, &x.names);
	if (!rc)
		rc = run(&x);
	pk_op_names_deinit(&x.names);
	pk_op_anatomy_deinit(&x.anatomy);
	return rc;
}
