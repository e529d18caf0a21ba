// SPDX-License-Identifier: GPL-2.0-or-later
/* Answers of files; see answer.h. */
#include <errno.h>
#include <string.h>

#include "base/reader.h"
#include "profile/profile.h"
#include "symbol/answer.h"
#include "symbol/answer_lines.h"

int pk_answer_init(struct pk_answer *a)
{
	*a = (struct pk_answer){ 0 };
	return pk_strtab_init(&a->strings);
}

void pk_answer_deinit(struct pk_answer *a)
{
	pk_strtab_deinit(&a->strings);
	pk_vec_deinit(&a->pieces);
	pk_vec_deinit(&a->lines);
	pk_vec_deinit(&a->frames);
	*a = (struct pk_answer){ 0 };
}

/* ---- writing ------------------------------------------------------------------------ */

static void encode_strings(const struct pk_strtab *t, struct pk_strbuf *out)
{
	pk_strbuf_varint(out, t->entries.nr - 1);
	for (size_t i = 1; i < t->entries.nr; i++) {
		pk_strbuf_varint(out, t->entries.data[i].len);
		pk_strbuf_add(out, t->entries.data[i].text, t->entries.data[i].len);
	}
}

static void encode_piece(const struct pk_piece *p, uint64_t end_before, struct pk_strbuf *out)
{
	pk_strbuf_varint(out, p->start - end_before);
	pk_strbuf_varint(out, p->end - p->start);
	pk_strbuf_putc(out, p->flags);
	if (p->flags & PK_PIECE_NOTHING)
		return;
	pk_strbuf_varint(out, p->start - p->func_start);
	pk_strbuf_varint(out, p->func_end - p->end);
	pk_strbuf_varint(out, p->flags & PK_SYMBOL_NONE ? p->svma : p->name);
}

void pk_answer_encode(const struct pk_answer *a, struct pk_strbuf *out)
{
	uint64_t end = 0;

	pk_strbuf_putc(out, a->flags);
	pk_strbuf_varint(out, a->link);
	pk_strbuf_varint(out, a->link_crc);
	encode_strings(&a->strings, out);
	pk_strbuf_varint(out, a->pieces.nr);
	PK_VEC_FOREACH(&a->pieces, p) {
		encode_piece(p, end, out);
		end = p->end;
	}
	pk_answer_encode_lines(a, out);
}

/* ---- reading ------------------------------------------------------------------------ */

static bool is_clean(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return false;
	return true;
}

static int decode_strings(struct pk_reader *r, struct pk_strtab *t)
{
	uint64_t nr = pk_reader_varint(r);

	/* each takes a byte at least, and one that is empty is no string of ours */
	if (nr > pk_reader_left(r) / 2)
		return -EBADMSG;
	for (uint64_t i = 1; i <= nr; i++) {
		uint64_t len = pk_reader_varint(r);
		const char *text = len && len <= PK_ANSWER_MAX_STRING ? pk_reader_bytes(r, len) : NULL;
		uint32_t id;

		if (!text || !is_clean(text, len))
			return -EBADMSG;
		if (pk_strtab_intern(t, text, len, &id))
			return -ENOMEM;
		if (id != i)
			return -EBADMSG;
	}
	return 0;
}

static bool decode_piece(struct pk_reader *r, uint64_t end_before, size_t nr_strings,
			 struct pk_piece *ret)
{
	uint64_t gap = pk_reader_varint(r), len = pk_reader_varint(r), before, behind, last;

	*ret = (struct pk_piece){ .flags = pk_reader_u8(r) };
	if (pk_reader_bad(r) || !len || __builtin_add_overflow(end_before, gap, &ret->start) ||
	    __builtin_add_overflow(ret->start, len, &ret->end))
		return false;
	if (ret->flags == PK_PIECE_NOTHING)
		return true;
	if (ret->flags & ~(PK_SYMBOL_NONE | PK_PIECE_LOOSE))
		return false;
	before = pk_reader_varint(r);
	behind = pk_reader_varint(r);
	last = pk_reader_varint(r);
	if (pk_reader_bad(r) || before > ret->start ||
	    __builtin_add_overflow(ret->end, behind, &ret->func_end))
		return false;
	ret->func_start = ret->start - before;
	if (ret->flags & PK_SYMBOL_NONE)
		ret->svma = last;
	else
		ret->name = last < nr_strings ? last : 0;
	return ret->flags & PK_SYMBOL_NONE || ret->name;
}

static int decode_pieces(struct pk_reader *r, size_t max, struct pk_answer *a)
{
	uint64_t nr = pk_reader_varint(r), end = 0;

	if (nr > max || nr > pk_reader_left(r) / 3)
		return -EBADMSG;
	if (pk_vec_reserve(&a->pieces, nr))
		return -ENOMEM;
	for (; a->pieces.nr < nr; a->pieces.nr++) {
		struct pk_piece *p = &a->pieces.data[a->pieces.nr];

		if (!decode_piece(r, end, a->strings.entries.nr, p))
			return -EBADMSG;
		end = p->end;
	}
	return 0;
}

static int decode(struct pk_reader *r, size_t max, struct pk_answer *a)
{
	uint64_t link, crc;
	int ret;

	a->flags = pk_reader_u8(r);
	link = pk_reader_varint(r);
	crc = pk_reader_varint(r);
	ret = decode_strings(r, &a->strings);
	if (ret)
		return ret;
	if (a->flags & ~(PK_ANSWER_WANTS_DEBUG | PK_ANSWER_LINES_CUT) ||
	    link >= a->strings.entries.nr || crc > UINT32_MAX)
		return -EBADMSG;
	a->link = link;
	a->link_crc = crc;
	ret = decode_pieces(r, max, a);
	if (!ret)
		ret = pk_answer_decode_lines(r, max, a);
	return ret ? ret : pk_reader_bad(r) || pk_reader_left(r) ? -EBADMSG : 0;
}

int pk_answer_decode(const void *data, size_t len, size_t max, struct pk_answer *ret)
{
	struct pk_reader r = pk_reader_of(data, len);
	int code = pk_answer_init(ret);

	if (!code)
		code = decode(&r, max, ret);
	if (code)
		pk_answer_deinit(ret);
	return code;
}

/* ---- use ------------------------------------------------------------------------------ */

/* Index of the first piece that ends behind @off. */
static size_t first_behind(const struct pk_answer *a, uint64_t off)
{
	size_t lo = 0, hi = a->pieces.nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (a->pieces.data[mid].end <= off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct pk_piece *pk_answer_find(const struct pk_answer *a, uint64_t off)
{
	size_t i = first_behind(a, off);

	return i < a->pieces.nr && a->pieces.data[i].start <= off ? &a->pieces.data[i] : NULL;
}

static bool lines_fit(const struct pk_answer *a, const uint64_t *off, size_t nr)
{
	size_t at = 0;

	PK_VEC_FOREACH(&a->lines, l) {
		while (at < nr && off[at] < l->off)
			at++;
		if (at == nr || off[at] != l->off)
			return false;
	}
	return true;
}

bool pk_answer_fits(const struct pk_answer *a, const uint64_t *off, size_t nr)
{
	size_t at = 0;

	PK_VEC_FOREACH(&a->pieces, p) {
		if (at == nr || off[at] < p->start || off[at] >= p->end)
			return false;
		while (at < nr && off[at] < p->end)
			at++;
	}
	return at == nr && lines_fit(a, off, nr);
}

int pk_answer_import(struct pk_answer *a, const struct pk_answer *from, uint32_t id, uint32_t *ret)
{
	return pk_strtab_intern(&a->strings, pk_strtab_get(&from->strings, id),
				pk_strtab_len(&from->strings, id), ret);
}

static int add_piece(struct pk_answer *a, const struct pk_answer *from, const struct pk_piece *p,
		     uint64_t start, uint64_t end)
{
	struct pk_piece part = *p;

	part.start = start;
	part.end = end;
	if (start >= end)
		return 0;
	if (pk_answer_import(a, from, p->name, &part.name))
		return -ENOMEM;
	return pk_vec_add(&a->pieces, part);
}

/* What the first @nr pieces of @a, which ascend, leave of @p. */
static int add_around(struct pk_answer *a, size_t nr, const struct pk_answer *from,
		      const struct pk_piece *p)
{
	struct pk_answer old = { .pieces = { .data = a->pieces.data, .nr = nr } };
	uint64_t start = p->start;
	int ret = 0;

	for (size_t i = first_behind(&old, start);
	     !ret && i < nr && a->pieces.data[i].start < p->end; i++) {
		ret = add_piece(a, from, p, start, a->pieces.data[i].start);
		start = a->pieces.data[i].end;
	}
	return ret ? ret : add_piece(a, from, p, start, p->end);
}

static int compare_pieces(const void *a, const void *b)
{
	const struct pk_piece *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

int pk_answer_merge(struct pk_answer *a, const struct pk_answer *more)
{
	size_t nr = a->pieces.nr;
	int ret = 0;

	for (size_t i = 0; !ret && i < more->pieces.nr; i++)
		ret = add_around(a, nr, more, &more->pieces.data[i]);
	if (a->pieces.nr > nr)
		qsort(a->pieces.data, a->pieces.nr, sizeof(*a->pieces.data), compare_pieces);
	a->flags |= more->flags;
	if (!ret && more->link) {
		ret = pk_answer_import(a, more, more->link, &a->link);
		a->link_crc = more->link_crc;
	}
	return ret ? ret : pk_answer_merge_lines(a, more);
}

int pk_answer_select(const struct pk_answer *a, const uint64_t *off, size_t nr,
		     struct pk_answer *ret)
{
	int code = pk_answer_init(ret);

	if (code)
		return code;
	ret->flags = a->flags;
	for (size_t i = 0; !code && i < nr; i++) {
		const struct pk_piece *p = pk_answer_find(a, off[i]);

		if (p && (!ret->pieces.nr || ret->pieces.data[ret->pieces.nr - 1].end <= off[i]))
			code = add_piece(ret, a, p, p->start, p->end);
	}
	for (size_t i = 0; !code && i < nr; i++) {
		const struct pk_answer_line *l = pk_answer_find_line(a, off[i]);

		code = l ? pk_answer_import_line(ret, a, l) : 0;
	}
	if (code)
		pk_answer_deinit(ret);
	return code;
}
