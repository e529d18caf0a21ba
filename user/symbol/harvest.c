// SPDX-License-Identifier: GPL-2.0-or-later
/* Symbols and source lines on their way into a profile; see harvest.h. */
#include "model/symbols.h"
#include "symbol/demangle.h"
#include "symbol/harvest.h"

void pk_harvest_deinit(struct pk_harvest *h)
{
	pk_vec_deinit(&h->found);
	pk_vec_deinit(&h->lines);
	pk_vec_deinit(&h->line_frames);
	pk_vec_deinit(&h->chain);
	pk_strbuf_deinit(&h->text);
}

int pk_harvest_name(struct pk_harvest *h, const char *raw, bool linkage_name, uint32_t *ret)
{
	pk_strbuf_clear(&h->text);
	if (linkage_name)
		pk_demangle(raw, &h->text);
	else
		pk_add_clean(&h->text, raw, strlen(raw));
	if (pk_strbuf_failed(&h->text))
		return -ENOMEM;
	return pk_strtab_intern(&h->p->strings, h->text.len ? h->text.data : "", h->text.len, ret);
}

int pk_harvest_add(struct pk_harvest *h, const struct pk_symbol *s, const char *raw,
		   bool linkage_name)
{
	struct pk_symbol named = *s;

	if (pk_harvest_name(h, raw, linkage_name, &named.name))
		return -ENOMEM;
	return pk_vec_add(&h->found, named);
}

static bool same_frame(const struct pk_line_frame *a, const struct pk_line_frame *b)
{
	return a->name == b->name && a->source == b->source && a->line == b->line;
}

int pk_harvest_add_line(struct pk_harvest *h, uint32_t file, uint64_t addr,
			const struct pk_line_frame *frames, size_t nr)
{
	size_t shared = 0;

	while (shared < nr && shared < h->chain.nr &&
	       same_frame(&h->line_frames.data[h->chain.data[shared]], &frames[nr - 1 - shared]))
		shared++;
	h->chain.nr = shared;
	for (size_t i = nr - shared; i-- > 0;) {
		struct pk_line_frame f = frames[i];

		f.outer = h->chain.nr ? h->chain.data[h->chain.nr - 1] : PK_LINE_OUTERMOST;
		if (pk_vec_add(&h->line_frames, f) ||
		    pk_vec_add(&h->chain, h->line_frames.nr - 1))
			return -ENOMEM;
	}
	return pk_vec_add(&h->lines,
			  ((struct pk_line){ file, h->chain.data[h->chain.nr - 1], addr }));
}

/* Index of the first of the @nr old symbols that ends above the start of @s. */
static size_t first_in_the_way(const struct pk_profile *p, size_t nr, const struct pk_symbol *s)
{
	size_t lo = 0, hi = nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (pk_symbols_compare(&p->symbols.data[mid], s) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	/* the one before starts at or below it and may reach into it */
	return lo ? lo - 1 : 0;
}

/* Add what the @nr old symbols leave of @s. */
static int add_around(struct pk_profile *p, size_t nr, const struct pk_symbol *s)
{
	struct pk_symbol rest = *s;

	for (size_t i = first_in_the_way(p, nr, s); i < nr && rest.size; i++) {
		const struct pk_symbol old = p->symbols.data[i];
		uint64_t end = rest.addr + rest.size, old_end = old.addr + old.size;
		struct pk_symbol part = rest;

		if (old.space != s->space || old.id != s->id || old_end <= rest.addr)
			continue;
		if (old.addr >= end)
			break;
		part.size = old.addr > rest.addr ? old.addr - rest.addr : 0;
		if (part.size && pk_vec_add(&p->symbols, part))
			return -ENOMEM;
		rest.addr = old_end;
		rest.size = old_end < end ? end - old_end : 0;
	}
	return rest.size ? pk_vec_add(&p->symbols, rest) : 0;
}

/*
 * Files can be made in which two functions are in the same place. Sorted
 * symbols must be disjoint: the first one of them wins.
 */
static void make_disjoint(struct pk_profile *p)
{
	struct pk_symbol *before = NULL;
	size_t kept = 0;

	for (size_t i = 0; i < p->symbols.nr; i++) {
		struct pk_symbol s = p->symbols.data[i];

		if (before && before->space == s.space && before->id == s.id &&
		    s.addr - before->addr < before->size) {
			uint64_t overlap = before->size - (s.addr - before->addr);

			if (overlap >= s.size)
				continue;
			s.addr += overlap;
			s.size -= overlap;
		}
		before = &p->symbols.data[kept++];
		*before = s;
	}
	p->symbols.nr = kept;
}

/* What is there already stays; of a line that was found twice the first one. */
static int merge_lines(struct pk_harvest *h)
{
	struct pk_profile *p = h->p;
	size_t nr = p->lines.nr, first = p->line_frames.nr, kept = 0;

	if (!h->lines.nr)
		return 0;
	PK_VEC_FOREACH(&h->line_frames, f) {
		struct pk_line_frame moved = *f;

		if (moved.outer != PK_LINE_OUTERMOST)
			moved.outer += first;
		if (pk_vec_add(&p->line_frames, moved))
			return -ENOMEM;
	}
	PK_VEC_FOREACH(&h->lines, l) {
		struct pk_line moved = { l->file, l->frame + first, l->addr };

		if (!pk_lines_find_in(p, nr, l->file, l->addr) && pk_vec_add(&p->lines, moved))
			return -ENOMEM;
	}
	qsort(p->lines.data, p->lines.nr, sizeof(*p->lines.data), pk_lines_compare);
	for (size_t i = 0; i < p->lines.nr; i++) {
		const struct pk_line *l = &p->lines.data[i];

		if (!kept || p->lines.data[kept - 1].file != l->file ||
		    p->lines.data[kept - 1].addr != l->addr)
			p->lines.data[kept++] = *l;
	}
	p->lines.nr = kept;
	return 0;
}

int pk_harvest_merge(struct pk_harvest *h)
{
	struct pk_profile *p = h->p;
	size_t nr = p->symbols.nr;
	int ret = 0;

	for (size_t i = 0; i < h->found.nr && !ret; i++)
		ret = add_around(p, nr, &h->found.data[i]);
	if (p->symbols.nr)
		qsort(p->symbols.data, p->symbols.nr, sizeof(*p->symbols.data),
		      pk_symbols_compare);
	make_disjoint(p);
	return ret ? ret : merge_lines(h);
}
