// SPDX-License-Identifier: GPL-2.0-or-later
/* Chunk NOTICES: what was given up to keep the budget, and what came back. */
#include "profile/codec.h"
#include "profile/valid.h"

enum {
	COL_TIME,
	COL_STEP,	/* step + 256 * level */
	COL_SOURCE,
	COL_SOURCE_PPM,
	COL_SHARE,
	COL_KEPT,
	COL_RECORDER,
	COL_BUDGET,
	NR_COLS
};

static const struct pk_column cols[NR_COLS] = {
	[COL_TIME] = { PK_CODED_DIFF, PK_TIME_MAX_NS },
	[COL_STEP] = { PK_CODED_PLAIN, UINT16_MAX },
	[COL_SOURCE] = { PK_CODED_PLAIN, UINT16_MAX },
	[COL_SOURCE_PPM] = { PK_CODED_PLAIN, UINT32_MAX },
	[COL_SHARE] = { PK_CODED_PLAIN, UINT32_MAX },
	[COL_KEPT] = { PK_CODED_PLAIN, UINT32_MAX },
	[COL_RECORDER] = { PK_CODED_PLAIN, UINT32_MAX },
	[COL_BUDGET] = { PK_CODED_DICT, UINT32_MAX },
};

int pk_writer_step(struct pk_writer *w, const struct pk_step *x)
{
	const char *wrong = pk_step_wrong(x);
	const uint64_t row[NR_COLS] = {
		[COL_TIME] = x->time_ns,
		[COL_STEP] = x->step | x->level << 8,
		[COL_SOURCE] = x->source,
		[COL_SOURCE_PPM] = x->source_ppm,
		[COL_SHARE] = x->share_ppm,
		[COL_KEPT] = x->kept_ppm,
		[COL_RECORDER] = x->recorder_ppm,
		[COL_BUDGET] = x->budget_ppm,
	};

	if (wrong)
		return pk_writer_refuse(w, "step of the governor: %s", wrong);
	return w->err.code ? w->err.code : pk_writer_row(w, PK_CHUNK_NOTICES, row, NR_COLS);
}

static int take(struct pk_loading *l, const uint64_t *row)
{
	struct pk_step *x = pk_vec_push(&l->p->steps);
	const char *wrong;

	if (!x)
		return -ENOMEM;
	*x = (struct pk_step){
		.time_ns = row[COL_TIME],
		.step = row[COL_STEP] & 0xff,
		.level = row[COL_STEP] >> 8,
		.source = row[COL_SOURCE],
		.source_ppm = row[COL_SOURCE_PPM],
		.share_ppm = row[COL_SHARE],
		.kept_ppm = row[COL_KEPT],
		.recorder_ppm = row[COL_RECORDER],
		.budget_ppm = row[COL_BUDGET],
	};
	wrong = pk_step_wrong(x);
	return wrong ? pk_loading_bad(l, "a step of the governor: %s", wrong) : 0;
}

const struct pk_codec pk_codec_notices = {
	.name = "notices",
	.cols = cols,
	.nr_cols = NR_COLS,
	.take = take,
};
