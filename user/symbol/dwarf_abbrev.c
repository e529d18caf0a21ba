// SPDX-License-Identifier: GPL-2.0-or-later
/* Abbreviation tables of DWARF; see dwarf_abbrev.h. */
#include <dwarf.h>

#include "symbol/dwarf_abbrev.h"
#include "symbol/dwarf_read.h"

/* The largest programs have some millions; a file could ask for any number by few bytes. */
#define MAX_SPECS (16u << 20)

uint32_t pk_dwarf_form_bytes(uint16_t form, const struct pk_dwarf_widths *w)
{
	switch (form) {
	case DW_FORM_flag_present:
	case DW_FORM_implicit_const:
		return 0;
	case DW_FORM_data1:
	case DW_FORM_ref1:
	case DW_FORM_flag:
	case DW_FORM_strx1:
	case DW_FORM_addrx1:
		return 1;
	case DW_FORM_data2:
	case DW_FORM_ref2:
	case DW_FORM_strx2:
	case DW_FORM_addrx2:
		return 2;
	case DW_FORM_strx3:
	case DW_FORM_addrx3:
		return 3;
	case DW_FORM_data4:
	case DW_FORM_ref4:
	case DW_FORM_strx4:
	case DW_FORM_addrx4:
	case DW_FORM_ref_sup4:
		return 4;
	case DW_FORM_data8:
	case DW_FORM_ref8:
	case DW_FORM_ref_sig8:
	case DW_FORM_ref_sup8:
		return 8;
	case DW_FORM_data16:
		return 16;
	case DW_FORM_addr:
		return w->addr_bytes;
	case DW_FORM_ref_addr:
		return w->version == 2 ? w->addr_bytes : w->off_bytes;
	case DW_FORM_strp:
	case DW_FORM_line_strp:
	case DW_FORM_sec_offset:
	case DW_FORM_strp_sup:
	case DW_FORM_GNU_ref_alt:
	case DW_FORM_GNU_strp_alt:
		return w->off_bytes;
	}
	return PK_ABBREV_VARIABLE;
}

/* The forms of one entry, up to the pair of zeroes. False: damaged. */
static bool read_specs(struct pk_reader *r, struct pk_abbrev_table *t, struct pk_abbrev *a,
		       const struct pk_dwarf_widths *w)
{
	a->first_spec = t->specs.nr;
	for (;;) {
		uint64_t name = pk_dwarf_uleb(r), form = pk_dwarf_uleb(r);
		struct pk_abbrev_spec spec = { name, form, 0 };
		uint32_t bytes = pk_dwarf_form_bytes(form, w);

		if (pk_reader_bad(r) || name > UINT16_MAX || form > UINT16_MAX)
			return false;
		if (!name && !form)
			break;
		if (form == DW_FORM_implicit_const) {
			int64_t value = pk_dwarf_sleb(r);

			spec.value = value >= 0 && value <= UINT32_MAX ? value : 0;
		}
		if (pk_vec_add(&t->specs, spec))
			return false;
		a->has_code |= name == DW_AT_low_pc || name == DW_AT_ranges;
		a->has_sibling |= name == DW_AT_sibling;
		if (bytes == PK_ABBREV_VARIABLE || a->bytes == PK_ABBREV_VARIABLE)
			a->bytes = PK_ABBREV_VARIABLE;
		else
			a->bytes += bytes;
	}
	a->nr_specs = t->specs.nr - a->first_spec;
	return true;
}

static int by_code(const void *x, const void *y)
{
	const struct pk_abbrev *a = x, *b = y;

	return a->code < b->code ? -1 : a->code > b->code;
}

static bool read_table(struct pk_reader *r, struct pk_abbrev_table *t,
		       const struct pk_dwarf_widths *w, size_t max_specs)
{
	bool ascending = true;
	uint64_t code, last = 0;

	while ((code = pk_dwarf_uleb(r))) {
		struct pk_abbrev a = { .code = code };
		uint64_t tag = pk_dwarf_uleb(r);

		a.has_children = pk_reader_u8(r);
		if (pk_reader_bad(r) || tag > UINT16_MAX)
			return false;
		a.tag = tag;
		if (!read_specs(r, t, &a, w) || t->specs.nr > max_specs ||
		    t->abbrevs.nr > max_specs || pk_vec_add(&t->abbrevs, a))
			return false;
		ascending &= code > last;
		last = code;
	}
	if (!ascending)
		qsort(t->abbrevs.data, t->abbrevs.nr, sizeof(*t->abbrevs.data), by_code);
	return !pk_reader_bad(r);
}

static void destroy(struct pk_abbrev_table *t)
{
	if (!t)
		return;
	pk_vec_deinit(&t->abbrevs);
	pk_vec_deinit(&t->specs);
	free(t);
}

const struct pk_abbrev_table *pk_abbrev_table_get(struct pk_abbrev_cache *c, uint64_t off,
						  const struct pk_dwarf_widths *w)
{
	uint64_t key = off << 8 | (uint64_t)w->version << 4 | (w->addr_bytes & 8) |
		       (w->off_bytes & 8) >> 3;
	uint32_t idx = pk_map64_get(&c->known, key);
	struct pk_abbrev_table *t;
	struct pk_reader r;

	if (idx != PK_MAP64_NONE)
		return c->tables.data[idx];
	if (off >= c->len || c->nr_specs > MAX_SPECS)
		return NULL;
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	r = pk_reader_of(c->data + off, c->len - off);
	/* what is damaged is remembered as such: NULL */
	if (!read_table(&r, t, w, MAX_SPECS)) {
		c->nr_specs += t->specs.nr;
		destroy(t);
		t = NULL;
	}
	c->nr_specs += 1 + (t ? t->specs.nr + t->abbrevs.nr : 0);
	if (pk_vec_add(&c->tables, t)) {
		destroy(t);
		return NULL;
	}
	return pk_map64_set(&c->known, key, c->tables.nr - 1) ? NULL : t;
}

const struct pk_abbrev *pk_abbrev_find(const struct pk_abbrev_table *t, uint64_t code)
{
	size_t lo = 0, hi = t->abbrevs.nr;

	/* compilers number them from 1 */
	if (code - 1 < hi && t->abbrevs.data[code - 1].code == code)
		return &t->abbrevs.data[code - 1];
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (t->abbrevs.data[mid].code < code)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < t->abbrevs.nr && t->abbrevs.data[lo].code == code ? &t->abbrevs.data[lo] : NULL;
}

void pk_abbrev_cache_deinit(struct pk_abbrev_cache *c)
{
	PK_VEC_FOREACH(&c->tables, t)
		destroy(*t);
	pk_vec_deinit(&c->tables);
	pk_map64_deinit(&c->known);
}
