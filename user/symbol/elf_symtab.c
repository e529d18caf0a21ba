// SPDX-License-Identifier: GPL-2.0-or-later
/* Functions from ELF symbol tables; see elf_symtab.h. */
#include <string.h>

#include "symbol/elf_symtab.h"

/*
 * Among names of one place: functions before labels, exported ones before
 * local ones. Weak ones are as good as strong ones: the C library's well-known
 * names are weak, what it calls the same functions itself is strong.
 */
enum rank {
	RANK_EXPORTED,
	RANK_LOCAL,
	RANK_LABEL,	/* added to the others */
};

static const struct pk_section *find_table(const struct pk_elf *e, uint32_t type)
{
	PK_VEC_FOREACH(&e->sections, s)
		if (s->type == type && s->len)
			return s;
	return NULL;
}

bool pk_symtab_open(const struct pk_elf *e, uint32_t type, struct pk_symtab *t)
{
	const struct pk_section *s = find_table(e, type);
	Elf_Data *names;
	const char *last;
	size_t entry = gelf_fsize(e->elf, ELF_T_SYM, 1, EV_CURRENT);

	*t = (struct pk_symtab){ .e = e };
	if (!s || !entry || s->link >= e->sections.nr ||
	    e->sections.data[s->link].type != SHT_STRTAB)
		return false;
	t->symbols = pk_elf_data(e, s);
	names = pk_elf_data(e, &e->sections.data[s->link]);
	last = names ? memrchr(names->d_buf, '\0', names->d_size) : NULL;
	if (!t->symbols || !last)
		return false;
	t->nr = t->symbols->d_size / entry;
	t->names = names->d_buf;
	t->names_len = last - t->names + 1;
	return true;
}

static bool is_function(const struct pk_symtab *t, const GElf_Sym *sym, struct pk_func *f)
{
	unsigned int type = GELF_ST_TYPE(sym->st_info);
	const struct pk_section *s;

	if (type != STT_FUNC && type != STT_GNU_IFUNC && type != STT_NOTYPE)
		return false;
	/* undefined, absolute and other reserved indices are beyond all sections */
	if (!sym->st_shndx || sym->st_shndx >= t->e->sections.nr)
		return false;
	s = &t->e->sections.data[sym->st_shndx];
	if (!s->exec || sym->st_value - s->svma >= s->len)
		return false;
	f->start = sym->st_value;
	f->end = s->svma + s->len;
	if (sym->st_size < f->end - f->start)
		f->end = f->start + sym->st_size;
	f->rank = GELF_ST_BIND(sym->st_info) == STB_LOCAL ? RANK_LOCAL : RANK_EXPORTED;
	if (type == STT_NOTYPE)
		f->rank += RANK_LABEL;
	return true;
}

const char *pk_symtab_name(const struct pk_symtab *t, const GElf_Sym *sym)
{
	const char *name;

	if (sym->st_name >= t->names_len)
		return NULL;
	name = t->names + sym->st_name;
	if (!name[0] || name[0] == '$' || !strncmp(name, ".L", 2) || !strncmp(name, ".annobin", 8))
		return NULL;
	if (strnlen(name, PK_MAX_SYMBOL_NAME + 1) > PK_MAX_SYMBOL_NAME)
		return NULL;
	return name;
}

static int offer_sized(const struct pk_symtab *t, struct pk_cover *c)
{
	struct pk_func f = { 0 };
	GElf_Sym sym;
	uint32_t i;

	for (size_t n = 1; n < t->nr; n++) {
		if (!gelf_getsym(t->symbols, n, &sym) || !sym.st_size || !is_function(t, &sym, &f))
			continue;
		/* most symbols have no sample: do not even look at their names */
		i = pk_cover_next_free(c, f.start);
		if (i == c->nr || c->addr[i] >= f.end) {
			if (f.start < f.end)
				pk_cover_bound(c, f.start, f.end);
			continue;
		}
		f.name = pk_symtab_name(t, &sym);
		if (f.name && pk_cover_offer(c, &f))
			return -ENOMEM;
	}
	return 0;
}

bool pk_elf_has_symtab(const struct pk_elf *e)
{
	const struct pk_section *s = find_table(e, SHT_SYMTAB);

	return s && s->len > gelf_fsize(e->elf, ELF_T_SYM, 1, EV_CURRENT);
}

static int for_each_table(const struct pk_elf *e, int (*fn)(const struct pk_symtab *, void *),
			  void *ctx)
{
	static const uint32_t types[] = { SHT_SYMTAB, SHT_DYNSYM };
	struct pk_symtab t;
	int ret = 0;

	for (size_t i = 0; i < 2 && !ret; i++)
		if (pk_symtab_open(e, types[i], &t))
			ret = fn(&t, ctx);
	return ret;
}

static int offer_sized_fn(const struct pk_symtab *t, void *ctx)
{
	return offer_sized(t, ctx);
}

int pk_elf_offer_functions(const struct pk_elf *e, struct pk_cover *c)
{
	return for_each_table(e, offer_sized_fn, c);
}

struct entry {
	uint64_t start, end;
};

struct unsized {
	struct pk_cover *c;
	struct pk_map64 entries;	/* start of an unwind entry to index into ranges */
	PK_VEC(struct entry) ranges;
};

static int collect_entries(struct unsized *u, struct pk_eh_frame *eh)
{
	struct entry r;

	for (uint32_t i = pk_cover_next_free(u->c, 0); i < u->c->nr;) {
		if (!pk_eh_frame_find(eh, u->c->addr[i], &r.start, &r.end)) {
			i = pk_cover_free_after(u->c, i);
			continue;
		}
		if (pk_vec_add(&u->ranges, r) ||
		    pk_map64_set(&u->entries, r.start, u->ranges.nr - 1))
			return -ENOMEM;
		i = pk_cover_next_free(u->c, r.end);
	}
	return 0;
}

static int offer_at_entries(const struct pk_symtab *t, void *ctx)
{
	struct unsized *u = ctx;
	struct pk_func f = { 0 };
	GElf_Sym sym;
	uint32_t at;

	for (size_t n = 1; n < t->nr; n++) {
		if (!gelf_getsym(t->symbols, n, &sym) || sym.st_size || !is_function(t, &sym, &f))
			continue;
		at = pk_map64_get(&u->entries, f.start);
		if (at == PK_MAP64_NONE)
			continue;
		f.end = u->ranges.data[at].end;
		f.name = pk_symtab_name(t, &sym);
		if (f.name && pk_cover_offer(u->c, &f))
			return -ENOMEM;
	}
	return 0;
}

int pk_elf_offer_unsized(const struct pk_elf *e, struct pk_eh_frame *eh, struct pk_cover *c)
{
	struct unsized u = { .c = c };
	int ret = collect_entries(&u, eh);

	if (!ret && u.ranges.nr)
		ret = for_each_table(e, offer_at_entries, &u);
	pk_vec_deinit(&u.ranges);
	pk_map64_deinit(&u.entries);
	return ret;
}
