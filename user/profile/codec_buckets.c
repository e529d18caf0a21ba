// SPDX-License-Identifier: GPL-2.0-or-later
/* Buckets of distributions in chunks, see codec_buckets.h. */
#include <stdlib.h>

#include "profile/codec_buckets.h"

enum {
	BUCKET_STEP,	/* from one after the bucket before; first: the bucket */
	BUCKET_NR,	/* minus one: none is empty */
	NR_BUCKET_COLS
};

struct bucket_cols {
	struct pk_column cols[NR_BUCKET_COLS];
};

static struct bucket_cols bucket_cols(const struct pk_bucket_layout *layout)
{
	return (struct bucket_cols){ {
		[BUCKET_STEP] = { PK_CODED_PLAIN, layout->limit - 1 },
		[BUCKET_NR] = { PK_CODED_PLAIN, UINT32_MAX - 1 },
	} };
}

int pk_writer_buckets(struct pk_writer *w, enum pk_chunk_type type,
		      const struct pk_hist_bucket *buckets, uint32_t nr)
{
	uint32_t next = 0;

	for (uint32_t i = 0; i < nr; i++) {
		const uint64_t bucket[NR_BUCKET_COLS] = {
			[BUCKET_STEP] = buckets[i].bucket - next,
			[BUCKET_NR] = buckets[i].nr - 1,
		};

		if (pk_writer_subrow(w, type, bucket, NR_BUCKET_COLS))
			return pk_writer_no_memory(w);
		next = buckets[i].bucket + 1;
	}
	return 0;
}

int pk_buckets_encode(struct pk_writer *w, const struct pk_bucket_layout *layout,
		      struct pk_strbuf *out)
{
	const pk_column_rows *buckets = &w->subrows[layout->type];
	const struct bucket_cols of_buckets = bucket_cols(layout);
	int ret = pk_columns_encode(layout->cols, layout->nr_cols, w->rows[layout->type].data,
				    w->pending[layout->type].nr, &w->scratch, out);

	if (ret)
		return ret;
	return pk_columns_encode(of_buckets.cols, NR_BUCKET_COLS, buckets->data,
				 buckets->nr / NR_BUCKET_COLS, &w->scratch, out);
}

/* How many buckets are piece @i's. */
static uint64_t nr_own(const struct pk_bucket_layout *layout, const uint64_t *pieces, uint32_t i)
{
	return pieces[(size_t)i * layout->nr_cols + layout->nr_at];
}

/* The @nr buckets of one piece. */
static void take_buckets(pk_hist_buckets *to, const uint64_t *rows, uint64_t nr)
{
	uint64_t next = 0;

	for (; nr; nr--, rows += NR_BUCKET_COLS) {
		struct pk_hist_bucket *b = &to->data[to->nr++];

		b->bucket = next + rows[BUCKET_STEP];
		b->nr = rows[BUCKET_NR] + 1;
		next = b->bucket + 1ULL;
	}
}

/* Buckets of all @nr pieces. */
static int decode_buckets(struct pk_loading *l, struct pk_reader *r,
			  const struct pk_bucket_layout *layout, const uint64_t *pieces,
			  uint32_t nr, pk_hist_buckets *to)
{
	const struct bucket_cols of_buckets = bucket_cols(layout);
	uint64_t *rows, nr_rows = 0, at = 0;
	int ret;

	for (uint32_t i = 0; i < nr; i++)
		nr_rows += nr_own(layout, pieces, i);
	ret = pk_columns_decode(l, r, of_buckets.cols, NR_BUCKET_COLS, nr_rows, &rows);
	if (!ret && to->nr + nr_rows > UINT32_MAX)
		ret = pk_loading_bad(l, "more buckets than there are numbers");
	/* one more: a piece without buckets points to them, too */
	if (!ret && pk_vec_reserve(to, to->nr + nr_rows + 1))
		ret = -ENOMEM;
	for (uint32_t i = 0; !ret && i < nr; i++) {
		take_buckets(to, rows + at * NR_BUCKET_COLS, nr_own(layout, pieces, i));
		at += nr_own(layout, pieces, i);
	}
	free(rows);
	return ret;
}

int pk_buckets_decode_each(struct pk_loading *l, struct pk_reader *r,
			   const struct pk_bucket_layout *layout, uint32_t nr, pk_hist_buckets *to,
			   int (*take)(struct pk_loading *l, const uint64_t *row,
				       uint32_t first_bucket))
{
	uint32_t first_bucket = to->nr;
	uint64_t *pieces;
	int ret = pk_columns_decode(l, r, layout->cols, layout->nr_cols, nr, &pieces);

	if (!ret)
		ret = decode_buckets(l, r, layout, pieces, nr, to);
	for (uint32_t i = 0; !ret && i < nr; i++) {
		ret = take(l, pieces + (size_t)i * layout->nr_cols, first_bucket);
		first_bucket += nr_own(layout, pieces, i);
	}
	free(pieces);
	return ret;
}
