// SPDX-License-Identifier: GPL-2.0-or-later
/* Chunk VFS_OPS: operations on files that ended. Columns of the pieces, then of buckets. */
#include "profile/codec_buckets.h"
#include "profile/valid.h"

enum {
	PIECE_KIND,	/* op | flags << 8 */
	PIECE_FS,
	PIECE_TGID,
	PIECE_TO,
	PIECE_FROM,
	PIECE_NR,
	PIECE_BYTES,
	PIECE_UNTIMED,
	PIECE_FAILED,
	PIECE_ADDED,
	PIECE_MISSED,
	PIECE_AHEAD,
	PIECE_SUM,
	PIECE_MAX,
	PIECE_NR_BUCKETS,
	NR_PIECE_COLS
};

static const struct pk_column piece_cols[NR_PIECE_COLS] = {
	[PIECE_KIND] = { PK_CODED_DICT, 0xffff },
	[PIECE_FS] = { PK_CODED_DICT, UINT32_MAX },
	[PIECE_TGID] = { PK_CODED_DIFF, UINT32_MAX },
	[PIECE_TO] = { PK_CODED_DIFF, PK_TIME_MAX_NS },
	[PIECE_FROM] = { PK_CODED_DIFF, PK_TIME_MAX_NS },
	[PIECE_NR ... PIECE_MAX] = { PK_CODED_PLAIN, UINT64_MAX },
	[PIECE_NR_BUCKETS] = { PK_CODED_PLAIN, PKPROF_HIST_BUCKETS },
};

static const struct pk_bucket_layout layout = {
	.type = PK_CHUNK_VFS_OPS,
	.cols = piece_cols,
	.nr_cols = NR_PIECE_COLS,
	.nr_at = PIECE_NR_BUCKETS,
	.limit = PKPROF_HIST_BUCKETS,
};

int pk_writer_vfs_ops(struct pk_writer *w, const struct pk_vfs_ops *x,
			const struct pk_hist_bucket *buckets)
{
	const char *wrong = pk_vfs_ops_wrong(x, buckets);
	uint64_t row[NR_PIECE_COLS] = {
		[PIECE_KIND] = x->op | (uint32_t)x->flags << 8,
		[PIECE_FS] = x->fs,
		[PIECE_TGID] = x->tgid,
		[PIECE_TO] = x->to_ns,
		[PIECE_FROM] = x->from_ns,
		[PIECE_NR] = x->nr,
		[PIECE_BYTES] = x->bytes,
		[PIECE_UNTIMED] = x->nr_untimed,
		[PIECE_FAILED] = x->nr_failed,
		[PIECE_ADDED] = x->added_bytes,
		[PIECE_MISSED] = x->nr_missed,
		[PIECE_AHEAD] = x->nr_ahead,
		[PIECE_SUM] = x->sum_ns,
		[PIECE_MAX] = x->max_ns,
		[PIECE_NR_BUCKETS] = x->nr_buckets,
	};

	if (wrong)
		return pk_writer_refuse(w, "operations of process %u on files: %s", x->tgid, wrong);
	if (w->err.code)
		return w->err.code;
	if (pk_writer_buckets(w, PK_CHUNK_VFS_OPS, buckets, x->nr_buckets))
		return w->err.code;
	return pk_writer_row(w, PK_CHUNK_VFS_OPS, row, NR_PIECE_COLS);
}

static int encode(struct pk_writer *w, struct pk_strbuf *out)
{
	return pk_buckets_encode(w, &layout, out);
}

/* --- decoding --------------------------------------------------------------- */

static int take(struct pk_loading *l, const uint64_t *row, uint32_t first_bucket)
{
	struct pk_vfs_ops *x = pk_vec_push(&l->p->vfs_ops);
	const char *wrong;

	if (!x)
		return -ENOMEM;
	*x = (struct pk_vfs_ops){
		.from_ns = row[PIECE_FROM],
		.to_ns = row[PIECE_TO],
		.fs = row[PIECE_FS],
		.tgid = row[PIECE_TGID],
		.op = row[PIECE_KIND] & 0xff,
		.flags = row[PIECE_KIND] >> 8,
		.nr = row[PIECE_NR],
		.bytes = row[PIECE_BYTES],
		.nr_untimed = row[PIECE_UNTIMED],
		.nr_failed = row[PIECE_FAILED],
		.added_bytes = row[PIECE_ADDED],
		.nr_missed = row[PIECE_MISSED],
		.nr_ahead = row[PIECE_AHEAD],
		.sum_ns = row[PIECE_SUM],
		.max_ns = row[PIECE_MAX],
		.first_bucket = first_bucket,
		.nr_buckets = row[PIECE_NR_BUCKETS],
	};
	wrong = pk_vfs_ops_wrong(x, l->p->vfs_buckets.data + first_bucket);
	return wrong ? pk_loading_bad(l, "operations on files: %s", wrong) : 0;
}

static int decode(struct pk_loading *l, struct pk_reader *r, uint32_t nr)
{
	return pk_buckets_decode_each(l, r, &layout, nr, &l->p->vfs_buckets, take);
}

const struct pk_codec pk_codec_vfs_ops = {
	.name = "operations on files",
	.encode = encode,
	.decode = decode,
};
