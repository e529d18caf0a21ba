/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Columns: how a codec packs many items of the same fields. In: rows of 64-bit
 * values, one per item. Out: column after column, each coded in the way that makes
 * its values small; and back, every value checked against what its column may
 * hold. For codecs only.
 */
#ifndef PK_PROFILE_COLUMNS_H
#define PK_PROFILE_COLUMNS_H

#include <stddef.h>
#include <stdint.h>

#include "base/map64.h"
#include "base/reader.h"
#include "base/strbuf.h"
#include "base/vec.h"

struct pk_loading;

enum pk_column_coding {
	PK_CODED_PLAIN,		/* varints */
	PK_CODED_DIFF,		/* svarints: difference to the item before, modulo 2^64 */
	PK_CODED_DICT,		/* dictionary of differences, then positions */
	PK_CODED_THREADS,	/* likewise, of PK_THREAD_VALUE() */
	PK_CODED_THREAD_RUNS,	/* likewise, positions as differences to one after the last */
};

struct pk_column {
	enum pk_column_coding coding;
	uint64_t max;	/* largest value that makes sense; threads: not looked at */
};

#define PK_THREAD_VALUE(tid, tgid) ((uint64_t)(tid) << 32 | (tgid))
#define PK_THREAD_TID(value) ((uint32_t)((value) >> 32))
#define PK_THREAD_TGID(value) ((uint32_t)(value))

/* Rows as one array: value of item i in column c is data[i * nr_cols + c]. */
typedef PK_VEC(uint64_t) pk_column_rows;

/* Memory that encoding reuses. All-zero is valid. */
struct pk_column_scratch {
	struct pk_map64 where;		/* value: its position */
	PK_VEC(uint64_t) values;	/* the dictionary */
};

void pk_column_scratch_deinit(struct pk_column_scratch *s);

/* 0 or -ENOMEM. */
int pk_columns_encode(const struct pk_column *cols, unsigned int nr_cols, const uint64_t *rows,
		      size_t nr, struct pk_column_scratch *s, struct pk_strbuf *out);

/*
 * Rows of @nr items, to be freed also after an error. 0, -EBADMSG with l->why, or
 * -ENOMEM. Takes 8 bytes of memory per byte read, at most.
 */
int pk_columns_decode(struct pk_loading *l, struct pk_reader *r, const struct pk_column *cols,
		      unsigned int nr_cols, size_t nr, uint64_t **rows_ret);

/* Likewise, each row handed to @take, which says what is wrong by pk_loading_bad(). */
int pk_columns_decode_each(struct pk_loading *l, struct pk_reader *r, const struct pk_column *cols,
			   unsigned int nr_cols, size_t nr,
			   int (*take)(struct pk_loading *l, const uint64_t *row));

#endif
