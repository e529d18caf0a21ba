// SPDX-License-Identifier: GPL-2.0-or-later
/* Chunk OPS: operations on files, one by one, taken apart. */
#include <string.h>

#include "profile/codec.h"
#include "profile/valid.h"

enum {
	COL_TIME,
	COL_THREAD,
	COL_CPU,
	COL_KIND,	/* op | flags << 8 */
	COL_FS,
	COL_FILE,
	COL_LENGTH,
	COL_BYTES,
	COL_OFFSET,	/* + 1; 0: none */
	COL_NR,
	COL_NR_REQUESTS,
	COL_USTACK,
	COL_ENDS,
	COL_PARTS,
	NR_COLS = COL_PARTS + PKPROF_NR_OP_PARTS
};

static const struct pk_column cols[NR_COLS] = {
	[COL_TIME] = { PK_CODED_DIFF, PK_TIME_MAX_NS },
	[COL_THREAD] = { PK_CODED_THREADS, 0 },
	[COL_CPU] = { PK_CODED_PLAIN, UINT32_MAX },
	[COL_KIND] = { PK_CODED_DICT, UINT16_MAX },
	[COL_FS] = { PK_CODED_DICT, UINT32_MAX },
	[COL_FILE] = { PK_CODED_DICT, UINT32_MAX },
	[COL_LENGTH] = { PK_CODED_PLAIN, PK_TIME_MAX_NS },
	[COL_BYTES] = { PK_CODED_DICT, UINT64_MAX },
	[COL_OFFSET] = { PK_CODED_PLAIN, UINT64_MAX },
	[COL_NR] = { PK_CODED_PLAIN, UINT32_MAX },
	[COL_NR_REQUESTS] = { PK_CODED_PLAIN, UINT32_MAX },
	[COL_USTACK] = { PK_CODED_DICT, UINT32_MAX },
	[COL_ENDS] = { PK_CODED_DICT, UINT16_MAX },
	[COL_PARTS ... NR_COLS - 1] = { PK_CODED_PLAIN, PK_TIME_MAX_NS },
};

int pk_writer_op(struct pk_writer *w, const struct pk_op *x)
{
	const char *wrong = pk_op_wrong(x);
	uint64_t row[NR_COLS] = {
		[COL_TIME] = x->time_ns,
		[COL_THREAD] = PK_THREAD_VALUE(x->tid, x->tgid),
		[COL_CPU] = x->cpu,
		[COL_KIND] = x->op | (uint32_t)x->flags << 8,
		[COL_FS] = x->fs,
		[COL_FILE] = x->file,
		[COL_LENGTH] = x->length_ns,
		[COL_BYTES] = x->bytes,
		[COL_OFFSET] = x->offset + 1,
		[COL_NR] = x->nr,
		[COL_NR_REQUESTS] = x->nr_requests,
		[COL_USTACK] = x->ustack,
		[COL_ENDS] = x->ends,
	};

	if (wrong)
		return pk_writer_refuse(w, "operation of thread %u: %s", x->tid, wrong);
	if (x->ustack > pk_writer_count(w, PK_CHUNK_NODES))
		return pk_writer_refuse(w, "operation with an unknown stack");
	memcpy(&row[COL_PARTS], x->parts_ns, sizeof(x->parts_ns));
	return w->err.code ? w->err.code : pk_writer_row(w, PK_CHUNK_OPS, row, NR_COLS);
}

static int take(struct pk_loading *l, const uint64_t *row)
{
	struct pk_op *x = pk_vec_push(&l->p->ops);
	const char *wrong;

	if (!x)
		return -ENOMEM;
	if (row[COL_USTACK] >= l->p->nodes.nr)
		return pk_loading_bad(l, "an operation with a stack that was not given");
	*x = (struct pk_op){
		.time_ns = row[COL_TIME],
		.length_ns = row[COL_LENGTH],
		.bytes = row[COL_BYTES],
		.offset = row[COL_OFFSET] - 1,
		.tid = PK_THREAD_TID(row[COL_THREAD]),
		.tgid = PK_THREAD_TGID(row[COL_THREAD]),
		.cpu = row[COL_CPU],
		.fs = row[COL_FS],
		.file = row[COL_FILE],
		.nr = row[COL_NR],
		.nr_requests = row[COL_NR_REQUESTS],
		.ustack = row[COL_USTACK],
		.ends = row[COL_ENDS],
		.op = row[COL_KIND] & 0xff,
		.flags = row[COL_KIND] >> 8,
	};
	memcpy(x->parts_ns, &row[COL_PARTS], sizeof(x->parts_ns));
	wrong = pk_op_wrong(x);
	return wrong ? pk_loading_bad(l, "an operation: %s", wrong) : 0;
}

const struct pk_codec pk_codec_ops = {
	.name = "single operations",
	.needs = 1 << PK_CHUNK_NODES | 1 << PK_CHUNK_VFS_FS | 1 << PK_CHUNK_OP_FILES,
	.cols = cols,
	.nr_cols = NR_COLS,
	.take = take,
};
