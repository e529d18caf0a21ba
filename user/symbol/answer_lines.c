// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines in answers of files; see answer_lines.h. */
#include <errno.h>
#include <stdlib.h>

#include "profile/profile.h"
#include "symbol/answer_lines.h"

/* ---- writing ------------------------------------------------------------------------ */

void pk_answer_encode_lines(const struct pk_answer *a, struct pk_strbuf *out)
{
	uint64_t next = 0;

	pk_strbuf_varint(out, a->lines.nr);
	PK_VEC_FOREACH(&a->lines, l) {
		const struct pk_answer_frame *f = l->nr ? &a->frames.data[l->first] : NULL;

		pk_strbuf_varint(out, l->off - next);
		next = l->off + 1;
		pk_strbuf_varint(out, l->nr);
		for (uint32_t i = 0; i < l->nr; i++) {
			pk_strbuf_varint(out, f[i].name);
			pk_strbuf_varint(out, f[i].source);
			pk_strbuf_varint(out, f[i].line);
		}
	}
}

/* ---- reading ------------------------------------------------------------------------ */

static int decode_frame(struct pk_reader *r, struct pk_answer *a)
{
	uint64_t name = pk_reader_varint(r), source = pk_reader_varint(r);
	uint64_t line = pk_reader_varint(r);
	struct pk_answer_frame f = { .name = name, .source = source, .line = line };

	if (pk_reader_bad(r) || name >= a->strings.entries.nr ||
	    source >= a->strings.entries.nr || line > UINT32_MAX)
		return -EBADMSG;
	return pk_vec_add(&a->frames, f);
}

static int decode_line(struct pk_reader *r, uint64_t next, struct pk_answer *a)
{
	uint64_t gap = pk_reader_varint(r), nr = pk_reader_varint(r);
	struct pk_answer_line l = { .first = a->frames.nr, .nr = nr };
	int ret = 0;

	if (pk_reader_bad(r) || __builtin_add_overflow(next, gap, &l.off) || l.off == UINT64_MAX ||
	    nr > PK_LINE_MAX_FRAMES || a->frames.nr > UINT32_MAX - nr)
		return -EBADMSG;
	for (; nr && !ret; nr--)
		ret = decode_frame(r, a);
	return ret ? ret : pk_vec_add(&a->lines, l);
}

int pk_answer_decode_lines(struct pk_reader *r, size_t max_lines, struct pk_answer *a)
{
	uint64_t nr = pk_reader_varint(r), next = 0;
	int ret = 0;

	if (nr > max_lines || nr > pk_reader_left(r) / 2)
		return -EBADMSG;
	for (; nr && !ret; nr--) {
		ret = decode_line(r, next, a);
		if (!ret)
			next = a->lines.data[a->lines.nr - 1].off + 1;
	}
	return ret;
}

/* ---- use ------------------------------------------------------------------------------ */

static const struct pk_answer_line *find_in(const struct pk_answer_line *lines, size_t nr,
					    uint64_t off)
{
	size_t lo = 0, hi = nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (lines[mid].off < off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < nr && lines[lo].off == off ? &lines[lo] : NULL;
}

const struct pk_answer_line *pk_answer_find_line(const struct pk_answer *a, uint64_t off)
{
	return find_in(a->lines.data, a->lines.nr, off);
}

int pk_answer_import_line(struct pk_answer *a, const struct pk_answer *from,
			  const struct pk_answer_line *l)
{
	struct pk_answer_line mine = { l->off, a->frames.nr, l->nr };

	for (uint32_t i = 0; i < l->nr; i++) {
		struct pk_answer_frame f = from->frames.data[l->first + i];

		if (pk_answer_import(a, from, f.name, &f.name) ||
		    pk_answer_import(a, from, f.source, &f.source) || pk_vec_add(&a->frames, f))
			return -ENOMEM;
	}
	return pk_vec_add(&a->lines, mine);
}

static int compare_lines(const void *a, const void *b)
{
	const struct pk_answer_line *x = a, *y = b;

	return x->off < y->off ? -1 : x->off > y->off;
}

int pk_answer_merge_lines(struct pk_answer *a, const struct pk_answer *more)
{
	size_t nr = a->lines.nr;
	int ret = 0;

	for (size_t i = 0; !ret && i < more->lines.nr; i++)
		if (!find_in(a->lines.data, nr, more->lines.data[i].off))
			ret = pk_answer_import_line(a, more, &more->lines.data[i]);
	if (nr && a->lines.nr > nr)
		qsort(a->lines.data, a->lines.nr, sizeof(*a->lines.data), compare_lines);
	return ret;
}

int pk_answer_no_lines(struct pk_answer *a, const uint64_t *off, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		struct pk_answer_line l = { .off = off[i] };

		if (pk_vec_add(&a->lines, l))
			return -ENOMEM;
	}
	return 0;
}
