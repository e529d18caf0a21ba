// SPDX-License-Identifier: GPL-2.0-or-later
/* Sections and units of debugging information; see dwarf_info.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "symbol/dwarf_info.h"
#include "symbol/dwarf_read.h"

/* Of all sections, unpacked: the largest browsers have as much. */
#define MAX_BYTES (3ULL << 30)
/* The largest libraries have some 50 million entries; so many steps take seconds. */
#define MAX_STEPS 400000000ULL
#define MAX_UNITS (1u << 20)

static const char *const names[PK_DWARF_NR_SECTIONS] = {
	[PK_DWARF_INFO] = "info",	      [PK_DWARF_ABBREV] = "abbrev",
	[PK_DWARF_LINE] = "line",	      [PK_DWARF_STR] = "str",
	[PK_DWARF_LINE_STR] = "line_str",     [PK_DWARF_RANGES] = "ranges",
	[PK_DWARF_RNGLISTS] = "rnglists",     [PK_DWARF_ADDR] = "addr",
	[PK_DWARF_STR_OFFSETS] = "str_offsets",
};

/* The section by its name, also the one of old compressed files. */
static const struct pk_section *find(const struct pk_elf *e, enum pk_dwarf_section which)
{
	char name[32];
	const struct pk_section *s;

	snprintf(name, sizeof(name), ".debug_%s", names[which]);
	s = pk_elf_section(e, name);
	if (s)
		return s->type != SHT_NOBITS && s->len ? s : NULL;
	snprintf(name, sizeof(name), ".zdebug_%s", names[which]);
	return pk_elf_section(e, name);
}

bool pk_dwarf_is_in(const struct pk_elf *e)
{
	return find(e, PK_DWARF_INFO) && find(e, PK_DWARF_ABBREV);
}

static int load_sections(struct pk_dwarf_info *d, const struct pk_elf *e)
{
	uint64_t left = MAX_BYTES;

	for (unsigned int i = 0; i < PK_DWARF_NR_SECTIONS; i++) {
		const struct pk_section *s = find(e, i);
		int ret = s ? pk_elf_unpack(e, s, left, &d->section[i]) : 0;

		/* of the others some may be missing, but what is too much is too much */
		if (ret && (ret != -EBADMSG || i <= PK_DWARF_ABBREV))
			return ret;
		left -= d->section[i].len;
	}
	return 0;
}

/* The head of the unit at r->pos. False: damaged, or of a version that is not read. */
static bool read_head(struct pk_reader *r, struct pk_dwarf_unit *u, uint64_t *len_ret)
{
	struct pk_reader in;
	uint64_t off = u->off;

	u->widths.off_bytes = pk_dwarf_length(r, len_ret);
	if (pk_reader_bad(r) || *len_ret > pk_reader_left(r))
		return false;
	u->end = off + (u->widths.off_bytes == 8 ? 12 : 4) + *len_ret;
	in = pk_reader_of(r->pos, *len_ret);
	u->widths.version = pk_dwarf_u16(&in);
	u->type = DW_UT_compile;
	if (u->widths.version >= 5) {
		u->type = pk_reader_u8(&in);
		u->widths.addr_bytes = pk_reader_u8(&in);
	}
	u->abbrev_off = u->widths.off_bytes == 8 ? pk_reader_u64(&in) : pk_reader_u32(&in);
	if (u->widths.version < 5)
		u->widths.addr_bytes = pk_reader_u8(&in);
	if (u->type == DW_UT_skeleton || u->type == DW_UT_split_compile)
		pk_reader_u64(&in);
	if (u->type == DW_UT_type || u->type == DW_UT_split_type)
		pk_reader_bytes(&in, 8 + u->widths.off_bytes);
	u->die = u->end - pk_reader_left(&in);
	return !pk_reader_bad(&in) && u->widths.version >= 2 && u->widths.version <= 5 &&
	       (u->widths.addr_bytes == 4 || u->widths.addr_bytes == 8);
}

static int find_units(struct pk_dwarf_info *d)
{
	const struct pk_unpacked *info = &d->section[PK_DWARF_INFO];
	struct pk_reader r;

	if (!info->len)
		return -ENOENT;
	r = pk_reader_of(info->data, info->len);
	while (pk_reader_left(&r) && d->units.nr < MAX_UNITS) {
		struct pk_dwarf_unit u = { .off = r.pos - info->data, .comp_dir = "", .name = "" };
		uint64_t len;
		bool good = read_head(&r, &u, &len);

		if (!u.end)
			break;
		pk_reader_bytes(&r, len);
		if (good && pk_vec_add(&d->units, u))
			return -ENOMEM;
	}
	return d->units.nr ? 0 : -ENOENT;
}

int pk_dwarf_units_init(struct pk_dwarf_info *d)
{
	d->steps_left = MAX_STEPS;
	d->abbrevs.data = d->section[PK_DWARF_ABBREV].data;
	d->abbrevs.len = d->section[PK_DWARF_ABBREV].len;
	return find_units(d);
}

static int init(struct pk_dwarf_info *d, const struct pk_elf *e)
{
	int ret = load_sections(d, e);

	return ret ? ret : pk_dwarf_units_init(d);
}

int pk_dwarf_info_init(struct pk_dwarf_info *d, const struct pk_elf *e)
{
	int ret;

	*d = (struct pk_dwarf_info){ 0 };
	ret = pk_dwarf_is_in(e) ? init(d, e) : -ENOENT;
	if (ret)
		pk_dwarf_info_deinit(d);
	return ret;
}

int pk_dwarf_shared_init(struct pk_dwarf_info *d, const struct pk_elf *e)
{
	int ret;

	*d = (struct pk_dwarf_info){ 0 };
	ret = init(d, e);
	if (ret == -ENOENT && d->section[PK_DWARF_STR].len)
		ret = 0;
	if (ret)
		pk_dwarf_info_deinit(d);
	return ret;
}

void pk_dwarf_info_deinit(struct pk_dwarf_info *d)
{
	for (unsigned int i = 0; i < PK_DWARF_NR_SECTIONS; i++)
		pk_unpacked_free(&d->section[i]);
	pk_abbrev_cache_deinit(&d->abbrevs);
	pk_vec_deinit(&d->units);
	*d = (struct pk_dwarf_info){ 0 };
}

struct pk_dwarf_unit *pk_dwarf_unit_at(struct pk_dwarf_info *d, uint64_t off)
{
	size_t lo = 0, hi = d->units.nr;
	struct pk_dwarf_unit *u;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (d->units.data[mid].off <= off)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return NULL;
	u = &d->units.data[lo - 1];
	return off >= u->die && off < u->end ? u : NULL;
}

/* --- the root of a unit ------------------------------------------------------------- */

static uint64_t or_default(const struct pk_dwarf_value *v, uint64_t otherwise)
{
	return v->form ? v->u : otherwise;
}

static const char *text_or_empty(const struct pk_dwarf_info *d, const struct pk_dwarf_unit *u,
				 const struct pk_dwarf_value *v)
{
	const char *text = pk_dwarf_string(d, u, v);

	return text ? text : "";
}

bool pk_dwarf_unit_read(struct pk_dwarf_info *d, struct pk_dwarf_unit *u, struct pk_dwarf_die *ret)
{
	struct pk_dwarf_die root;
	uint64_t head = u->widths.off_bytes * 2;

	if (u->is_read && !ret)
		return u->abbrevs;
	if (!u->is_read)
		u->abbrevs = pk_abbrev_table_get(&d->abbrevs, u->abbrev_off, &u->widths);
	u->is_read = true;
	if (!u->abbrevs || !pk_dwarf_die_read(d, u, u->die, &root))
		return false;
	if (ret)
		*ret = root;
	/* without a base the one table of the section is meant, behind its head */
	u->str_offsets = or_default(&root.str_offsets_base, head);
	u->addrs = or_default(&root.addr_base, head);
	u->rnglists = or_default(&root.rnglists_base, u->widths.off_bytes == 8 ? 20 : 12);
	u->has_lines = root.stmt_list.form;
	u->line_off = root.stmt_list.u;
	u->comp_dir = text_or_empty(d, u, &root.comp_dir);
	u->name = text_or_empty(d, u, &root.name);
	u->low_pc = 0;
	pk_dwarf_address(d, u, &root.low_pc, &u->low_pc);
	return true;
}
