// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzer of what a file's child answers and what is kept on disk. Input: such an answer. One that
 * is taken must hold together, and be the same when it is written and read again.
 */
/* folders: base profile model symbol */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "profile/profile.h"
#include "symbol/answer.h"

#define MAX_ITEMS (1 << 16)

static void check_line(const struct pk_answer *a, const struct pk_answer_line *l)
{
	if (pk_answer_find_line(a, l->off) != l || l->nr > PK_LINE_MAX_FRAMES ||
	    l->first > a->frames.nr || l->nr > a->frames.nr - l->first)
		abort();
	for (uint32_t i = 0; i < l->nr; i++) {
		const struct pk_answer_frame *f = &a->frames.data[l->first + i];

		if (f->name >= a->strings.entries.nr || f->source >= a->strings.entries.nr)
			abort();
	}
}

static void check_piece(const struct pk_answer *a, const struct pk_piece *p, uint64_t end_before)
{
	if (p->start < end_before || p->end <= p->start || pk_answer_find(a, p->start) != p ||
	    pk_answer_find(a, p->end - 1) != p)
		abort();
	if (p->flags == PK_PIECE_NOTHING)
		return;
	if (p->func_start > p->start || p->func_end < p->end)
		abort();
	if (!(p->flags & PK_SYMBOL_NONE) && !*pk_strtab_get(&a->strings, p->name))
		abort();
}

static void check_again(const struct pk_answer *a)
{
	struct pk_strbuf b = { 0 };
	struct pk_answer again;

	pk_answer_encode(a, &b);
	if (pk_strbuf_failed(&b) || pk_answer_decode(b.data, b.len, MAX_ITEMS, &again) ||
	    again.pieces.nr != a->pieces.nr ||
	    (a->pieces.nr && memcmp(again.pieces.data, a->pieces.data,
				    a->pieces.nr * sizeof(*a->pieces.data))) ||
	    again.lines.nr != a->lines.nr || again.frames.nr != a->frames.nr ||
	    (a->lines.nr && memcmp(again.lines.data, a->lines.data,
				   a->lines.nr * sizeof(*a->lines.data))) ||
	    (a->frames.nr && memcmp(again.frames.data, a->frames.data,
				    a->frames.nr * sizeof(*a->frames.data))))
		abort();
	/* it has nothing new to say */
	if (pk_answer_merge(&again, a) || again.pieces.nr != a->pieces.nr ||
	    again.lines.nr != a->lines.nr)
		abort();
	pk_answer_deinit(&again);
	pk_strbuf_deinit(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct pk_answer a;
	uint64_t end = 0;

	if (pk_answer_decode(data, len, MAX_ITEMS, &a))
		return 0;
	PK_VEC_FOREACH(&a.pieces, p) {
		check_piece(&a, p, end);
		end = p->end;
	}
	PK_VEC_FOREACH(&a.lines, l)
		check_line(&a, l);
	for (size_t i = 1; i < a.strings.entries.nr; i++)
		if (strpbrk(pk_strtab_get(&a.strings, i), "\n\r\t\033"))
			abort();
	check_again(&a);
	pk_answer_deinit(&a);
	return 0;
}
