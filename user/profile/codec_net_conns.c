// SPDX-License-Identifier: GPL-2.0-or-later
/* Chunk NET_CONNS: what connections did. Columns of the pieces, then of buckets. */
#include <stdlib.h>

#include "profile/codec.h"
#include "profile/valid.h"

enum {
	PIECE_KIND,	/* role | family << 8 | port << 16 */
	PIECE_TGID,
	PIECE_TO,
	PIECE_FROM,
	PIECE_REMOTE,
	PIECE_LOCAL,
	PIECE_COUNT,	/* of each kind */
	PIECE_SUM = PIECE_COUNT + PKPROF_NR_NET_COUNTS,	/* of each distribution */
	PIECE_MAX = PIECE_SUM + PKPROF_NR_NET_DISTS,
	PIECE_NR_BUCKETS = PIECE_MAX + PKPROF_NR_NET_DISTS,
	NR_PIECE_COLS
};

static const struct pk_column piece_cols[NR_PIECE_COLS] = {
	[PIECE_KIND] = { PK_CODED_DICT, UINT32_MAX },
	[PIECE_TGID] = { PK_CODED_DIFF, UINT32_MAX },
	[PIECE_TO] = { PK_CODED_DIFF, PK_TIME_MAX_NS },
	[PIECE_FROM] = { PK_CODED_DIFF, PK_TIME_MAX_NS },
	[PIECE_REMOTE] = { PK_CODED_DICT, UINT32_MAX },
	[PIECE_LOCAL] = { PK_CODED_DICT, UINT32_MAX },
	[PIECE_COUNT ... PIECE_NR_BUCKETS - 1] = { PK_CODED_PLAIN, UINT64_MAX },
	[PIECE_NR_BUCKETS] = { PK_CODED_PLAIN, PK_NET_BUCKETS },
};

enum {
	BUCKET_STEP,	/* from one after the bucket before; first: the bucket */
	BUCKET_NR,	/* minus one: none is empty */
	NR_BUCKET_COLS
};

static const struct pk_column bucket_cols[NR_BUCKET_COLS] = {
	[BUCKET_STEP] = { PK_CODED_PLAIN, PK_NET_BUCKETS - 1 },
	[BUCKET_NR] = { PK_CODED_PLAIN, UINT32_MAX - 1 },
};

static int add_buckets(struct pk_writer *w, const struct pk_net_conns *x,
		       const struct pk_hist_bucket *buckets)
{
	uint32_t next = 0;

	for (uint32_t i = 0; i < x->nr_buckets; i++) {
		const uint64_t bucket[NR_BUCKET_COLS] = {
			[BUCKET_STEP] = buckets[i].bucket - next,
			[BUCKET_NR] = buckets[i].nr - 1,
		};

		if (pk_writer_subrow(w, PK_CHUNK_NET_CONNS, bucket, NR_BUCKET_COLS))
			return pk_writer_no_memory(w);
		next = buckets[i].bucket + 1;
	}
	return 0;
}

int pk_writer_net_conns(struct pk_writer *w, const struct pk_net_conns *x,
			const struct pk_hist_bucket *buckets)
{
	const char *wrong = pk_net_conns_wrong(x, buckets);
	uint64_t row[NR_PIECE_COLS] = {
		[PIECE_KIND] = x->role | (uint32_t)x->family << 8 | (uint32_t)x->port << 16,
		[PIECE_TGID] = x->tgid,
		[PIECE_TO] = x->to_ns,
		[PIECE_FROM] = x->from_ns,
		[PIECE_REMOTE] = x->remote,
		[PIECE_LOCAL] = x->local,
		[PIECE_NR_BUCKETS] = x->nr_buckets,
	};

	if (wrong)
		return pk_writer_refuse(w, "connections of process %u: %s", x->tgid, wrong);
	if (!pk_writer_has_string(w, x->remote) || !pk_writer_has_string(w, x->local))
		return pk_writer_refuse(w, "connections of process %u with an unknown string", x->tgid);
	if (w->err.code)
		return w->err.code;
	for (unsigned int i = 0; i < PKPROF_NR_NET_COUNTS; i++)
		row[PIECE_COUNT + i] = x->counts[i];
	for (unsigned int i = 0; i < PKPROF_NR_NET_DISTS; i++) {
		row[PIECE_SUM + i] = x->sums[i];
		row[PIECE_MAX + i] = x->maxes[i];
	}
	if (add_buckets(w, x, buckets))
		return w->err.code;
	return pk_writer_row(w, PK_CHUNK_NET_CONNS, row, NR_PIECE_COLS);
}

static int encode(struct pk_writer *w, struct pk_strbuf *out)
{
	const pk_column_rows *buckets = &w->subrows[PK_CHUNK_NET_CONNS];
	int ret = pk_columns_encode(piece_cols, NR_PIECE_COLS, w->rows[PK_CHUNK_NET_CONNS].data,
				    w->pending[PK_CHUNK_NET_CONNS].nr, &w->scratch, out);

	if (ret)
		return ret;
	return pk_columns_encode(bucket_cols, NR_BUCKET_COLS, buckets->data,
				 buckets->nr / NR_BUCKET_COLS, &w->scratch, out);
}

/* --- decoding --------------------------------------------------------------- */

/* One piece of @x->nr_buckets buckets, which come from @rows. */
static int take_buckets(struct pk_loading *l, struct pk_net_conns *x, const uint64_t *rows)
{
	struct pk_hist_bucket *buckets;
	const char *wrong;
	uint64_t next = 0;

	x->first_bucket = l->p->net_buckets.nr;
	buckets = l->p->net_buckets.data + x->first_bucket;
	for (uint32_t i = 0; i < x->nr_buckets; i++, rows += NR_BUCKET_COLS) {
		buckets[i].bucket = next + rows[BUCKET_STEP];
		buckets[i].nr = rows[BUCKET_NR] + 1;
		next = buckets[i].bucket + 1ULL;
	}
	wrong = pk_net_conns_wrong(x, buckets);
	if (wrong)
		return pk_loading_bad(l, "connections: %s", wrong);
	l->p->net_buckets.nr += x->nr_buckets;
	return 0;
}

static int take_piece(struct pk_loading *l, struct pk_net_conns *x, const uint64_t *row)
{
	*x = (struct pk_net_conns){
		.from_ns = row[PIECE_FROM],
		.to_ns = row[PIECE_TO],
		.tgid = row[PIECE_TGID],
		.role = row[PIECE_KIND] & 0xff,
		.family = row[PIECE_KIND] >> 8 & 0xff,
		.port = row[PIECE_KIND] >> 16,
		.nr_buckets = row[PIECE_NR_BUCKETS],
	};
	for (unsigned int i = 0; i < PKPROF_NR_NET_COUNTS; i++)
		x->counts[i] = row[PIECE_COUNT + i];
	for (unsigned int i = 0; i < PKPROF_NR_NET_DISTS; i++) {
		x->sums[i] = row[PIECE_SUM + i];
		x->maxes[i] = row[PIECE_MAX + i];
	}
	if (pk_loading_string_id(l, row[PIECE_REMOTE], &x->remote))
		return -EBADMSG;
	return pk_loading_string_id(l, row[PIECE_LOCAL], &x->local);
}

static int take_pieces(struct pk_loading *l, const uint64_t *pieces, uint32_t nr,
		       const uint64_t *buckets, uint64_t nr_buckets)
{
	struct pk_profile *p = l->p;

	if (p->net_buckets.nr + nr_buckets > UINT32_MAX)
		return pk_loading_bad(l, "more buckets than there are numbers");
	/* one more: a piece without buckets points to them, too */
	if (pk_vec_reserve(&p->net_conns, p->net_conns.nr + nr) ||
	    pk_vec_reserve(&p->net_buckets, p->net_buckets.nr + nr_buckets + 1))
		return -ENOMEM;
	for (uint32_t i = 0; i < nr; i++, pieces += NR_PIECE_COLS) {
		struct pk_net_conns *x = &p->net_conns.data[p->net_conns.nr++];

		if (take_piece(l, x, pieces) || take_buckets(l, x, buckets))
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

const struct pk_codec pk_codec_net_conns = {
	.name = "connections",
	.needs = 1 << PK_CHUNK_STRINGS,
	.encode = encode,
	.decode = decode,
};
