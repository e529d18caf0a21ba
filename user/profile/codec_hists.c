// SPDX-License-Identifier: GPL-2.0-or-later
/* Chunk HISTOGRAMS: what was added to distributions. Columns of the pieces, then of buckets. */
#include "profile/codec_buckets.h"
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

static const struct pk_bucket_layout layout = {
	.type = PK_CHUNK_HISTOGRAMS,
	.cols = piece_cols,
	.nr_cols = NR_PIECE_COLS,
	.nr_at = PIECE_NR_BUCKETS,
	.limit = PKPROF_HIST_BUCKETS,
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

	if (wrong)
		return pk_writer_refuse(w, "distribution of %u: %s", h->id, wrong);
	if (w->err.code)
		return w->err.code;
	if (pk_writer_buckets(w, PK_CHUNK_HISTOGRAMS, buckets, h->nr_buckets))
		return w->err.code;
	return pk_writer_row(w, PK_CHUNK_HISTOGRAMS, row, NR_PIECE_COLS);
}

static int encode(struct pk_writer *w, struct pk_strbuf *out)
{
	return pk_buckets_encode(w, &layout, out);
}

/* --- decoding --------------------------------------------------------------- */

static int take(struct pk_loading *l, const uint64_t *row, uint32_t first_bucket)
{
	const struct pk_hist_bucket *buckets = l->p->hist_buckets.data + first_bucket;
	struct pk_hist_piece *h = pk_vec_push(&l->p->hists);
	const char *wrong;

	if (!h)
		return -ENOMEM;
	*h = (struct pk_hist_piece){
		.from_ns = row[PIECE_FROM],
		.to_ns = row[PIECE_TO],
		.what = row[PIECE_KIND] & 0xff,
		.key = row[PIECE_KIND] >> 8,
		.id = row[PIECE_ID],
		.sum_ns = row[PIECE_SUM],
		.max_ns = row[PIECE_MAX],
		.first_bucket = first_bucket,
		.nr_buckets = row[PIECE_NR_BUCKETS],
	};
	for (uint32_t i = 0; i < h->nr_buckets; i++)
		h->count += buckets[i].nr;
	wrong = pk_hist_wrong(h, buckets);
	return wrong ? pk_loading_bad(l, "a distribution: %s", wrong) : 0;
}

static int decode(struct pk_loading *l, struct pk_reader *r, uint32_t nr)
{
	return pk_buckets_decode_each(l, r, &layout, nr, &l->p->hist_buckets, take);
}

const struct pk_codec pk_codec_hists = {
	.name = "distributions",
	.encode = encode,
	.decode = decode,
};
