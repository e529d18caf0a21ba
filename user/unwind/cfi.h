/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Call frame information: what compilers say about how to get from each instruction of a
 * function to its caller, as rules that the module can apply (uapi/pkprof_rows.h).
 * Reference: LSB Core 5.0, chapter 10.6, and DWARF 5, section 6.4.
 *
 * Nothing of the input is believed: an entry that is damaged says UNKNOWN from there on.
 */
#ifndef PK_CFI_H
#define PK_CFI_H

#include "symbol/eh_frame.h"
#include "symbol/elf_unpack.h"
#include "unwind/cfi_bytes.h"
#include "unwind/cfi_state.h"

/* What happened, for those who want to know; rows before equal ones are merged. */
struct pk_cfi_counts {
	uint64_t entries, bad_entries;
	uint64_t rows, lost; /* lost: of these, rows with a register LOST */
	uint64_t cfa_at;
	uint64_t unknown[PK_CFI_NR_WHYS];
	uint64_t cfa_reg[PKPROF_NR_REGS];
};

struct pk_cfi_cie {
	struct pk_dwarf_cie head;
	struct pk_cfi_state initial;
};

struct pk_cfi {
	const struct pk_elf *e;
	struct pk_cfi_bytes bytes;
	struct pk_unpacked section; /* .debug_frame */
	struct pk_eh_frame eh; /* its list of entries, of .debug_frame too */
	PK_VEC(struct pk_cfi_cie) cies;
	struct pk_map64 cie_at; /* offset of a CIE to its index */
	uint64_t budget;	/* bytes of instructions that may still be followed */
	bool is_eh, is64;
	struct pk_cfi_counts counts;
};

/*
 * Entries of @e in order of their code: those of .eh_frame, else of .debug_frame.
 * -ENOENT: there are none; -EFBIG; -ENOMEM. @e must outlive it.
 */
int pk_cfi_init(struct pk_cfi *c, const struct pk_elf *e);
void pk_cfi_deinit(struct pk_cfi *c);

/* The code that an entry is about, and how to go on with it. */
struct pk_cfi_entry {
	uint64_t start, end; /* svma */
	uint32_t cie;
	struct pk_dwarf insns; /* valid until the next entry is asked for */
};

/* Entry @i of c->eh.fdes. 0; -EINVAL: it cannot be read; -EFBIG: entries overlap; -ENOMEM. */
int pk_cfi_entry(struct pk_cfi *c, size_t i, struct pk_cfi_entry *ret);

/* From @svma on @rule holds. 0 or a negative error, which ends the entry. */
typedef int (*pk_cfi_row)(void *arg, uint64_t svma, const struct pkprof_rule *rule);

/* The rows of an entry, up to @limit. 0 or what @row returned. */
int pk_cfi_rows(struct pk_cfi *c, const struct pk_cfi_entry *x, uint64_t limit, pk_cfi_row row,
		void *arg);

#endif
