/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debugging information of one file, read with distrust: its sections, units and entries
 * (DIEs). Versions 2 to 5, linked files only; split units (.dwo) are elsewhere and not read.
 * Reference: DWARF 5, chapter 7.
 *
 * Whatever the bytes say, the work is bounded: each entry, row and range that is looked at
 * costs a step, and when the steps are spent nothing more is found.
 */
#ifndef PK_DWARF_INFO_H
#define PK_DWARF_INFO_H

#include <dwarf.h>

#include "symbol/dwarf_abbrev.h"
#include "symbol/elf_unpack.h"

enum pk_dwarf_section {
	PK_DWARF_INFO,
	PK_DWARF_ABBREV,
	PK_DWARF_LINE,
	PK_DWARF_STR,
	PK_DWARF_LINE_STR,
	PK_DWARF_RANGES,
	PK_DWARF_RNGLISTS,
	PK_DWARF_ADDR,
	PK_DWARF_STR_OFFSETS,
	PK_DWARF_NR_SECTIONS
};

struct pk_dwarf_unit {
	uint64_t off, die, end;	/* in .debug_info: of its head, its first entry, behind it */
	uint64_t abbrev_off;
	const struct pk_abbrev_table *abbrevs;	/* once its root was read */
	struct pk_dwarf_widths widths;
	uint8_t type;		/* DW_UT_*; before version 5: compile */
	bool is_read;		/* the root was; what follows is from there */
	uint64_t low_pc;	/* what ranges count from */
	uint64_t str_offsets, addrs, rnglists;	/* where this unit's begin */
	uint64_t line_off;
	bool has_lines;
	const char *comp_dir, *name;	/* "": not known */
};

struct pk_dwarf_info {
	struct pk_unpacked section[PK_DWARF_NR_SECTIONS];
	PK_VEC(struct pk_dwarf_unit) units;	/* in order of off */
	struct pk_abbrev_cache abbrevs;
	struct pk_dwarf_info *alt;	/* what a dwz'ed file shares with others, or NULL */
	uint64_t steps_left;
};

/* The value of an attribute as it is there; see pk_dwarf_string() and the like. */
struct pk_dwarf_value {
	uint16_t form;		/* 0: there is none */
	uint64_t u;		/* number, offset or index */
	const char *text;	/* DW_FORM_string */
};

/* What of an entry is of use here. */
struct pk_dwarf_die {
	uint16_t tag;
	bool has_children;
	uint64_t off, next;	/* in .debug_info; behind its attributes */
	struct pk_dwarf_value name, linkage_name, low_pc, high_pc, ranges, sibling;
	struct pk_dwarf_value abstract_origin, specification;
	uint64_t call_file, call_line;
	/* of roots */
	struct pk_dwarf_value comp_dir, stmt_list;
	struct pk_dwarf_value str_offsets_base, addr_base, rnglists_base;
};

bool pk_dwarf_is_in(const struct pk_elf *e);	/* is there debugging information? */
/*
 * The units of @e, which may be closed then; what is damaged behind the first ones is left out.
 * 0, -ENOENT: none; -EFBIG: more than is read; -ENOMEM.
 */
int pk_dwarf_info_init(struct pk_dwarf_info *d, const struct pk_elf *e);
/* Likewise of what dwz took out of others: that may be texts alone, without a unit. */
int pk_dwarf_shared_init(struct pk_dwarf_info *d, const struct pk_elf *e);
/* Likewise of sections that are in @d already, the caller's, all else of it 0. */
int pk_dwarf_units_init(struct pk_dwarf_info *d);
void pk_dwarf_info_deinit(struct pk_dwarf_info *d);	/* not of d->alt */

/* Take @n of the steps; false: they are spent. */
static inline bool pk_dwarf_spend(struct pk_dwarf_info *d, uint64_t n)
{
	if (d->steps_left < n) {
		d->steps_left = 0;
		return false;
	}
	d->steps_left -= n;
	return true;
}

/* The unit that offset @off of .debug_info is in, or NULL. */
struct pk_dwarf_unit *pk_dwarf_unit_at(struct pk_dwarf_info *d, uint64_t off);
/* Read the root of a unit, once. False: it cannot be read. @ret may be NULL; it is of the root. */
bool pk_dwarf_unit_read(struct pk_dwarf_info *d, struct pk_dwarf_unit *u, struct pk_dwarf_die *ret);
/* Read the entry at @off of a unit that was read. False: none (end of siblings), or damaged. */
bool pk_dwarf_die_read(const struct pk_dwarf_info *d, const struct pk_dwarf_unit *u, uint64_t off,
		       struct pk_dwarf_die *ret);
/* Likewise, of an entry whose abbreviation is known and whose attributes are at @r. */
bool pk_dwarf_attributes(struct pk_reader *r, const struct pk_dwarf_unit *u,
			 const struct pk_abbrev *a, struct pk_dwarf_die *ret);
/* Go behind an entry's attributes. */
void pk_dwarf_skip(struct pk_reader *r, const struct pk_dwarf_unit *u, const struct pk_abbrev *a);
/* Go behind one value; what it is. */
struct pk_dwarf_value pk_dwarf_value_read(struct pk_reader *r, uint16_t form,
					  const struct pk_dwarf_widths *w);

/* Text of a value, NULL: it has none. Lives as long as @d and d->alt. */
const char *pk_dwarf_string(const struct pk_dwarf_info *d, const struct pk_dwarf_unit *u,
			    const struct pk_dwarf_value *v);
/* Code address (svma) that a value is. False: it is none. */
bool pk_dwarf_address(const struct pk_dwarf_info *d, const struct pk_dwarf_unit *u,
		      const struct pk_dwarf_value *v, uint64_t *ret);
/* Offset in the .debug_info of *@file_ret of the entry that a value refers to. */
bool pk_dwarf_reference(struct pk_dwarf_info *d, const struct pk_dwarf_unit *u,
			const struct pk_dwarf_value *v, struct pk_dwarf_info **file_ret,
			uint64_t *off_ret);
/* Code addresses (svma) of an entry, range by range in any order, none empty. */
typedef int (*pk_dwarf_range_fn)(void *ctx, uint64_t start, uint64_t end);
/* What @fn returned other than 0, or 0. */
int pk_dwarf_ranges(struct pk_dwarf_info *d, const struct pk_dwarf_unit *u,
		    const struct pk_dwarf_die *die, pk_dwarf_range_fn fn, void *ctx);
/* A text of a section, NULL: not in it. */
const char *pk_dwarf_text_at(const struct pk_unpacked *b, uint64_t off);

#endif
