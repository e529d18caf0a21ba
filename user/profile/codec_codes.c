// SPDX-License-Identifier: GPL-2.0-or-later
/* Chunk CODES: functions of interpreters that stacks have. Item n is the code of number n. */
#include "profile/codec.h"

enum {
	COL_KIND,
	COL_NAME,
	COL_FILE,
	COL_LINE,
	NR_COLS
};

static const struct pk_column cols[NR_COLS] = {
	[COL_KIND] = { PK_CODED_DICT, UINT8_MAX },
	[COL_NAME] = { PK_CODED_DIFF, UINT32_MAX },
	[COL_FILE] = { PK_CODED_DICT, UINT32_MAX },
	[COL_LINE] = { PK_CODED_PLAIN, UINT32_MAX },
};

int pk_writer_code(struct pk_writer *w, const struct pk_code *x, uint32_t *id_ret)
{
	const uint64_t row[NR_COLS] = {
		[COL_KIND] = x->kind,
		[COL_NAME] = x->name,
		[COL_FILE] = x->file,
		[COL_LINE] = x->first_line,
	};

	if (!pk_writer_has_string(w, x->name) || !pk_writer_has_string(w, x->file))
		return pk_writer_refuse(w, "interpreted code with an unknown string");
	if (w->err.code)
		return w->err.code;
	/* before the row may have gone out with its chunk */
	*id_ret = pk_writer_count(w, PK_CHUNK_CODES) + 1;
	return pk_writer_row(w, PK_CHUNK_CODES, row, NR_COLS);
}

static int take(struct pk_loading *l, const uint64_t *row)
{
	struct pk_code *x = pk_vec_push(&l->p->codes);
	int ret;

	if (!x)
		return -ENOMEM;
	x->kind = row[COL_KIND];
	x->first_line = row[COL_LINE];
	ret = pk_loading_string_id(l, row[COL_NAME], &x->name);
	return ret ? ret : pk_loading_string_id(l, row[COL_FILE], &x->file);
}

const struct pk_codec pk_codec_codes = {
	.name = "interpreted code",
	.needs = 1 << PK_CHUNK_STRINGS,
	.cols = cols,
	.nr_cols = NR_COLS,
	.take = take,
};
