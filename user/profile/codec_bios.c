// SPDX-License-Identifier: GPL-2.0-or-later
/* Chunks BIOS and BIO_ENDS: block I/O with the stacks of who submitted it, and its ends. */
#include "profile/codec.h"
#include "profile/valid.h"

/* --- BIOS --------------------------------------------------------------------------- */

enum {
	COL_TIME,
	COL_THREAD,
	COL_CPU,
	COL_ID,
	COL_UNITS,
	COL_DEVICE,	/* device | op << 32 */
	COL_BYTES,
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
	[COL_ID] = { PK_CODED_DIFF, UINT64_MAX },
	[COL_UNITS] = { PK_CODED_DICT, PKPROF_MAX_IO_UNITS },
	[COL_DEVICE] = { PK_CODED_DICT, (uint64_t)UINT8_MAX << 32 | UINT32_MAX },
	[COL_BYTES] = { PK_CODED_DICT, UINT32_MAX },
	[COL_KSTACK] = { PK_CODED_DICT, UINT32_MAX },
	[COL_USTACK] = { PK_CODED_DICT, UINT32_MAX },
	[COL_ENDS] = { PK_CODED_DICT, UINT16_MAX },
	[COL_FLAGS] = { PK_CODED_PLAIN, UINT8_MAX },
};

int pk_writer_bio(struct pk_writer *w, const struct pk_bio *x)
{
	const char *wrong = pk_bio_wrong(x);
	uint64_t nr_nodes = pk_writer_count(w, PK_CHUNK_NODES);
	const uint64_t row[NR_COLS] = {
		[COL_TIME] = x->time_ns,
		[COL_THREAD] = PK_THREAD_VALUE(x->tid, x->tgid),
		[COL_CPU] = x->cpu,
		[COL_ID] = x->id,
		[COL_UNITS] = x->units,
		[COL_DEVICE] = x->device | (uint64_t)x->op << 32,
		[COL_BYTES] = x->bytes,
		[COL_KSTACK] = x->kstack,
		[COL_USTACK] = x->ustack,
		[COL_ENDS] = x->ends,
		[COL_FLAGS] = x->flags,
	};

	if (wrong)
		return pk_writer_refuse(w, "block I/O of thread %u: %s", x->tid, wrong);
	if (x->kstack > nr_nodes || x->ustack > nr_nodes)
		return pk_writer_refuse(w, "block I/O with an unknown stack");
	return w->err.code ? w->err.code : pk_writer_row(w, PK_CHUNK_BIOS, row, NR_COLS);
}

static int take(struct pk_loading *l, const uint64_t *row)
{
	struct pk_bio *x = pk_vec_push(&l->p->bios);
	const char *wrong;

	if (!x)
		return -ENOMEM;
	if (row[COL_KSTACK] >= l->p->nodes.nr || row[COL_USTACK] >= l->p->nodes.nr)
		return pk_loading_bad(l, "block I/O with a stack that was not given");
	*x = (struct pk_bio){
		.time_ns = row[COL_TIME],
		.id = row[COL_ID],
		.units = row[COL_UNITS],
		.tid = PK_THREAD_TID(row[COL_THREAD]),
		.tgid = PK_THREAD_TGID(row[COL_THREAD]),
		.cpu = row[COL_CPU],
		.device = (uint32_t)row[COL_DEVICE],
		.bytes = row[COL_BYTES],
		.kstack = row[COL_KSTACK],
		.ustack = row[COL_USTACK],
		.ends = row[COL_ENDS],
		.op = row[COL_DEVICE] >> 32,
		.flags = row[COL_FLAGS],
	};
	wrong = pk_bio_wrong(x);
	return wrong ? pk_loading_bad(l, "block I/O: %s", wrong) : 0;
}

const struct pk_codec pk_codec_bios = {
	.name = "block I/O",
	.needs = 1 << PK_CHUNK_NODES,
	.cols = cols,
	.nr_cols = NR_COLS,
	.take = take,
};

/* --- BIO_ENDS ----------------------------------------------------------------------- */

enum {
	END_TIME,
	END_ID,
	END_QUEUE,
	END_DEVICE_NS,
	END_DEVICE,
	END_FLAGS,
	NR_END_COLS
};

static const struct pk_column end_cols[NR_END_COLS] = {
	[END_TIME] = { PK_CODED_DIFF, PK_TIME_MAX_NS },
	[END_ID] = { PK_CODED_DIFF, UINT64_MAX },
	[END_QUEUE] = { PK_CODED_PLAIN, PK_TIME_MAX_NS },
	[END_DEVICE_NS] = { PK_CODED_PLAIN, PK_TIME_MAX_NS },
	[END_DEVICE] = { PK_CODED_DICT, UINT32_MAX },
	[END_FLAGS] = { PK_CODED_PLAIN, UINT8_MAX },
};

int pk_writer_bio_end(struct pk_writer *w, const struct pk_bio_end *x)
{
	const char *wrong = pk_bio_end_wrong(x);
	const uint64_t row[NR_END_COLS] = {
		[END_TIME] = x->time_ns,
		[END_ID] = x->id,
		[END_QUEUE] = x->queue_ns,
		[END_DEVICE_NS] = x->device_ns,
		[END_DEVICE] = x->device,
		[END_FLAGS] = x->flags,
	};

	if (wrong)
		return pk_writer_refuse(w, "end of block I/O: %s", wrong);
	return w->err.code ? w->err.code : pk_writer_row(w, PK_CHUNK_BIO_ENDS, row, NR_END_COLS);
}

static int take_end(struct pk_loading *l, const uint64_t *row)
{
	struct pk_bio_end *x = pk_vec_push(&l->p->bio_ends);
	const char *wrong;

	if (!x)
		return -ENOMEM;
	*x = (struct pk_bio_end){
		.time_ns = row[END_TIME],
		.id = row[END_ID],
		.queue_ns = row[END_QUEUE],
		.device_ns = row[END_DEVICE_NS],
		.device = row[END_DEVICE],
		.flags = row[END_FLAGS],
	};
	wrong = pk_bio_end_wrong(x);
	return wrong ? pk_loading_bad(l, "an end of block I/O: %s", wrong) : 0;
}

const struct pk_codec pk_codec_bio_ends = {
	.name = "ends of block I/O",
	.cols = end_cols,
	.nr_cols = NR_END_COLS,
	.take = take_end,
};
