// SPDX-License-Identifier: GPL-2.0-or-later
/* Columns of 64-bit values; see columns.h and FORMAT.md. */
#include <stdlib.h>

#include "profile/codec.h"
#include "profile/columns.h"

void pk_column_scratch_deinit(struct pk_column_scratch *s)
{
	pk_map64_deinit(&s->where);
	pk_vec_deinit(&s->values);
}

/* --- encoding --------------------------------------------------------------- */

static bool of_threads(const struct pk_column *col)
{
	return col->coding == PK_CODED_THREADS || col->coding == PK_CODED_THREAD_RUNS;
}

static int fill_dict(const uint64_t *value, unsigned int stride, size_t nr,
		     struct pk_column_scratch *s)
{
	pk_map64_clear(&s->where);
	s->values.nr = 0;
	for (size_t i = 0; i < nr; i++) {
		uint32_t *pos = pk_map64_at(&s->where, value[i * stride]);

		if (!pos)
			return -ENOMEM;
		if (*pos != PK_MAP64_NONE)
			continue;
		*pos = s->values.nr;
		if (pk_vec_add(&s->values, value[i * stride]))
			return -ENOMEM;
	}
	return 0;
}

static void put_dict(const struct pk_column *col, const struct pk_column_scratch *s,
		     struct pk_strbuf *out)
{
	uint64_t last = 0;

	pk_strbuf_varint(out, s->values.nr);
	PK_VEC_FOREACH(&s->values, v) {
		if (of_threads(col)) {
			int64_t tid = PK_THREAD_TID(*v), tgid = PK_THREAD_TGID(*v);

			pk_strbuf_svarint(out, tid - (int64_t)last);
			pk_strbuf_svarint(out, tgid - tid);
			last = tid;
		} else {
			pk_strbuf_svarint(out, *v - last);
			last = *v;
		}
	}
}

static int put_positions(const struct pk_column *col, const uint64_t *value, unsigned int stride,
			 size_t nr, struct pk_column_scratch *s, struct pk_strbuf *out)
{
	int64_t next = 0;
	int ret = fill_dict(value, stride, nr, s);

	if (ret)
		return ret;
	put_dict(col, s, out);
	for (size_t i = 0; i < nr; i++) {
		uint32_t pos = pk_map64_get(&s->where, value[i * stride]);

		if (col->coding == PK_CODED_THREAD_RUNS)
			pk_strbuf_svarint(out, pos - next);
		else
			pk_strbuf_varint(out, pos);
		next = (int64_t)pos + 1;
	}
	return 0;
}

int pk_columns_encode(const struct pk_column *cols, unsigned int nr_cols, const uint64_t *rows,
		      size_t nr, struct pk_column_scratch *s, struct pk_strbuf *out)
{
	int ret = 0;

	for (unsigned int c = 0; !ret && c < nr_cols; c++) {
		uint64_t last = 0;

		if (cols[c].coding >= PK_CODED_DICT) {
			ret = put_positions(&cols[c], rows + c, nr_cols, nr, s, out);
			continue;
		}
		for (size_t i = 0; i < nr; i++) {
			uint64_t v = rows[i * nr_cols + c];

			if (cols[c].coding == PK_CODED_PLAIN)
				pk_strbuf_varint(out, v);
			else
				pk_strbuf_svarint(out, v - last);
			last = v;
		}
	}
	return ret || pk_strbuf_failed(out) ? -ENOMEM : 0;
}

/* --- decoding --------------------------------------------------------------- */

static int get_dict(struct pk_loading *l, struct pk_reader *r, const struct pk_column *col,
		    uint64_t *value, uint64_t nr)
{
	uint64_t last = 0;

	for (uint64_t i = 0; i < nr; i++) {
		uint32_t tid = PK_THREAD_TID(last), tgid;

		if (of_threads(col)) {
			if (pk_loading_delta(l, r, tid, &tid) || pk_loading_delta(l, r, tid, &tgid))
				return -EBADMSG;
			last = PK_THREAD_VALUE(tid, tgid);
		} else {
			last += pk_reader_svarint(r);
			if (last > col->max)
				return pk_loading_bad(l, "%llu where %llu is the most",
						      (unsigned long long)last,
						      (unsigned long long)col->max);
		}
		value[i] = last;
	}
	return 0;
}

/* @dict has room for @nr entries; no writer has more of them than items. */
static int get_positions(struct pk_loading *l, struct pk_reader *r, const struct pk_column *col,
			 uint64_t *value, unsigned int stride, size_t nr, uint64_t *dict)
{
	uint64_t nr_values, pos = UINT64_MAX;

	if (pk_loading_number(l, r, nr, &nr_values) || get_dict(l, r, col, dict, nr_values))
		return -EBADMSG;
	for (size_t i = 0; i < nr; i++) {
		if (col->coding == PK_CODED_THREAD_RUNS)
			pos += 1 + pk_reader_svarint(r);
		else
			pos = pk_reader_varint(r);
		if (pos >= nr_values)
			return pk_loading_bad(l, "an item beyond its dictionary");
		value[i * stride] = dict[pos];
	}
	return 0;
}

static int get_values(struct pk_loading *l, struct pk_reader *r, const struct pk_column *col,
		      uint64_t *value, unsigned int stride, size_t nr)
{
	uint64_t v = 0;

	for (size_t i = 0; i < nr; i++) {
		if (col->coding == PK_CODED_PLAIN)
			v = pk_reader_varint(r);
		else
			v += pk_reader_svarint(r);
		if (v > col->max)
			return pk_loading_bad(l, "%llu where %llu is the most",
					      (unsigned long long)v, (unsigned long long)col->max);
		value[i * stride] = v;
	}
	return 0;
}

int pk_columns_decode(struct pk_loading *l, struct pk_reader *r, const struct pk_column *cols,
		      unsigned int nr_cols, size_t nr, uint64_t **rows_ret)
{
	uint64_t *rows, *dict;
	int ret = 0;

	*rows_ret = NULL;
	/* a value takes a byte at least: what is left bounds the memory */
	if (nr > pk_reader_left(r) / nr_cols)
		return pk_loading_bad(l, "its items end early");
	*rows_ret = rows = malloc((nr * nr_cols + 1) * sizeof(*rows));
	dict = malloc((nr + 1) * sizeof(*dict));
	if (!rows || !dict)
		ret = -ENOMEM;
	for (unsigned int c = 0; !ret && c < nr_cols; c++)
		ret = cols[c].coding >= PK_CODED_DICT ?
			      get_positions(l, r, &cols[c], rows + c, nr_cols, nr, dict) :
			      get_values(l, r, &cols[c], rows + c, nr_cols, nr);
	free(dict);
	if (!ret && pk_reader_bad(r))
		ret = pk_loading_bad(l, "its items end early");
	return ret;
}

int pk_columns_decode_each(struct pk_loading *l, struct pk_reader *r, const struct pk_column *cols,
			   unsigned int nr_cols, size_t nr,
			   int (*take)(struct pk_loading *l, const uint64_t *row))
{
	uint64_t *rows;
	int ret = pk_columns_decode(l, r, cols, nr_cols, nr, &rows);

	for (size_t i = 0; !ret && i < nr; i++)
		ret = take(l, rows + i * nr_cols);
	free(rows);
	return ret;
}
