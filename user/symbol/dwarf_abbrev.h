/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Abbreviation tables of DWARF: what the entries of a unit are made of. In: .debug_abbrev,
 * distrusted. Out: for each code the tag and forms, with what a walk over many entries wants
 * to know without a look at each form. Reference: DWARF 5, section 7.5.3.
 */
#ifndef PK_DWARF_ABBREV_H
#define PK_DWARF_ABBREV_H

#include <stdbool.h>

#include "base/map64.h"
#include "base/reader.h"
#include "base/vec.h"

/* How wide some forms are is a matter of the unit. */
struct pk_dwarf_widths {
	uint8_t version;	/* 2..5 */
	uint8_t addr_bytes;	/* 4 or 8 */
	uint8_t off_bytes;	/* 4 or 8 */
};

struct pk_abbrev_spec {
	uint16_t name, form;	/* DW_AT_*, DW_FORM_* */
	uint32_t value;		/* of DW_FORM_implicit_const; 0 where it is beyond 32 bits */
};

#define PK_ABBREV_VARIABLE UINT32_MAX

struct pk_abbrev {
	uint64_t code;
	uint32_t first_spec, nr_specs;
	uint32_t bytes;		/* of all forms; PK_ABBREV_VARIABLE: it depends */
	uint16_t tag;		/* DW_TAG_* */
	bool has_children;
	bool has_code;		/* DW_AT_low_pc or DW_AT_ranges */
	bool has_sibling;
};

struct pk_abbrev_table {
	PK_VEC(struct pk_abbrev) abbrevs;	/* by code */
	PK_VEC(struct pk_abbrev_spec) specs;
};

/* Tables that were read, each once. */
struct pk_abbrev_cache {
	const uint8_t *data;
	size_t len;
	PK_VEC(struct pk_abbrev_table *) tables;
	struct pk_map64 known;	/* (offset, widths) to index in tables */
	size_t nr_specs;	/* of all tables: they may overlap */
};

void pk_abbrev_cache_deinit(struct pk_abbrev_cache *c);
/* The table at @off, NULL: none or damaged, or too many, or no memory. */
const struct pk_abbrev_table *pk_abbrev_table_get(struct pk_abbrev_cache *c, uint64_t off,
						  const struct pk_dwarf_widths *w);
/* The entry of that code, or NULL. */
const struct pk_abbrev *pk_abbrev_find(const struct pk_abbrev_table *t, uint64_t code);

/* Bytes of a form, PK_ABBREV_VARIABLE: it depends on what is there. */
uint32_t pk_dwarf_form_bytes(uint16_t form, const struct pk_dwarf_widths *w);

#endif
