/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes of an unwind section, a few kilobytes at a time: sections have tens of megabytes in
 * large libraries. Their entries are asked for in order of the code, which is nearly their own
 * order in most files, and none at all where functions were put in an order by a profile.
 */
#ifndef PK_CFI_BYTES_H
#define PK_CFI_BYTES_H

#include "symbol/dwarf_read.h"
#include "symbol/elf_file.h"

#define PK_CFI_NR_WINDOWS 256

struct pk_cfi_window {
	uint64_t off; /* in the file, of what is here */
	size_t len;   /* 0: nothing */
	uint8_t *data;
};

struct pk_cfi_bytes {
	const struct pk_elf *e;
	const uint8_t *all; /* or NULL: a section that is in memory */
	size_t all_len;
	struct pk_cfi_window window[PK_CFI_NR_WINDOWS];
	uint8_t *big; /* an entry that no window holds */
	size_t big_cap;
};

void pk_cfi_bytes_deinit(struct pk_cfi_bytes *b);
/*
 * The entry, CIE or FDE, at an offset: in the file, or in the section if that is in memory.
 * Valid until the next is asked for. 0; -EINVAL: it is not all there, or too long; -ENOMEM.
 */
int pk_cfi_bytes_entry(struct pk_cfi_bytes *b, uint64_t off, struct pk_dwarf *ret);

#endif
