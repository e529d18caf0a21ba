// SPDX-License-Identifier: GPL-2.0-or-later
/* Chunk WAKES: who ended sampled waits, with the waker's stacks. */
#include "profile/codec.h"
#include "profile/valid.h"

enum {
	COL_TIME,
	COL_THREAD,
	COL_CPU,
	COL_LENGTH,	/* time - since */
	COL_WAKER,
	COL_WAKER_COMM,
	COL_KSTACK,
	COL_USTACK,
	COL_ENDS,
	COL_FLAGS,
	NR_COLS
};

static const struct pk_column cols[NR_COLS] = {
	[COL_TIME] = { PK_CODED_DIFF, PK_TIME_MAX_NS },
	[COL_THREAD] = { PK_CODED_THREADS, 0 },
	[COL_CPU] = { PK_CODED_PLAIN, UINT32_MAX },
	[COL_LENGTH] = { PK_CODED_PLAIN, PK_TIME_MAX_NS },
	[COL_WAKER] = { PK_CODED_THREADS, 0 },
	[COL_WAKER_COMM] = { PK_CODED_DICT, UINT32_MAX },
	[COL_KSTACK] = { PK_CODED_DICT, UINT32_MAX },
	[COL_USTACK] = { PK_CODED_DICT, UINT32_MAX },
	[COL_ENDS] = { PK_CODED_DICT, UINT16_MAX },
	[COL_FLAGS] = { PK_CODED_DICT, UINT16_MAX },
};

int pk_writer_wake(struct pk_writer *w, const struct pk_wake *x)
{
	const char *wrong = pk_wake_wrong(x);
	uint64_t nr_nodes = pk_writer_count(w, PK_CHUNK_NODES);
	const uint64_t row[NR_COLS] = {
		[COL_TIME] = x->time_ns,
		[COL_THREAD] = PK_THREAD_VALUE(x->tid, x->tgid),
		[COL_CPU] = x->cpu,
		[COL_LENGTH] = x->time_ns - x->since_ns,
		[COL_WAKER] = PK_THREAD_VALUE(x->waker_tid, x->waker_tgid),
		[COL_WAKER_COMM] = x->waker_comm,
		[COL_KSTACK] = x->kstack,
		[COL_USTACK] = x->ustack,
		[COL_ENDS] = x->ends,
		[COL_FLAGS] = x->flags,
	};

	if (wrong)
		return pk_writer_refuse(w, "waking of thread %u: %s", x->tid, wrong);
	if (x->kstack > nr_nodes || x->ustack > nr_nodes)
		return pk_writer_refuse(w, "waking with an unknown stack");
	if (!pk_writer_has_string(w, x->waker_comm))
		return pk_writer_refuse(w, "waking with an unknown string");
	return w->err.code ? w->err.code : pk_writer_row(w, PK_CHUNK_WAKES, row, NR_COLS);
}

static int take(struct pk_loading *l, const uint64_t *row)
{
	struct pk_wake *x = pk_vec_push(&l->p->wakes);
	const char *wrong;

	if (!x)
		return -ENOMEM;
	if (row[COL_KSTACK] >= l->p->nodes.nr || row[COL_USTACK] >= l->p->nodes.nr)
		return pk_loading_bad(l, "a waking with a stack that was not given");
	*x = (struct pk_wake){
		.since_ns = row[COL_TIME] - row[COL_LENGTH],
		.time_ns = row[COL_TIME],
		.tid = PK_THREAD_TID(row[COL_THREAD]),
		.tgid = PK_THREAD_TGID(row[COL_THREAD]),
		.cpu = row[COL_CPU],
		.waker_tid = PK_THREAD_TID(row[COL_WAKER]),
		.waker_tgid = PK_THREAD_TGID(row[COL_WAKER]),
		.kstack = row[COL_KSTACK],
		.ustack = row[COL_USTACK],
		.ends = row[COL_ENDS],
		.flags = row[COL_FLAGS],
	};
	wrong = pk_wake_wrong(x);
	if (wrong)
		return pk_loading_bad(l, "a waking: %s", wrong);
	return pk_loading_string_id(l, row[COL_WAKER_COMM], &x->waker_comm);
}

const struct pk_codec pk_codec_wakes = {
	.name = "wakings",
	.needs = 1 << PK_CHUNK_STRINGS | 1 << PK_CHUNK_NODES,
	.cols = cols,
	.nr_cols = NR_COLS,
	.take = take,
};
