// SPDX-License-Identifier: GPL-2.0-or-later
/* Chunk BLOCK_LOADS: how many requests block devices had in flight, and for how long. */
#include "profile/codec.h"
#include "profile/valid.h"

enum {
	COL_DEVICE,
	COL_TO,
	COL_FROM,
	COL_DEV,
	COL_FLAGS,
	COL_NAME,
	COL_MAX,
	COL_LOAD,
	COL_DEPTH,	/* of class 1 and so on; class 0 is the rest */
	NR_COLS = COL_DEPTH + PKPROF_BLOCK_DEPTHS - 1
};

static const struct pk_column cols[NR_COLS] = {
	[COL_DEVICE] = { PK_CODED_DIFF, UINT32_MAX },
	[COL_TO] = { PK_CODED_DIFF, PK_TIME_MAX_NS },
	[COL_FROM] = { PK_CODED_DIFF, PK_TIME_MAX_NS },
	[COL_DEV] = { PK_CODED_DICT, UINT32_MAX },
	[COL_FLAGS] = { PK_CODED_DICT, UINT32_MAX },
	[COL_NAME] = { PK_CODED_DICT, UINT32_MAX },
	[COL_MAX] = { PK_CODED_PLAIN, UINT32_MAX },
	[COL_LOAD] = { PK_CODED_PLAIN, UINT64_MAX },
	[COL_DEPTH ... NR_COLS - 1] = { PK_CODED_PLAIN, PK_TIME_MAX_NS },
};

int pk_writer_block_load(struct pk_writer *w, const struct pk_block_load *x)
{
	const char *wrong = pk_block_load_wrong(x);
	uint64_t row[NR_COLS] = {
		[COL_DEVICE] = x->device,
		[COL_TO] = x->to_ns,
		[COL_FROM] = x->from_ns,
		[COL_DEV] = x->dev,
		[COL_FLAGS] = x->flags,
		[COL_NAME] = x->name,
		[COL_MAX] = x->max_depth,
		[COL_LOAD] = x->load_ns,
	};

	if (wrong)
		return pk_writer_refuse(w, "load of block device %u: %s", x->device, wrong);
	if (!pk_writer_has_string(w, x->name))
		return pk_writer_refuse(w, "block device %u with an unknown string", x->device);
	for (unsigned int i = 1; i < PKPROF_BLOCK_DEPTHS; i++)
		row[COL_DEPTH + i - 1] = x->depth_ns[i];
	return w->err.code ? w->err.code : pk_writer_row(w, PK_CHUNK_BLOCK_LOADS, row, NR_COLS);
}

static int take(struct pk_loading *l, const uint64_t *row)
{
	struct pk_block_load *x = pk_vec_push(&l->p->block_loads);
	const char *wrong;

	if (!x)
		return -ENOMEM;
	*x = (struct pk_block_load){
		.from_ns = row[COL_FROM],
		.to_ns = row[COL_TO],
		.load_ns = row[COL_LOAD],
		.device = row[COL_DEVICE],
		.dev = row[COL_DEV],
		.flags = row[COL_FLAGS],
		.max_depth = row[COL_MAX],
	};
	/* a rest below 0 is too large for what valid.c lets through */
	x->depth_ns[0] = x->to_ns - x->from_ns;
	for (unsigned int i = 1; i < PKPROF_BLOCK_DEPTHS; i++) {
		x->depth_ns[i] = row[COL_DEPTH + i - 1];
		x->depth_ns[0] -= x->depth_ns[i];
	}
	wrong = pk_block_load_wrong(x);
	if (wrong)
		return pk_loading_bad(l, "a block device's load: %s", wrong);
	return pk_loading_string_id(l, row[COL_NAME], &x->name);
}

const struct pk_codec pk_codec_block_loads = {
	.name = "loads of block devices",
	.needs = 1 << PK_CHUNK_STRINGS,
	.cols = cols,
	.nr_cols = NR_COLS,
	.take = take,
};
