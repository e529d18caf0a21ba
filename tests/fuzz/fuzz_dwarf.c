// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzer of the reader of debugging information: units, entries, ranges, line tables, names.
 * Input: for each section in the order of enum pk_dwarf_section its length (u16, little
 * endian), then their bytes one after the other. What comes out must hold together, of many addresses
 * and of one alone. Of functions that lie across each other the two may differ.
 */
/* folders: base profile model symbol */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "symbol/inlines.h"

#define NR_ADDRESSES 300
#define HEAD_BYTES (2 * PK_DWARF_NR_SECTIONS)
/* An address in the middle of what linkers place first. */
#define ALONE 70

/* Sections of their own, so that a read behind one of them is seen. */
static int take_sections(struct pk_dwarf_info *d, uint8_t *own[PK_DWARF_NR_SECTIONS],
			 const uint8_t *data, size_t len)
{
	size_t at = HEAD_BYTES;

	for (unsigned int i = 0; i < PK_DWARF_NR_SECTIONS; i++) {
		size_t bytes = data[2 * i] | data[2 * i + 1] << 8;

		if (bytes > len - at)
			bytes = len - at;
		own[i] = malloc(bytes + !bytes);
		if (!own[i])
			abort();
		memcpy(own[i], data + at, bytes);
		if (bytes)
			d->section[i] = (struct pk_unpacked){ .data = own[i], .len = bytes };
		at += bytes;
	}
	return pk_dwarf_units_init(d);
}

static void check_scopes(struct pk_inlines *x)
{
	bool linkage;

	for (uint32_t i = 0; i < x->scopes.nr; i++) {
		const struct pk_inline_scope *s = &x->scopes.data[i];
		const char *name;

		if ((s->parent != PK_SCOPE_NONE && s->parent >= i) || s->unit >= x->d->units.nr ||
		    s->call_file >= x->paths->entries.nr)
			abort();
		name = pk_inlines_name(x, s, &linkage);
		if (name && strlen(name) > 65536)
			abort();
		pk_inlines_name_key(x, s);
	}
}

static void check_positions(const struct pk_inlines *x)
{
	for (size_t i = 0; i < x->nr; i++) {
		const struct pk_inline_pos *p = &x->pos[i];
		unsigned int depth = 0;

		if ((p->scope != PK_SCOPE_NONE && p->scope >= x->scopes.nr) ||
		    p->file >= x->paths->entries.nr || (!p->has_line && (p->file || p->line)))
			abort();
		for (uint32_t s = p->scope; s != PK_SCOPE_NONE; s = x->scopes.data[s].parent)
			if (++depth > PK_MAX_INLINED)
				abort();
	}
}

static void ask(struct pk_dwarf_info *d, const uint64_t *addr, size_t nr)
{
	struct pk_strtab paths;
	struct pk_inlines x;

	if (pk_strtab_init(&paths) || pk_inlines_init(&x, d, &paths, addr, nr, 0))
		abort();
	check_scopes(&x);
	check_positions(&x);
	pk_inlines_deinit(&x);
	pk_strtab_deinit(&paths);
}

static void use(struct pk_dwarf_info *d)
{
	uint64_t addr[NR_ADDRESSES];

	for (unsigned int i = 0; i < NR_ADDRESSES; i++)
		addr[i] = i < 200 ? 0x1000 + i * 2 : i * 37 + 0x2000;
	ask(d, addr, NR_ADDRESSES);
	ask(d, &addr[ALONE], 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t *own[PK_DWARF_NR_SECTIONS];
	struct pk_dwarf_info d = { 0 };

	if (len < HEAD_BYTES)
		return 0;
	if (!take_sections(&d, own, data, len))
		use(&d);
	pk_dwarf_info_deinit(&d);
	for (unsigned int i = 0; i < PK_DWARF_NR_SECTIONS; i++)
		free(own[i]);
	return 0;
}
