// SPDX-License-Identifier: GPL-2.0-or-later
/* Chunk OP_FILES: files that operations were on. */
#include "profile/codec.h"

enum { COL_ID, COL_DEV, COL_GEN, COL_INO, COL_PATH, NR_COLS };

static const struct pk_column cols[NR_COLS] = {
	[COL_ID] = { PK_CODED_DIFF, UINT32_MAX },
	[COL_DEV] = { PK_CODED_DICT, UINT32_MAX },
	[COL_GEN] = { PK_CODED_PLAIN, UINT32_MAX },
	[COL_INO] = { PK_CODED_PLAIN, UINT64_MAX },
	[COL_PATH] = { PK_CODED_PLAIN, UINT32_MAX },
};

int pk_writer_op_file(struct pk_writer *w, const struct pk_op_file *x)
{
	const uint64_t row[NR_COLS] = {
		[COL_ID] = x->id,   [COL_DEV] = x->dev,	  [COL_GEN] = x->gen,
		[COL_INO] = x->ino, [COL_PATH] = x->path,
	};

	if (!x->id)
		return pk_writer_refuse(w, "a file of operations without a number");
	if (!pk_writer_has_string(w, x->path))
		return pk_writer_refuse(w, "file %u of operations with an unknown path", x->id);
	return w->err.code ? w->err.code : pk_writer_row(w, PK_CHUNK_OP_FILES, row, NR_COLS);
}

static int take(struct pk_loading *l, const uint64_t *row)
{
	struct pk_op_file *x = pk_vec_push(&l->p->op_files);

	if (!x)
		return -ENOMEM;
	if (!row[COL_ID])
		return pk_loading_bad(l, "a file of operations without a number");
	x->id = row[COL_ID];
	x->dev = row[COL_DEV];
	x->gen = row[COL_GEN];
	x->ino = row[COL_INO];
	return pk_loading_string_id(l, row[COL_PATH], &x->path);
}

const struct pk_codec pk_codec_op_files = {
	.name = "files of operations",
	.needs = 1 << PK_CHUNK_STRINGS,
	.cols = cols,
	.nr_cols = NR_COLS,
	.take = take,
};
