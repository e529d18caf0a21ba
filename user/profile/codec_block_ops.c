// SPDX-License-Identifier: GPL-2.0-or-later
/* Chunk BLOCK_OPS: block requests that ended. Columns of the pieces, then of buckets. */
#include "profile/codec_buckets.h"
#include "profile/valid.h"

enum {
	PIECE_KIND,	/* op | size << 8 | flags << 16 */
	PIECE_DEVICE,
	PIECE_TGID,
	PIECE_TO,
	PIECE_FROM,
	PIECE_NR,
	PIECE_BYTES,
	PIECE_UNTIMED,
	PIECE_FAILED,
	PIECE_PARTIAL,
	PIECE_REQUEUED,
	PIECE_MERGED,
	PIECE_SPLIT,
	PIECE_SUM,	/* of each time */
	PIECE_MAX = PIECE_SUM + PKPROF_NR_BLOCK_TIMES,
	PIECE_NR_BUCKETS = PIECE_MAX + PKPROF_NR_BLOCK_TIMES,
	NR_PIECE_COLS
};

static const struct pk_column piece_cols[NR_PIECE_COLS] = {
	[PIECE_KIND] = { PK_CODED_PLAIN, 0xffffff },
	[PIECE_DEVICE] = { PK_CODED_DIFF, UINT32_MAX },
	[PIECE_TGID] = { PK_CODED_DIFF, UINT32_MAX },
	[PIECE_TO] = { PK_CODED_DIFF, PK_TIME_MAX_NS },
	[PIECE_FROM] = { PK_CODED_DIFF, PK_TIME_MAX_NS },
	[PIECE_NR ... PIECE_MAX + PKPROF_NR_BLOCK_TIMES - 1] = { PK_CODED_PLAIN, UINT64_MAX },
	[PIECE_NR_BUCKETS] = { PK_CODED_PLAIN, PK_BLOCK_BUCKETS },
};

static const struct pk_bucket_layout layout = {
	.type = PK_CHUNK_BLOCK_OPS,
	.cols = piece_cols,
	.nr_cols = NR_PIECE_COLS,
	.nr_at = PIECE_NR_BUCKETS,
	.limit = PK_BLOCK_BUCKETS,
};

int pk_writer_block_ops(struct pk_writer *w, const struct pk_block_ops *x,
			const struct pk_hist_bucket *buckets)
{
	const char *wrong = pk_block_ops_wrong(x, buckets);
	uint64_t row[NR_PIECE_COLS] = {
		[PIECE_KIND] = x->op | (uint32_t)x->size << 8 | (uint32_t)x->flags << 16,
		[PIECE_DEVICE] = x->device,
		[PIECE_TGID] = x->tgid,
		[PIECE_TO] = x->to_ns,
		[PIECE_FROM] = x->from_ns,
		[PIECE_NR] = x->nr,
		[PIECE_BYTES] = x->bytes,
		[PIECE_UNTIMED] = x->nr_untimed,
		[PIECE_FAILED] = x->nr_failed,
		[PIECE_PARTIAL] = x->nr_partial,
		[PIECE_REQUEUED] = x->nr_requeued,
		[PIECE_MERGED] = x->nr_merged,
		[PIECE_SPLIT] = x->nr_split,
		[PIECE_NR_BUCKETS] = x->nr_buckets,
	};

	if (wrong)
		return pk_writer_refuse(w, "requests of block device %u: %s", x->device, wrong);
	if (w->err.code)
		return w->err.code;
	for (unsigned int t = 0; t < PKPROF_NR_BLOCK_TIMES; t++) {
		row[PIECE_SUM + t] = x->sum_ns[t];
		row[PIECE_MAX + t] = x->max_ns[t];
	}
	if (pk_writer_buckets(w, PK_CHUNK_BLOCK_OPS, buckets, x->nr_buckets))
		return w->err.code;
	return pk_writer_row(w, PK_CHUNK_BLOCK_OPS, row, NR_PIECE_COLS);
}

static int encode(struct pk_writer *w, struct pk_strbuf *out)
{
	return pk_buckets_encode(w, &layout, out);
}

/* --- decoding --------------------------------------------------------------- */

static int take(struct pk_loading *l, const uint64_t *row, uint32_t first_bucket)
{
	struct pk_block_ops *x = pk_vec_push(&l->p->block_ops);
	const char *wrong;

	if (!x)
		return -ENOMEM;
	*x = (struct pk_block_ops){
		.from_ns = row[PIECE_FROM],
		.to_ns = row[PIECE_TO],
		.device = row[PIECE_DEVICE],
		.tgid = row[PIECE_TGID],
		.op = row[PIECE_KIND] & 0xff,
		.size = row[PIECE_KIND] >> 8 & 0xff,
		.flags = row[PIECE_KIND] >> 16,
		.nr = row[PIECE_NR],
		.bytes = row[PIECE_BYTES],
		.nr_untimed = row[PIECE_UNTIMED],
		.nr_failed = row[PIECE_FAILED],
		.nr_partial = row[PIECE_PARTIAL],
		.nr_requeued = row[PIECE_REQUEUED],
		.nr_merged = row[PIECE_MERGED],
		.nr_split = row[PIECE_SPLIT],
		.first_bucket = first_bucket,
		.nr_buckets = row[PIECE_NR_BUCKETS],
	};
	for (unsigned int t = 0; t < PKPROF_NR_BLOCK_TIMES; t++) {
		x->sum_ns[t] = row[PIECE_SUM + t];
		x->max_ns[t] = row[PIECE_MAX + t];
	}
	wrong = pk_block_ops_wrong(x, l->p->block_buckets.data + first_bucket);
	return wrong ? pk_loading_bad(l, "block requests: %s", wrong) : 0;
}

static int decode(struct pk_loading *l, struct pk_reader *r, uint32_t nr)
{
	return pk_buckets_decode_each(l, r, &layout, nr, &l->p->block_buckets, take);
}

const struct pk_codec pk_codec_block_ops = {
	.name = "block requests",
	.encode = encode,
	.decode = decode,
};
