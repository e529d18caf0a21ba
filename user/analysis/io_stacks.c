// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Block I/O by the stacks of who submitted it: one row for each process, stack, device
 * and operation, the largest first; see block_tables.h and bio_sums.h.
 */
#include <string.h>

#include "analysis/bio_sums.h"
#include "analysis/block_tables.h"
#include "analysis/hottest.h"
#include "analysis/ranking.h"
#include "base/cleanup.h"

static const struct pk_column columns[] = {
	{ "pid", "pid", PK_COL_COUNT, PK_COL_KEY },
	{ "comm", "name", PK_COL_TEXT, 0 },
	{ "device", "device", PK_COL_TEXT, PK_COL_WHOLE },
	{ "op", "operation", PK_COL_TEXT, PK_COL_WHOLE },
	{ "count", "requests", PK_COL_COUNT, 0 },
	{ "bytes", "bytes", PK_COL_BYTES, 0 },
	{ "bytes_error", "+-", PK_COL_BYTES, PK_COL_HIDDEN },
	{ "share", "of all", PK_COL_RATIO, 0 },
	{ "sum_ns", "sum", PK_COL_NS, 0 },
	{ "mean_ns", "mean", PK_COL_NS, PK_COL_OWN_UNIT },
	{ "failed", "failed", PK_COL_COUNT, PK_COL_IF_ANY },
	{ "recorded", "recorded", PK_COL_COUNT, PK_COL_HIDDEN },
	{ "stack", "stack", PK_COL_TEXT, PK_COL_HIDDEN },
	{ "code", "submitted by", PK_COL_TEXT, PK_COL_ELASTIC | PK_COL_SCREEN },
	{ 0 },
};

/* What a bio adds to its row: estimates. */
struct row {
	uint32_t process, device, stack;	/* process: index, PK_NO_OWNER: an interrupt */
	uint8_t op;
	uint64_t nr_recorded;
	double nr, nr_timed, bytes, variance, ns, nr_failed;
};

struct rows {
	PK_VEC(struct row) all;
	double bytes;
};

static int by_key(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->process != y->process)
		return x->process < y->process ? -1 : 1;
	if (x->device != y->device)
		return x->device < y->device ? -1 : 1;
	if (x->op != y->op)
		return x->op < y->op ? -1 : 1;
	return x->stack < y->stack ? -1 : x->stack > y->stack;
}

/* @stack: of all that differ from it by lines only. */
static struct row row_of(const struct pk_model *m, const struct pk_bio_sum *sum, size_t i,
			 uint32_t stack)
{
	const struct pk_bio *x = &m->profile->bios.data[i];
	uint32_t thread = m->bio_thread[i];

	return (struct row){
		.process = thread == PK_NO_OWNER ? PK_NO_OWNER : m->threads.data[thread].process,
		.device = sum->device,
		.stack = stack,
		.op = x->op,
		.nr_recorded = 1,
		.nr = sum->nr * sum->weight,
		.nr_timed = (sum->nr - sum->nr_untimed) * sum->weight,
		.bytes = x->bytes * sum->weight,
		.variance = pk_bio_variance(x, x->bytes),
		.ns = sum->ns * sum->weight,
		.nr_failed = sum->nr_failed * sum->weight,
	};
}

static void add(struct row *to, const struct row *x)
{
	to->nr_recorded += x->nr_recorded;
	to->nr += x->nr;
	to->nr_timed += x->nr_timed;
	to->bytes += x->bytes;
	to->variance += x->variance;
	to->ns += x->ns;
	to->nr_failed += x->nr_failed;
}

/* Rows of one bio each become one of all that have its key. */
static void merge(struct rows *r)
{
	size_t kept = 0;

	if (!r->all.nr)
		return;
	qsort(r->all.data, r->all.nr, sizeof(*r->all.data), by_key);
	for (size_t i = 0; i < r->all.nr; i++) {
		if (kept && !by_key(&r->all.data[kept - 1], &r->all.data[i]))
			add(&r->all.data[kept - 1], &r->all.data[i]);
		else
			r->all.data[kept++] = r->all.data[i];
	}
	r->all.nr = kept;
}

static int collect(const struct pk_io *x, struct rows *ret)
{
	const struct pk_model *m = x->s->model;
	PK_AUTO_FREE uint32_t *same = pk_model_same_stacks(m);
	struct pk_bio_sums sums;
	int rc = pk_bio_sums_init(x->s, &sums);

	if (!rc && !same)
		rc = -ENOMEM;

	for (size_t i = 0; !rc && i < sums.all.nr; i++) {
		if (!pk_bio_sums_has(&sums, x->s, i))
			continue;
		rc = pk_vec_add(&ret->all, row_of(m, &sums.all.data[i], i,
						  same[m->bio_stack[i]]));
		/* what one on top of others keeps, those below do again */
		if (!rc && !sums.all.data[i].stacked)
			ret->bytes += ret->all.data[ret->all.nr - 1].bytes;
	}
	pk_bio_sums_deinit(&sums);
	merge(ret);
	return rc;
}

static const char *keep(const struct pk_io *x, char *text)
{
	const char *kept = text ? pk_result_text(x->ret, "%s", text) : NULL;

	free(text);
	return kept;
}

static int put_row(const struct pk_io *x, struct pk_table *t, const struct row *r, double all)
{
	const struct pk_model *m = x->s->model;
	const struct pk_process *p = r->process == PK_NO_OWNER ? NULL :
								 &m->processes.data[r->process];
	const struct pk_block_device *d = pk_block_devices_find(&x->devices, r->device);
	const char *stack = keep(x, pk_stack_text(m, r->stack, false));
	const char *code = keep(x, pk_stack_text(m, r->stack, true));
	bool stacked = d && d->flags & PKPROF_BLOCK_STACKED;

	if (!stack || !code)
		return -ENOMEM;
	return pk_table_row(t, PK_COUNT(p ? p->tgid : PK_CELL_NONE),
			    PK_TEXT(p ? pk_model_string(m, p->comm) : "[interrupt]"),
			    PK_TEXT(d ? d->name : "(not known)"),
			    PK_TEXT(pk_block_op_names[r->op].name), PK_COUNT(pk_io_whole(r->nr)),
			    PK_COUNT(pk_io_whole(r->bytes)), PK_COUNT(pk_io_whole(sqrt(r->variance))),
			    PK_REAL(stacked ? NAN : pk_ratio(r->bytes, all)),
			    PK_COUNT(pk_io_whole(r->ns)),
			    PK_COUNT(r->nr_timed > 0 ? pk_io_whole(r->ns / r->nr_timed) :
						       PK_CELL_NONE),
			    PK_COUNT(pk_io_whole(r->nr_failed)), PK_COUNT(r->nr_recorded),
			    PK_TEXT(stack), PK_TEXT(code));
}

static int put_rows(const struct pk_io *x, struct pk_table *t, const struct rows *rows)
{
	PK_AUTO_FREE uint64_t *weights = calloc(rows->all.nr + 1, sizeof(*weights));
	PK_AUTO_FREE uint64_t *ties = calloc(rows->all.nr + 1, sizeof(*ties));
	struct pk_ranking ranking = { 0 };
	int rc = weights && ties ? 0 : -ENOMEM;

	for (size_t i = 0; !rc && i < rows->all.nr; i++) {
		weights[i] = pk_io_whole(rows->all.data[i].bytes);
		ties[i] = pk_io_whole(rows->all.data[i].ns) + 1;
	}
	if (!rc)
		rc = pk_ranking_init(weights, ties, rows->all.nr, x->o->limit, &ranking);
	for (size_t i = 0; !rc && i < ranking.ranks.nr; i++)
		rc = put_row(x, t, &rows->all.data[ranking.ranks.data[i].idx], rows->bytes);
	t->nr_left_out = ranking.nr_left_out;
	pk_ranking_deinit(&ranking);
	return rc;
}

int pk_io_add_stacks(const struct pk_io *x)
{
	struct pk_table *t = pk_result_table(x->ret, "stacks", "Block I/O by who submitted it", columns, 0);
	struct rows rows = { 0 };
	bool sampled = false;
	int rc = t ? collect(x, &rows) : -ENOMEM;

	if (!rc)
		rc = put_rows(x, t, &rows);
	PK_VEC_FOREACH(&rows.all, r)
		sampled |= r->variance > 0;
	pk_vec_deinit(&rows.all);
	if (!rc && !t->nr_rows)
		rc = pk_result_note(x->ret, "The recording has no block I/O with stacks%s.",
				    x->s->filtered ? " that passes the filter" : "");
	if (!rc && sampled)
		rc = pk_result_note(x->ret, "There was more than --io-cap lets through: these are "
					    "estimates from a part of it.");
	return rc ? rc : pk_result_note(x->ret, "Bytes are of what was submitted, requests and times "
						"of what ended; data written back later is of who "
						"wrote it back.");
}
