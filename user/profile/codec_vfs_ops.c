// SPDX-License-Identifier: GPL-2.0-or-later
/* Chunk VFS_OPS: operations on files that ended. Columns of the pieces, then of buckets. */
#include <stdlib.h>

#include "profile/codec.h"
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

enum {
	BUCKET_STEP,	/* from one after the bucket before; first: the bucket */
	BUCKET_NR,	/* minus one: none is empty */
	NR_BUCKET_COLS
};

static const struct pk_column bucket_cols[NR_BUCKET_COLS] = {
	[BUCKET_STEP] = { PK_CODED_PLAIN, PKPROF_HIST_BUCKETS - 1 },
	[BUCKET_NR] = { PK_CODED_PLAIN, UINT32_MAX - 1 },
};

static int add_buckets(struct pk_writer *w, const struct pk_vfs_ops *x,
		       const struct pk_hist_bucket *buckets)
{
	uint32_t next = 0;

	for (uint32_t i = 0; i < x->nr_buckets; i++) {
		const uint64_t bucket[NR_BUCKET_COLS] = {
			[BUCKET_STEP] = buckets[i].bucket - next,
			[BUCKET_NR] = buckets[i].nr - 1,
		};

		if (pk_writer_subrow(w, PK_CHUNK_VFS_OPS, bucket, NR_BUCKET_COLS))
			return pk_writer_no_memory(w);
		next = buckets[i].bucket + 1;
	}
	return 0;
}

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
	if (add_buckets(w, x, buckets))
		return w->err.code;
	return pk_writer_row(w, PK_CHUNK_VFS_OPS, row, NR_PIECE_COLS);
}

static int encode(struct pk_writer *w, struct pk_strbuf *out)
{
	const pk_column_rows *buckets = &w->subrows[PK_CHUNK_VFS_OPS];
	int ret = pk_columns_encode(piece_cols, NR_PIECE_COLS, w->rows[PK_CHUNK_VFS_OPS].data,
				    w->pending[PK_CHUNK_VFS_OPS].nr, &w->scratch, out);

	if (ret)
		return ret;
	return pk_columns_encode(bucket_cols, NR_BUCKET_COLS, buckets->data,
				 buckets->nr / NR_BUCKET_COLS, &w->scratch, out);
}

/* --- decoding --------------------------------------------------------------- */

/* One piece of @x->nr_buckets buckets, which come from @rows. */
static int take_buckets(struct pk_loading *l, struct pk_vfs_ops *x, const uint64_t *rows)
{
	struct pk_hist_bucket *buckets;
	const char *wrong;
	uint64_t next = 0;

	x->first_bucket = l->p->vfs_buckets.nr;
	buckets = l->p->vfs_buckets.data + x->first_bucket;
	for (uint32_t i = 0; i < x->nr_buckets; i++, rows += NR_BUCKET_COLS) {
		buckets[i].bucket = next + rows[BUCKET_STEP];
		buckets[i].nr = rows[BUCKET_NR] + 1;
		next = buckets[i].bucket + 1ULL;
	}
	wrong = pk_vfs_ops_wrong(x, buckets);
	if (wrong)
		return pk_loading_bad(l, "operations on files: %s", wrong);
	l->p->vfs_buckets.nr += x->nr_buckets;
	return 0;
}

static void take_piece(struct pk_vfs_ops *x, const uint64_t *row)
{
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
		.nr_buckets = row[PIECE_NR_BUCKETS],
	};
}

static int take_pieces(struct pk_loading *l, const uint64_t *pieces, uint32_t nr,
		       const uint64_t *buckets, uint64_t nr_buckets)
{
	struct pk_profile *p = l->p;

	if (p->vfs_buckets.nr + nr_buckets > UINT32_MAX)
		return pk_loading_bad(l, "more buckets than there are numbers");
	/* one more: a piece without buckets points to them, too */
	if (pk_vec_reserve(&p->vfs_ops, p->vfs_ops.nr + nr) ||
	    pk_vec_reserve(&p->vfs_buckets, p->vfs_buckets.nr + nr_buckets + 1))
		return -ENOMEM;
	for (uint32_t i = 0; i < nr; i++, pieces += NR_PIECE_COLS) {
		struct pk_vfs_ops *x = &p->vfs_ops.data[p->vfs_ops.nr++];

		take_piece(x, pieces);
		if (take_buckets(l, x, buckets))
			return -EBADMSG;
		buckets += (size_t)x->nr_buckets * NR_BUCKET_COLS;
	}
	return 0;
}

static int decode(struct pk_loading *l, struct pk_reader *r, uint32_t nr)
{
	uint64_t *pieces, *buckets = NULL, nr_buckets = 0;
	int ret = pk_columns_decode(l, r, piece_cols, NR_PIECE_COLS, nr, &pieces);

	for (uint32_t i = 0; !ret && i < nr; i++)
		nr_buckets += pieces[(size_t)i * NR_PIECE_COLS + PIECE_NR_BUCKETS];
	if (!ret)
		ret = pk_columns_decode(l, r, bucket_cols, NR_BUCKET_COLS, nr_buckets, &buckets);
	if (!ret)
		ret = take_pieces(l, pieces, nr, buckets, nr_buckets);
	free(pieces);
	free(buckets);
	return ret;
}

const struct pk_codec pk_codec_vfs_ops = {
	.name = "operations on files",
	.encode = encode,
	.decode = decode,
};
