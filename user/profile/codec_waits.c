// SPDX-License-Identifier: GPL-2.0-or-later
/* Chunk WAITS: sampled times off the CPUs, with stacks. */
#include "profile/codec.h"
#include "profile/valid.h"

enum {
	COL_TIME,
	COL_THREAD,
	COL_CPU,
	COL_LENGTH,	/* time - since */
	COL_WOKEN,	/* woken - since + 1; 0: never woken */
	COL_NR_BLOCKED,
	COL_NR_RUNQ,
	COL_KSTACK,
	COL_USTACK,
	COL_ENDS,
	COL_LINES,	/* line | runq_line << 8 */
	COL_PERIOD,
	COL_FLAGS,
	NR_COLS
};

static const struct pk_column cols[NR_COLS] = {
	[COL_TIME] = { PK_CODED_DIFF, PK_TIME_MAX_NS },
	[COL_THREAD] = { PK_CODED_THREADS, 0 },
	[COL_CPU] = { PK_CODED_PLAIN, UINT32_MAX },
	[COL_LENGTH] = { PK_CODED_PLAIN, PK_TIME_MAX_NS },
	[COL_WOKEN] = { PK_CODED_PLAIN, PK_TIME_MAX_NS + 1 },
	[COL_NR_BLOCKED] = { PK_CODED_PLAIN, PK_TIME_MAX_NS },
	[COL_NR_RUNQ] = { PK_CODED_PLAIN, PK_TIME_MAX_NS },
	[COL_KSTACK] = { PK_CODED_DICT, UINT32_MAX },
	[COL_USTACK] = { PK_CODED_DICT, UINT32_MAX },
	[COL_ENDS] = { PK_CODED_DICT, UINT16_MAX },
	[COL_LINES] = { PK_CODED_DICT, UINT16_MAX },
	[COL_PERIOD] = { PK_CODED_PLAIN, UINT8_MAX },
	[COL_FLAGS] = { PK_CODED_PLAIN, UINT8_MAX },
};

int pk_writer_wait(struct pk_writer *w, const struct pk_wait *x)
{
	const char *wrong = pk_wait_wrong(x);
	uint64_t nr_nodes = pk_writer_count(w, PK_CHUNK_NODES);
	const uint64_t row[NR_COLS] = {
		[COL_TIME] = x->time_ns,
		[COL_THREAD] = PK_THREAD_VALUE(x->tid, x->tgid),
		[COL_CPU] = x->cpu,
		[COL_LENGTH] = x->time_ns - x->since_ns,
		[COL_WOKEN] = x->woken_ns || !x->since_ns ? x->woken_ns - x->since_ns + 1 : 0,
		[COL_NR_BLOCKED] = x->nr_blocked,
		[COL_NR_RUNQ] = x->nr_runq,
		[COL_KSTACK] = x->kstack,
		[COL_USTACK] = x->ustack,
		[COL_ENDS] = x->ends,
		[COL_LINES] = x->line | (uint32_t)x->runq_line << 8,
		[COL_PERIOD] = x->period_log2,
		[COL_FLAGS] = x->flags,
	};

	if (wrong)
		return pk_writer_refuse(w, "wait of thread %u: %s", x->tid, wrong);
	if (x->kstack > nr_nodes || x->ustack > nr_nodes)
		return pk_writer_refuse(w, "wait with an unknown stack");
	return w->err.code ? w->err.code : pk_writer_row(w, PK_CHUNK_WAITS, row, NR_COLS);
}

static int take(struct pk_loading *l, const uint64_t *row)
{
	struct pk_wait *x = pk_vec_push(&l->p->waits);
	const char *wrong;

	if (!x)
		return -ENOMEM;
	if (row[COL_KSTACK] >= l->p->nodes.nr || row[COL_USTACK] >= l->p->nodes.nr)
		return pk_loading_bad(l, "a wait with a stack that was not given");
	*x = (struct pk_wait){
		.since_ns = row[COL_TIME] - row[COL_LENGTH],
		.time_ns = row[COL_TIME],
		.nr_blocked = row[COL_NR_BLOCKED],
		.nr_runq = row[COL_NR_RUNQ],
		.tid = PK_THREAD_TID(row[COL_THREAD]),
		.tgid = PK_THREAD_TGID(row[COL_THREAD]),
		.cpu = row[COL_CPU],
		.kstack = row[COL_KSTACK],
		.ustack = row[COL_USTACK],
		.ends = row[COL_ENDS],
		.line = row[COL_LINES] & 0xff,
		.runq_line = row[COL_LINES] >> 8,
		.period_log2 = row[COL_PERIOD],
		.flags = row[COL_FLAGS],
	};
	if (row[COL_WOKEN])
		x->woken_ns = x->since_ns + row[COL_WOKEN] - 1;
	wrong = pk_wait_wrong(x);
	return wrong ? pk_loading_bad(l, "a wait: %s", wrong) : 0;
}

const struct pk_codec pk_codec_waits = {
	.name = "waits",
	.needs = 1 << PK_CHUNK_NODES,
	.cols = cols,
	.nr_cols = NR_COLS,
	.take = take,
};
