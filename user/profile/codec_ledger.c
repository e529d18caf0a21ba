// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Chunk LEDGER: pieces of threads' accounts. Columns of the pieces, then columns of
 * their parts. The last part of a piece is told as 0 ns: it is what the others leave.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "profile/codec.h"
#include "profile/valid.h"

#define PARTS_PER_CHUNK 65536	/* about */

enum {
	PIECE_THREAD,
	PIECE_TO,
	PIECE_FROM,
	PIECE_NR_PARTS,
	NR_PIECE_COLS
};

static const struct pk_column piece_cols[NR_PIECE_COLS] = {
	[PIECE_THREAD] = { PK_CODED_THREAD_RUNS, 0 },
	[PIECE_TO] = { PK_CODED_DIFF, PK_TIME_MAX_NS },
	[PIECE_FROM] = { PK_CODED_DIFF, PK_TIME_MAX_NS },
	[PIECE_NR_PARTS] = { PK_CODED_PLAIN, PK_LEDGER_MAX_PARTS },
};

enum {
	PART_LINE,	/* line | part << 16 */
	PART_NS,
	PART_NR,
	NR_PART_COLS
};

static const struct pk_column part_cols[NR_PART_COLS] = {
	[PART_LINE] = { PK_CODED_DICT, UINT32_MAX },
	[PART_NS] = { PK_CODED_PLAIN, PK_TIME_MAX_NS },
	[PART_NR] = { PK_CODED_DIFF, UINT32_MAX },
};

static int add_parts(struct pk_writer *w, const struct pk_ledger_piece *p,
		     const struct pk_ledger_part *parts)
{
	for (uint32_t i = 0; i < p->nr_parts; i++) {
		const uint64_t row[NR_PART_COLS] = {
			[PART_LINE] = parts[i].line | (uint32_t)parts[i].part << 16,
			[PART_NS] = i + 1 < p->nr_parts ? parts[i].ns : 0,
			[PART_NR] = parts[i].nr,
		};

		if (pk_writer_subrow(w, PK_CHUNK_LEDGER, row, NR_PART_COLS))
			return -ENOMEM;
	}
	return 0;
}

int pk_writer_ledger(struct pk_writer *w, const struct pk_ledger_piece *p,
		     const struct pk_ledger_part *parts)
{
	const char *wrong = pk_ledger_wrong(p, parts);
	const uint64_t row[NR_PIECE_COLS] = {
		[PIECE_THREAD] = PK_THREAD_VALUE(p->tid, p->tgid),
		[PIECE_TO] = p->to_ns,
		[PIECE_FROM] = p->from_ns,
		[PIECE_NR_PARTS] = p->nr_parts,
	};

	if (wrong)
		return pk_writer_refuse(w, "piece of the ledger of thread %u: %s", p->tid, wrong);
	if (w->err.code)
		return w->err.code;
	if (add_parts(w, p, parts))
		return pk_writer_no_memory(w);
	if (w->subrows[PK_CHUNK_LEDGER].nr >= PARTS_PER_CHUNK * NR_PART_COLS)
		return pk_writer_last_row(w, PK_CHUNK_LEDGER, row, NR_PIECE_COLS);
	return pk_writer_row(w, PK_CHUNK_LEDGER, row, NR_PIECE_COLS);
}

static int encode(struct pk_writer *w, struct pk_strbuf *out)
{
	const pk_column_rows *parts = &w->subrows[PK_CHUNK_LEDGER];
	int ret = pk_columns_encode(piece_cols, NR_PIECE_COLS, w->rows[PK_CHUNK_LEDGER].data,
				    w->pending[PK_CHUNK_LEDGER].nr, &w->scratch, out);

	if (ret)
		return ret;
	return pk_columns_encode(part_cols, NR_PART_COLS, parts->data, parts->nr / NR_PART_COLS,
				 &w->scratch, out);
}

/* --- decoding --------------------------------------------------------------- */

/* One piece of @p->nr_parts parts, which come from @rows. */
static int take_piece(struct pk_loading *l, struct pk_ledger_piece *p, const uint64_t *rows)
{
	uint64_t left_ns = p->to_ns - p->from_ns;
	struct pk_ledger_part *parts;
	const char *wrong;

	p->first_part = l->p->ledger_parts.nr;
	parts = l->p->ledger_parts.data + p->first_part;
	for (uint32_t i = 0; i < p->nr_parts; i++, rows += NR_PART_COLS) {
		bool last = i + 1 == p->nr_parts;

		if (rows[PART_NS] > left_ns || (last && rows[PART_NS]))
			return pk_loading_bad(l, "a piece of the ledger with parts that do not sum up");
		parts[i] = (struct pk_ledger_part){
			.ns = last ? left_ns : rows[PART_NS],
			.nr = rows[PART_NR],
			.line = rows[PART_LINE] & 0xffff,
			.part = rows[PART_LINE] >> 16,
		};
		left_ns -= rows[PART_NS];
	}
	wrong = pk_ledger_wrong(p, parts);
	if (wrong)
		return pk_loading_bad(l, "a piece of the ledger: %s", wrong);
	l->p->ledger_parts.nr += p->nr_parts;
	return 0;
}

static int take_pieces(struct pk_loading *l, const uint64_t *pieces, uint32_t nr,
		       const uint64_t *parts, uint64_t nr_parts)
{
	struct pk_profile *p = l->p;

	if (p->ledger_parts.nr + nr_parts > UINT32_MAX)
		return pk_loading_bad(l, "more parts of the ledger than there are numbers");
	/* one more: a piece without parts, to be refused yet, points to them, too */
	if (pk_vec_reserve(&p->ledger, p->ledger.nr + nr) ||
	    pk_vec_reserve(&p->ledger_parts, p->ledger_parts.nr + nr_parts + 1))
		return -ENOMEM;
	for (uint32_t i = 0; i < nr; i++, pieces += NR_PIECE_COLS) {
		struct pk_ledger_piece *piece = &p->ledger.data[p->ledger.nr++];

		*piece = (struct pk_ledger_piece){
			.from_ns = pieces[PIECE_FROM],
			.to_ns = pieces[PIECE_TO],
			.tid = PK_THREAD_TID(pieces[PIECE_THREAD]),
			.tgid = PK_THREAD_TGID(pieces[PIECE_THREAD]),
			.nr_parts = pieces[PIECE_NR_PARTS],
		};
		if (take_piece(l, piece, parts))
			return -EBADMSG;
		parts += piece->nr_parts * NR_PART_COLS;
	}
	return 0;
}

static int decode(struct pk_loading *l, struct pk_reader *r, uint32_t nr)
{
	uint64_t *pieces, *parts = NULL, nr_parts = 0;
	int ret = pk_columns_decode(l, r, piece_cols, NR_PIECE_COLS, nr, &pieces);

	for (uint32_t i = 0; !ret && i < nr; i++)
		nr_parts += pieces[i * NR_PIECE_COLS + PIECE_NR_PARTS];
	if (!ret)
		ret = pk_columns_decode(l, r, part_cols, NR_PART_COLS, nr_parts, &parts);
	if (!ret)
		ret = take_pieces(l, pieces, nr, parts, nr_parts);
	free(pieces);
	free(parts);
	return ret;
}

const struct pk_codec pk_codec_ledger = {
	.name = "ledger",
	.encode = encode,
	.decode = decode,
};
