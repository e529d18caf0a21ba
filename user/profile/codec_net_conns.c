// SPDX-License-Identifier: GPL-2.0-or-later
/* Chunk NET_CONNS: what connections did. Columns of the pieces, then of buckets. */
#include "profile/codec_buckets.h"
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

static const struct pk_bucket_layout layout = {
	.type = PK_CHUNK_NET_CONNS,
	.cols = piece_cols,
	.nr_cols = NR_PIECE_COLS,
	.nr_at = PIECE_NR_BUCKETS,
	.limit = PK_NET_BUCKETS,
};

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
	if (pk_writer_buckets(w, PK_CHUNK_NET_CONNS, buckets, x->nr_buckets))
		return w->err.code;
	return pk_writer_row(w, PK_CHUNK_NET_CONNS, row, NR_PIECE_COLS);
}

static int encode(struct pk_writer *w, struct pk_strbuf *out)
{
	return pk_buckets_encode(w, &layout, out);
}

/* --- decoding --------------------------------------------------------------- */

static int take(struct pk_loading *l, const uint64_t *row, uint32_t first_bucket)
{
	struct pk_net_conns *x = pk_vec_push(&l->p->net_conns);
	const char *wrong;

	if (!x)
		return -ENOMEM;
	*x = (struct pk_net_conns){
		.from_ns = row[PIECE_FROM],
		.to_ns = row[PIECE_TO],
		.tgid = row[PIECE_TGID],
		.role = row[PIECE_KIND] & 0xff,
		.family = row[PIECE_KIND] >> 8 & 0xff,
		.port = row[PIECE_KIND] >> 16,
		.first_bucket = first_bucket,
		.nr_buckets = row[PIECE_NR_BUCKETS],
	};
	for (unsigned int i = 0; i < PKPROF_NR_NET_COUNTS; i++)
		x->counts[i] = row[PIECE_COUNT + i];
	for (unsigned int i = 0; i < PKPROF_NR_NET_DISTS; i++) {
		x->sums[i] = row[PIECE_SUM + i];
		x->maxes[i] = row[PIECE_MAX + i];
	}
	if (pk_loading_string_id(l, row[PIECE_REMOTE], &x->remote) ||
	    pk_loading_string_id(l, row[PIECE_LOCAL], &x->local))
		return -EBADMSG;
	wrong = pk_net_conns_wrong(x, l->p->net_buckets.data + first_bucket);
	return wrong ? pk_loading_bad(l, "connections: %s", wrong) : 0;
}

static int decode(struct pk_loading *l, struct pk_reader *r, uint32_t nr)
{
	return pk_buckets_decode_each(l, r, &layout, nr, &l->p->net_buckets, take);
}

const struct pk_codec pk_codec_net_conns = {
	.name = "connections",
	.needs = 1 << PK_CHUNK_STRINGS,
	.encode = encode,
	.decode = decode,
};
