// SPDX-License-Identifier: GPL-2.0-or-later
/* Looking up the symbols and lines that a profile carries; see symbols.h. */
#include "model/symbols.h"

int pk_symbols_compare(const void *a, const void *b)
{
	const struct pk_symbol *x = a, *y = b;

	if (x->space != y->space)
		return x->space < y->space ? -1 : 1;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

const struct pk_symbol *pk_symbols_find(const struct pk_profile *p, enum pk_space space,
					uint32_t id, uint64_t addr)
{
	struct pk_symbol key = { .space = space, .id = id, .addr = addr };
	size_t lo = 0, hi = p->symbols.nr;
	const struct pk_symbol *s;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (pk_symbols_compare(&p->symbols.data[mid], &key) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return NULL;
	s = &p->symbols.data[lo - 1];
	return s->space == space && s->id == id && addr - s->addr < s->size ? s : NULL;
}

int pk_lines_compare(const void *a, const void *b)
{
	const struct pk_line *x = a, *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->frame < y->frame ? -1 : x->frame > y->frame;
}

const struct pk_line *pk_lines_find_in(const struct pk_profile *p, size_t nr, uint32_t file,
				       uint64_t addr)
{
	size_t lo = 0, hi = nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct pk_line *l = &p->lines.data[mid];

		if (l->file < file || (l->file == file && l->addr < addr))
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == nr || p->lines.data[lo].file != file || p->lines.data[lo].addr != addr)
		return NULL;
	return &p->lines.data[lo];
}

const struct pk_line *pk_lines_find(const struct pk_profile *p, uint32_t file, uint64_t addr)
{
	return pk_lines_find_in(p, p->lines.nr, file, addr);
}
