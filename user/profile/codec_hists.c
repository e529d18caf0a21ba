// SPDX-License-Identifier: GPL-2.0-or-later
/* Chunk HISTOGRAMS: what was added to distributions. Columns of the pieces, then of buckets. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "profile/codec.h"
#include "profile/valid.h"

enum {
	PIECE_KIND,	/* what | key << 8 */
	PIECE_ID,
	PIECE_TO,
	PIECE_FROM,
	PIECE_SUM,
	PIECE_MAX,
	PIECE_NR_BUCKETS,
	NR_PIECE_COLS
};

static const struct pk_column piece_cols[NR_PIECE_COLS] = {
	[PIECE_KIND] = { PK_CODED_PLAIN, UINT16_MAX },
	[PIECE_ID] = { PK_CODED_DIFF, UINT32_MAX },
	[PIECE_TO] = { PK_CODED_DIFF, PK_TIME_MAX_NS },
	[PIECE_FROM] = { PK_CODED_DIFF, PK_TIME_MAX_NS },
	[PIECE_SUM] = { PK_CODED_PLAIN, UINT64_MAX },
	[PIECE_MAX] = { PK_CODED_PLAIN, UINT64_MAX },
	[PIECE_NR_BUCKETS] = { PK_CODED_PLAIN, PKPROF_HIST_BUCKETS },
};

enum {
	BUCKET_STEP,	/* from one after the bucket before; first: the bucket */
	BUCKET_NR,	/* minus one: none is empty */
	NR_BUCKET_COLS
};

static const struct pk_column bucket_cols[NR_BUCKET_COLS] = {
	[BUCKET_STEP] = { PK_CODED_PLAIN, PKPROF_HIST_BUCKETS - 1 },
	[BUCKET_NR] = { PK_CODED_PLAIN, UINT32_MAX - 1 },
};

int pk_writer_hist(struct pk_writer *w, const struct pk_hist_piece *h,
		   const struct pk_hist_bucket *buckets)
{
	const char *wrong = pk_hist_wrong(h, buckets);
	const uint64_t row[NR_PIECE_COLS] = {
		[PIECE_KIND] = h->what | (uint32_t)h->key << 8,
		[PIECE_ID] = h->id,
		[PIECE_TO] = h->to_ns,
		[PIECE_FROM] = h->from_ns,
		[PIECE_SUM] = h->sum_ns,
		[PIECE_MAX] = h->max_ns,
		[PIECE_NR_BUCKETS] = h->nr_buckets,
	};
	uint32_t next = 0;

	if (wrong)
		return pk_writer_refuse(w, "distribution of %u: %s", h->id, wrong);
	if (w->err.code)
		return w->err.code;
	for (uint32_t i = 0; i < h->nr_buckets; i++) {
		const uint64_t bucket[NR_BUCKET_COLS] = {
			[BUCKET_STEP] = buckets[i].bucket - next,
			[BUCKET_NR] = buckets[i].nr - 1,
		};

		if (pk_writer_subrow(w, PK_CHUNK_HISTOGRAMS, bucket, NR_BUCKET_COLS))
			return pk_writer_no_memory(w);
		next = buckets[i].bucket + 1;
	}
	return pk_writer_row(w, PK_CHUNK_HISTOGRAMS, row, NR_PIECE_COLS);
}

static int encode(struct pk_writer *w, struct pk_strbuf *out)
{
	const pk_column_rows *buckets = &w->subrows[PK_CHUNK_HISTOGRAMS];
	int ret = pk_columns_encode(piece_cols, NR_PIECE_COLS, w->rows[PK_CHUNK_HISTOGRAMS].data,
				    w->pending[PK_CHUNK_HISTOGRAMS].nr, &w->scratch, out);

	if (ret)
		return ret;
	return pk_columns_encode(bucket_cols, NR_BUCKET_COLS, buckets->data,
				 buckets->nr / NR_BUCKET_COLS, &w->scratch, out);
}

/* --- decoding --------------------------------------------------------------- */

/* One piece of @h->nr_buckets buckets, which come from @rows. */
static int take_piece(struct pk_loading *l, struct pk_hist_piece *h, const uint64_t *rows)
{
	struct pk_hist_bucket *buckets;
	const char *wrong;
	uint64_t next = 0;

	h->first_bucket = l->p->hist_buckets.nr;
	buckets = l->p->hist_buckets.data + h->first_bucket;
	for (uint32_t i = 0; i < h->nr_buckets; i++, rows += NR_BUCKET_COLS) {
		buckets[i].bucket = next + rows[BUCKET_STEP];
		buckets[i].nr = rows[BUCKET_NR] + 1;
		next = buckets[i].bucket + 1ULL;
		h->count += buckets[i].nr;
	}
	wrong = pk_hist_wrong(h, buckets);
	if (wrong)
		return pk_loading_bad(l, "a distribution: %s", wrong);
	l->p->hist_buckets.nr += h->nr_buckets;
	return 0;
}

static int take_pieces(struct pk_loading *l, const uint64_t *pieces, uint32_t nr,
		       const uint64_t *buckets, uint64_t nr_buckets)
{
	struct pk_profile *p = l->p;

	if (p->hist_buckets.nr + nr_buckets > UINT32_MAX)
		return pk_loading_bad(l, "more buckets than there are numbers");
	/* one more: a piece without buckets points to them, too */
	if (pk_vec_reserve(&p->hists, p->hists.nr + nr) ||
	    pk_vec_reserve(&p->hist_buckets, p->hist_buckets.nr + nr_buckets + 1))
		return -ENOMEM;
	for (uint32_t i = 0; i < nr; i++, pieces += NR_PIECE_COLS) {
		struct pk_hist_piece *h = &p->hists.data[p->hists.nr++];

		*h = (struct pk_hist_piece){
			.from_ns = pieces[PIECE_FROM],
			.to_ns = pieces[PIECE_TO],
			.what = pieces[PIECE_KIND] & 0xff,
			.key = pieces[PIECE_KIND] >> 8,
			.id = pieces[PIECE_ID],
			.sum_ns = pieces[PIECE_SUM],
			.max_ns = pieces[PIECE_MAX],
			.nr_buckets = pieces[PIECE_NR_BUCKETS],
		};
		if (take_piece(l, h, buckets))
			return -EBADMSG;
		buckets += h->nr_buckets * NR_BUCKET_COLS;
	}
	return 0;
}

static int decode(struct pk_loading *l, struct pk_reader *r, uint32_t nr)
{
	uint64_t *pieces, *buckets = NULL, nr_buckets = 0;
	int ret = pk_columns_decode(l, r, piece_cols, NR_PIECE_COLS, nr, &pieces);

	for (uint32_t i = 0; !ret && i < nr; i++)
		nr_buckets += pieces[i * NR_PIECE_COLS + PIECE_NR_BUCKETS];
	if (!ret)
		ret = pk_columns_decode(l, r, bucket_cols, NR_BUCKET_COLS, nr_buckets, &buckets);
	if (!ret)
		ret = take_pieces(l, pieces, nr, buckets, nr_buckets);
	free(pieces);
	free(buckets);
	return ret;
}

const struct pk_codec pk_codec_hists = {
	.name = "distributions",
	.encode = encode,
	.decode = decode,
};
