/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading of unwind sections, .eh_frame and .debug_frame: numbers, pointers in their
 * encodings, and the head of a CIE, which holds what the entries (FDEs) of many functions have
 * in common. Reference: LSB Core 5.0, chapter 10.6, and DWARF 5, sections 6.4.1 and 7.6.
 */
#ifndef PK_DWARF_READ_H
#define PK_DWARF_READ_H

#include <dwarf.h>

#include "base/reader.h"

/* A piece of a file in memory; some pointers are relative to where they stand. */
struct pk_dwarf {
	struct pk_reader r;
	const uint8_t *base; /* where r began */
	uint64_t svma;	     /* of base */
	bool is64;
};

static inline uint64_t pk_dwarf_uleb(struct pk_reader *r)
{
	if (!r->bad && r->pos < r->end && *r->pos < 0x80)
		return *r->pos++;
	return pk_reader_varint(r);
}

/* Signed LEB128, which is not the reader's zigzag form. */
int64_t pk_dwarf_sleb(struct pk_reader *r);
uint16_t pk_dwarf_u16(struct pk_reader *r);

/* A number in the form that the low half of a pointer encoding says. */
uint64_t pk_dwarf_form(struct pk_dwarf *d, uint8_t encoding);
/* A pointer, an svma; @data: what DW_EH_PE_datarel counts from. */
uint64_t pk_dwarf_pointer(struct pk_dwarf *d, uint8_t encoding, uint64_t data);

/* Start of an entry: bytes to its end in @len_ret, width of its id in bytes returned. */
unsigned int pk_dwarf_length(struct pk_reader *r, uint64_t *len_ret);

struct pk_dwarf_cie {
	uint64_t code_align, ra_reg;
	int64_t data_align;
	uint8_t encoding; /* of its entries' pointers */
	bool has_data;	  /* its entries have augmentation data, with its length first */
	bool signal;	  /* its entries are of frames that a signal interrupted */
};

/*
 * The head of the CIE that begins at @d, up to its instructions. In .debug_frame (not
 * @eh) ids and versions differ. False: not a CIE, or not one that is understood.
 */
bool pk_dwarf_cie(struct pk_dwarf *d, bool eh, struct pk_dwarf_cie *ret);

#endif
