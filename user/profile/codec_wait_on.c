// SPDX-License-Identifier: GPL-2.0-or-later
/* Chunk WAIT_ON: which disks and peers processes waited for, and for how long. */
#include "profile/codec.h"
#include "profile/valid.h"

enum {
	COL_KIND,	/* line | kind << 8 | family << 16 | flags << 24 */
	COL_TGID,
	COL_TO,
	COL_FROM,
	COL_NAME,
	COL_LOCAL,
	COL_PORT,
	COL_NR,
	COL_NS,
	NR_COLS
};

static const struct pk_column cols[NR_COLS] = {
	[COL_KIND] = { PK_CODED_DICT, UINT32_MAX },
	[COL_TGID] = { PK_CODED_DIFF, UINT32_MAX },
	[COL_TO] = { PK_CODED_DIFF, PK_TIME_MAX_NS },
	[COL_FROM] = { PK_CODED_DIFF, PK_TIME_MAX_NS },
	[COL_NAME] = { PK_CODED_DICT, UINT32_MAX },
	[COL_LOCAL] = { PK_CODED_DICT, UINT32_MAX },
	[COL_PORT] = { PK_CODED_DICT, UINT16_MAX },
	[COL_NR] = { PK_CODED_PLAIN, UINT64_MAX },
	[COL_NS] = { PK_CODED_PLAIN, UINT64_MAX },
};

int pk_writer_wait_on(struct pk_writer *w, const struct pk_wait_on *x)
{
	const char *wrong = pk_wait_on_wrong(x);
	uint64_t row[NR_COLS] = {
		[COL_KIND] = x->line | (uint32_t)x->kind << 8 | (uint32_t)x->family << 16 |
			     (uint32_t)x->flags << 24,
		[COL_TGID] = x->tgid,
		[COL_TO] = x->to_ns,
		[COL_FROM] = x->from_ns,
		[COL_NAME] = x->name,
		[COL_LOCAL] = x->local,
		[COL_PORT] = x->port,
		[COL_NR] = x->nr,
		[COL_NS] = x->ns,
	};

	if (wrong)
		return pk_writer_refuse(w, "waits of process %u: %s", x->tgid, wrong);
	if (!pk_writer_has_string(w, x->name) || !pk_writer_has_string(w, x->local))
		return pk_writer_refuse(w, "waits of process %u with an unknown string", x->tgid);
	return w->err.code ? w->err.code : pk_writer_row(w, PK_CHUNK_WAIT_ON, row, NR_COLS);
}

static int take(struct pk_loading *l, const uint64_t *row)
{
	struct pk_wait_on *x = pk_vec_push(&l->p->wait_on);
	const char *wrong;

	if (!x)
		return -ENOMEM;
	*x = (struct pk_wait_on){
		.from_ns = row[COL_FROM],
		.to_ns = row[COL_TO],
		.tgid = row[COL_TGID],
		.line = row[COL_KIND] & 0xff,
		.kind = row[COL_KIND] >> 8 & 0xff,
		.family = row[COL_KIND] >> 16 & 0xff,
		.flags = row[COL_KIND] >> 24,
		.port = row[COL_PORT],
		.nr = row[COL_NR],
		.ns = row[COL_NS],
	};
	wrong = pk_wait_on_wrong(x);
	if (wrong)
		return pk_loading_bad(l, "waits for disks and peers: %s", wrong);
	if (pk_loading_string_id(l, row[COL_NAME], &x->name))
		return -EBADMSG;
	return pk_loading_string_id(l, row[COL_LOCAL], &x->local);
}

const struct pk_codec pk_codec_wait_on = {
	.name = "waits for disks and peers",
	.needs = 1 << PK_CHUNK_STRINGS,
	.cols = cols,
	.nr_cols = NR_COLS,
	.take = take,
};
