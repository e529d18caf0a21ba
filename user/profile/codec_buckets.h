/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Buckets of distributions: the second part of the body of each chunk whose pieces have
 * any. For codecs only.
 *
 * A piece says in one of its columns how many of the buckets that follow all pieces
 * are its own. Of a bucket its distance from one after that before is told.
 */
#ifndef PK_CODEC_BUCKETS_H
#define PK_CODEC_BUCKETS_H

#include "profile/codec.h"

/**
 * struct pk_bucket_layout - a chunk of pieces with buckets
 * @type:	of the chunk
 * @cols:	of a piece, @nr_cols of them
 * @nr_at:	the column that is the number of its buckets
 * @limit:	a bucket is below
 */
struct pk_bucket_layout {
	enum pk_chunk_type type;
	const struct pk_column *cols;
	unsigned int nr_cols, nr_at;
	uint32_t limit;
};

/* The @nr buckets of one piece, in ascending order, before its row. 0 or -ENOMEM. */
int pk_writer_buckets(struct pk_writer *w, enum pk_chunk_type type,
		      const struct pk_hist_bucket *buckets, uint32_t nr);

/* All pieces that are pending, and their buckets. 0 or -ENOMEM. */
int pk_buckets_encode(struct pk_writer *w, const struct pk_bucket_layout *layout,
		      struct pk_strbuf *out);

/*
 * @nr pieces: all their buckets go to the end of @to, piece by piece, where one more than
 * they are is reserved; then the row of each is handed to @take, with the index of its first
 * bucket. That they ascend within the limit is for @take to check. 0, -EBADMSG with l->why,
 * or -ENOMEM.
 */
int pk_buckets_decode_each(struct pk_loading *l, struct pk_reader *r,
			   const struct pk_bucket_layout *layout, uint32_t nr, pk_hist_buckets *to,
			   int (*take)(struct pk_loading *l, const uint64_t *row,
				       uint32_t first_bucket));

#endif
