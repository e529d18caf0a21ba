// SPDX-License-Identifier: GPL-2.0-or-later
/* Chunk LATENCIES: long waits on run queues. */
#include "profile/codec.h"
#include "profile/valid.h"

enum {
	COL_TIME,
	COL_THREAD,
	COL_CPU,
	COL_LINE,
	COL_LENGTH,	/* time - queued */
	COL_THRESHOLD,
	COL_PREV,
	COL_PREV_NS,
	COL_PREV_COMM,
	NR_COLS
};

static const struct pk_column cols[NR_COLS] = {
	[COL_TIME] = { PK_CODED_DIFF, PK_TIME_MAX_NS },
	[COL_THREAD] = { PK_CODED_THREADS, 0 },
	[COL_CPU] = { PK_CODED_PLAIN, UINT32_MAX },
	[COL_LINE] = { PK_CODED_PLAIN, PKPROF_NR_LINES - 1 },
	[COL_LENGTH] = { PK_CODED_PLAIN, PK_TIME_MAX_NS },
	[COL_THRESHOLD] = { PK_CODED_DICT, UINT64_MAX },
	[COL_PREV] = { PK_CODED_THREADS, 0 },
	[COL_PREV_NS] = { PK_CODED_PLAIN, UINT64_MAX },
	[COL_PREV_COMM] = { PK_CODED_DICT, UINT32_MAX },
};

int pk_writer_latency(struct pk_writer *w, const struct pk_latency *l)
{
	const char *wrong = pk_latency_wrong(l);
	const uint64_t row[NR_COLS] = {
		[COL_TIME] = l->time_ns,
		[COL_THREAD] = PK_THREAD_VALUE(l->tid, l->tgid),
		[COL_CPU] = l->cpu,
		[COL_LINE] = l->line,
		[COL_LENGTH] = l->time_ns - l->queued_ns,
		[COL_THRESHOLD] = l->threshold_ns,
		[COL_PREV] = PK_THREAD_VALUE(l->prev_tid, l->prev_tgid),
		[COL_PREV_NS] = l->prev_ns,
		[COL_PREV_COMM] = l->prev_comm,
	};

	if (wrong)
		return pk_writer_refuse(w, "wait of thread %u for a CPU: %s", l->tid, wrong);
	if (!pk_writer_has_string(w, l->prev_comm))
		return pk_writer_refuse(w, "wait for a CPU with an unknown string");
	return w->err.code ? w->err.code : pk_writer_row(w, PK_CHUNK_LATENCIES, row, NR_COLS);
}

static int take(struct pk_loading *l, const uint64_t *row)
{
	struct pk_latency *x = pk_vec_push(&l->p->latencies);
	const char *wrong;

	if (!x)
		return -ENOMEM;
	*x = (struct pk_latency){
		.time_ns = row[COL_TIME],
		.queued_ns = row[COL_TIME] - row[COL_LENGTH],
		.threshold_ns = row[COL_THRESHOLD],
		.prev_ns = row[COL_PREV_NS],
		.tid = PK_THREAD_TID(row[COL_THREAD]),
		.tgid = PK_THREAD_TGID(row[COL_THREAD]),
		.cpu = row[COL_CPU],
		.prev_tid = PK_THREAD_TID(row[COL_PREV]),
		.prev_tgid = PK_THREAD_TGID(row[COL_PREV]),
		.line = row[COL_LINE],
	};
	wrong = pk_latency_wrong(x);
	if (wrong)
		return pk_loading_bad(l, "a wait for a CPU: %s", wrong);
	return pk_loading_string_id(l, row[COL_PREV_COMM], &x->prev_comm);
}

const struct pk_codec pk_codec_latencies = {
	.name = "waits for a CPU",
	.needs = 1 << PK_CHUNK_STRINGS,
	.cols = cols,
	.nr_cols = NR_COLS,
	.take = take,
};
