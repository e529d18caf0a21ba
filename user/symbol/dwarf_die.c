// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Entries of debugging information, their attributes and what these mean; see dwarf_info.h.
 * Reference: DWARF 5, sections 7.5.5 (forms), 2.17.3 and 7.25 (ranges).
 */
#include <string.h>

#include "symbol/dwarf_info.h"
#include "symbol/dwarf_read.h"

/* --- values ----------------------------------------------------------------------- */

static uint64_t number(struct pk_reader *r, unsigned int bytes)
{
	const uint8_t *p = pk_reader_bytes(r, bytes);
	uint64_t v = 0;

	for (unsigned int i = bytes; p && i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

/* A form whose size depends on what is there. */
static uint64_t variable(struct pk_reader *r, uint16_t form, struct pk_dwarf_value *v)
{
	const char *text = (const char *)r->pos;
	size_t len;

	switch (form) {
	case DW_FORM_sdata:
		return pk_dwarf_sleb(r);
	case DW_FORM_udata:
	case DW_FORM_ref_udata:
	case DW_FORM_strx:
	case DW_FORM_addrx:
	case DW_FORM_loclistx:
	case DW_FORM_rnglistx:
	case DW_FORM_GNU_addr_index:
	case DW_FORM_GNU_str_index:
		return pk_dwarf_uleb(r);
	case DW_FORM_string:
		len = strnlen(text, pk_reader_left(r));
		if (pk_reader_bytes(r, len + 1))
			v->text = text;
		return 0;
	case DW_FORM_block1:
		pk_reader_bytes(r, pk_reader_u8(r));
		return 0;
	case DW_FORM_block2:
		pk_reader_bytes(r, pk_dwarf_u16(r));
		return 0;
	case DW_FORM_block4:
		pk_reader_bytes(r, pk_reader_u32(r));
		return 0;
	case DW_FORM_block:
	case DW_FORM_exprloc:
		pk_reader_bytes(r, pk_dwarf_uleb(r));
		return 0;
	}
	r->bad = true;
	return 0;
}

struct pk_dwarf_value pk_dwarf_value_read(struct pk_reader *r, uint16_t form,
					  const struct pk_dwarf_widths *w)
{
	struct pk_dwarf_value v = { .form = form };
	uint32_t bytes;

	if (form == DW_FORM_indirect) {
		uint64_t real = pk_dwarf_uleb(r);

		/* its value would have to be in the abbreviation; and once is enough */
		if (real > UINT16_MAX || real == DW_FORM_indirect ||
		    real == DW_FORM_implicit_const)
			r->bad = true;
		v.form = real;
	}
	bytes = pk_dwarf_form_bytes(v.form, w);
	if (bytes == PK_ABBREV_VARIABLE)
		v.u = variable(r, v.form, &v);
	else if (bytes > 8)
		pk_reader_bytes(r, bytes);
	else
		v.u = v.form == DW_FORM_flag_present ? 1 : number(r, bytes);
	if (r->bad)
		v = (struct pk_dwarf_value){ 0 };
	return v;
}

/* A table may be without any, if no entry has attributes. */
static const struct pk_abbrev_spec *specs_of(const struct pk_dwarf_unit *u, const struct pk_abbrev *a)
{
	return a->nr_specs ? u->abbrevs->specs.data + a->first_spec : NULL;
}

void pk_dwarf_skip(struct pk_reader *r, const struct pk_dwarf_unit *u, const struct pk_abbrev *a)
{
	const struct pk_abbrev_spec *spec = specs_of(u, a);

	if (a->bytes != PK_ABBREV_VARIABLE) {
		pk_reader_bytes(r, a->bytes);
		return;
	}
	for (uint32_t i = 0; i < a->nr_specs && !r->bad; i++) {
		uint32_t bytes = pk_dwarf_form_bytes(spec[i].form, &u->widths);

		if (bytes != PK_ABBREV_VARIABLE)
			pk_reader_bytes(r, bytes);
		else
			pk_dwarf_value_read(r, spec[i].form, &u->widths);
	}
}

/* Where an attribute goes that is of use, or NULL. */
static struct pk_dwarf_value *slot(struct pk_dwarf_die *d, uint16_t name)
{
	switch (name) {
	case DW_AT_name:
		return &d->name;
	case DW_AT_linkage_name:
	case DW_AT_MIPS_linkage_name:
		return &d->linkage_name;
	case DW_AT_low_pc:
		return &d->low_pc;
	case DW_AT_high_pc:
		return &d->high_pc;
	case DW_AT_ranges:
		return &d->ranges;
	case DW_AT_sibling:
		return &d->sibling;
	case DW_AT_abstract_origin:
		return &d->abstract_origin;
	case DW_AT_specification:
		return &d->specification;
	case DW_AT_comp_dir:
		return &d->comp_dir;
	case DW_AT_stmt_list:
		return &d->stmt_list;
	case DW_AT_str_offsets_base:
		return &d->str_offsets_base;
	case DW_AT_addr_base:
	case DW_AT_GNU_addr_base:
		return &d->addr_base;
	case DW_AT_rnglists_base:
		return &d->rnglists_base;
	}
	return NULL;
}

bool pk_dwarf_attributes(struct pk_reader *r, const struct pk_dwarf_unit *u,
			 const struct pk_abbrev *a, struct pk_dwarf_die *ret)
{
	const struct pk_abbrev_spec *spec = specs_of(u, a);

	ret->tag = a->tag;
	ret->has_children = a->has_children;
	for (uint32_t i = 0; i < a->nr_specs && !r->bad; i++) {
		struct pk_dwarf_value v = pk_dwarf_value_read(r, spec[i].form, &u->widths);
		struct pk_dwarf_value *to = slot(ret, spec[i].name);

		if (v.form == DW_FORM_implicit_const)
			v.u = spec[i].value;
		if (to)
			*to = v;
		else if (spec[i].name == DW_AT_call_file)
			ret->call_file = v.u;
		else if (spec[i].name == DW_AT_call_line)
			ret->call_line = v.u;
	}
	return !r->bad;
}

bool pk_dwarf_die_read(const struct pk_dwarf_info *d, const struct pk_dwarf_unit *u, uint64_t off,
		       struct pk_dwarf_die *ret)
{
	const uint8_t *info = d->section[PK_DWARF_INFO].data;
	struct pk_reader r = pk_reader_of(info + off, u->end - off);
	uint64_t code = pk_dwarf_uleb(&r);
	const struct pk_abbrev *a = code ? pk_abbrev_find(u->abbrevs, code) : NULL;

	*ret = (struct pk_dwarf_die){ .off = off };
	if (!a || !pk_dwarf_attributes(&r, u, a, ret))
		return false;
	ret->next = r.pos - info;
	return true;
}

/* --- what they mean ------------------------------------------------------------------- */

const char *pk_dwarf_text_at(const struct pk_unpacked *b, uint64_t off)
{
	if (off >= b->len || !memchr(b->data + off, '\0', b->len - off))
		return NULL;
	return (const char *)b->data + off;
}

/* Entry @idx of a table of numbers of @bytes each that begins at @base. */
static bool table_entry(const struct pk_unpacked *b, uint64_t base, uint64_t idx,
			unsigned int bytes, uint64_t *ret)
{
	struct pk_reader r;

	if (base > b->len || idx >= (b->len - base) / bytes)
		return false;
	r = pk_reader_of(b->data + base + idx * bytes, bytes);
	*ret = number(&r, bytes);
	return true;
}

const char *pk_dwarf_string(const struct pk_dwarf_info *d, const struct pk_dwarf_unit *u,
			    const struct pk_dwarf_value *v)
{
	uint64_t off;

	switch (v->form) {
	case DW_FORM_string:
		return v->text;
	case DW_FORM_strp:
		return pk_dwarf_text_at(&d->section[PK_DWARF_STR], v->u);
	case DW_FORM_line_strp:
		return pk_dwarf_text_at(&d->section[PK_DWARF_LINE_STR], v->u);
	case DW_FORM_strp_sup:
	case DW_FORM_GNU_strp_alt:
		return d->alt ? pk_dwarf_text_at(&d->alt->section[PK_DWARF_STR], v->u) : NULL;
	case DW_FORM_strx:
	case DW_FORM_strx1:
	case DW_FORM_strx2:
	case DW_FORM_strx3:
	case DW_FORM_strx4:
	case DW_FORM_GNU_str_index:
		if (!table_entry(&d->section[PK_DWARF_STR_OFFSETS], u->str_offsets, v->u,
				 u->widths.off_bytes, &off))
			return NULL;
		return pk_dwarf_text_at(&d->section[PK_DWARF_STR], off);
	}
	return NULL;
}

bool pk_dwarf_address(const struct pk_dwarf_info *d, const struct pk_dwarf_unit *u,
		      const struct pk_dwarf_value *v, uint64_t *ret)
{
	switch (v->form) {
	case DW_FORM_addr:
		*ret = v->u;
		return true;
	case DW_FORM_addrx:
	case DW_FORM_addrx1:
	case DW_FORM_addrx2:
	case DW_FORM_addrx3:
	case DW_FORM_addrx4:
	case DW_FORM_GNU_addr_index:
		return table_entry(&d->section[PK_DWARF_ADDR], u->addrs, v->u, u->widths.addr_bytes,
				   ret);
	}
	return false;
}

bool pk_dwarf_reference(struct pk_dwarf_info *d, const struct pk_dwarf_unit *u,
			const struct pk_dwarf_value *v, struct pk_dwarf_info **file_ret,
			uint64_t *off_ret)
{
	*file_ret = d;
	switch (v->form) {
	case DW_FORM_ref1:
	case DW_FORM_ref2:
	case DW_FORM_ref4:
	case DW_FORM_ref8:
	case DW_FORM_ref_udata:
		*off_ret = u->off + v->u;
		return v->u < u->end - u->off;
	case DW_FORM_ref_addr:
		*off_ret = v->u;
		return true;
	case DW_FORM_GNU_ref_alt:
	case DW_FORM_ref_sup4:
	case DW_FORM_ref_sup8:
		*file_ret = d->alt;
		*off_ret = v->u;
		return d->alt;
	}
	return false;
}

/* --- ranges --------------------------------------------------------------------------- */

struct ranges {
	struct pk_dwarf_info *d;
	const struct pk_dwarf_unit *u;
	struct pk_reader r;
	uint64_t base;
	pk_dwarf_range_fn fn;
	void *ctx;
};

/*
 * What the linker dropped begins at 0 (GNU ld; 1 in lists of version 4), or at the highest
 * addresses (lld); no function does.
 */
static bool is_dropped(const struct ranges *x, uint64_t start)
{
	uint64_t last = x->u->widths.addr_bytes == 4 ? UINT32_MAX : UINT64_MAX;

	return start <= 1 || start >= last - 1;
}

static int tell(const struct ranges *x, uint64_t start, uint64_t end)
{
	return start < end && !is_dropped(x, start) ? x->fn(x->ctx, start, end) : 0;
}

/* Pairs of .debug_ranges, up to version 4. */
static int list_of_pairs(struct ranges *x)
{
	unsigned int bytes = x->u->widths.addr_bytes;
	uint64_t select = bytes == 4 ? UINT32_MAX : UINT64_MAX;
	int ret = 0;

	while (!ret && pk_dwarf_spend(x->d, 1)) {
		uint64_t start = number(&x->r, bytes), end = number(&x->r, bytes);

		if (pk_reader_bad(&x->r) || (!start && !end))
			break;
		if (start == select)
			x->base = end;
		else
			ret = tell(x, start + x->base, end + x->base);
	}
	return ret;
}

static bool indexed_address(struct ranges *x, uint64_t *ret)
{
	struct pk_dwarf_value v = { .form = DW_FORM_addrx, .u = pk_dwarf_uleb(&x->r) };

	return pk_dwarf_address(x->d, x->u, &v, ret);
}

/* Entries of .debug_rnglists. */
static int list_of_entries(struct ranges *x)
{
	unsigned int bytes = x->u->widths.addr_bytes;
	uint64_t start = 0, end = 0;
	int ret = 0;

	while (!ret && pk_dwarf_spend(x->d, 1)) {
		uint8_t kind = pk_reader_u8(&x->r);
		bool good = true;

		switch (kind) {
		case DW_RLE_base_addressx:
			good = indexed_address(x, &x->base);
			break;
		case DW_RLE_base_address:
			x->base = number(&x->r, bytes);
			break;
		case DW_RLE_startx_endx:
			good = indexed_address(x, &start) && indexed_address(x, &end);
			break;
		case DW_RLE_startx_length:
			good = indexed_address(x, &start);
			end = start + pk_dwarf_uleb(&x->r);
			break;
		case DW_RLE_offset_pair:
			start = x->base + pk_dwarf_uleb(&x->r);
			end = x->base + pk_dwarf_uleb(&x->r);
			good = !is_dropped(x, x->base) || !x->base;
			break;
		case DW_RLE_start_end:
			start = number(&x->r, bytes);
			end = number(&x->r, bytes);
			break;
		case DW_RLE_start_length:
			start = number(&x->r, bytes);
			end = start + pk_dwarf_uleb(&x->r);
			break;
		default: /* DW_RLE_end_of_list, and what is not known */
			return 0;
		}
		if (pk_reader_bad(&x->r))
			return 0;
		if (good && kind != DW_RLE_base_address && kind != DW_RLE_base_addressx)
			ret = tell(x, start, end);
	}
	return ret;
}

/* Where the list is that DW_AT_ranges means. False: nowhere. */
static bool find_list(struct ranges *x, const struct pk_dwarf_value *v)
{
	bool lists = x->u->widths.version >= 5;
	const struct pk_unpacked *b =
		&x->d->section[lists ? PK_DWARF_RNGLISTS : PK_DWARF_RANGES];
	uint64_t off = v->u;

	if (v->form == DW_FORM_rnglistx) {
		if (!table_entry(b, x->u->rnglists, v->u, x->u->widths.off_bytes, &off))
			return false;
		off += x->u->rnglists;
	}
	if (off >= b->len)
		return false;
	x->r = pk_reader_of(b->data + off, b->len - off);
	return true;
}

int pk_dwarf_ranges(struct pk_dwarf_info *d, const struct pk_dwarf_unit *u,
		    const struct pk_dwarf_die *die, pk_dwarf_range_fn fn, void *ctx)
{
	struct ranges x = { .d = d, .u = u, .base = u->low_pc, .fn = fn, .ctx = ctx };
	uint64_t start, end;

	if (die->ranges.form) {
		if (!find_list(&x, &die->ranges))
			return 0;
		return u->widths.version >= 5 ? list_of_entries(&x) : list_of_pairs(&x);
	}
	if (!pk_dwarf_address(d, u, &die->low_pc, &start) || !die->high_pc.form)
		return 0;
	/* a number is how much there is, an address where it ends */
	if (!pk_dwarf_address(d, u, &die->high_pc, &end))
		end = start + die->high_pc.u;
	return tell(&x, start, end);
}
