/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Functions from ELF symbol tables.
 *
 * What counts as a function: STT_FUNC and STT_GNU_IFUNC, and STT_NOTYPE for
 * assembly, defined in an executable section. Its range is [value, value +
 * size), never beyond its section. A symbol of size 0 counts only where an
 * unwind entry begins exactly at it, and then has that entry's range: it is
 * never stretched to the next symbol.
 */
#ifndef PK_ELF_SYMTAB_H
#define PK_ELF_SYMTAB_H

#include "base/strtab.h"
#include "symbol/cover.h"
#include "symbol/elf_file.h"
#include "symbol/eh_frame.h"

/* A symbol table and its names, checked. */
struct pk_symtab {
	const struct pk_elf *e;
	Elf_Data *symbols;
	size_t nr;
	const char *names;
	size_t names_len;	/* bytes up to the last NUL */
};

/* Open the table of that type (SHT_SYMTAB, SHT_DYNSYM); false: there is none. */
bool pk_symtab_open(const struct pk_elf *e, uint32_t type, struct pk_symtab *ret);
/* Name of a symbol that may be shown, or NULL: mapping symbols and the like. */
const char *pk_symtab_name(const struct pk_symtab *t, const GElf_Sym *sym);

/* Does the file have a .symtab with something in it? */
bool pk_elf_has_symtab(const struct pk_elf *e);
/*
 * Offer the sized functions of .symtab and .dynsym of @e, which may be the
 * separate debug file of another one. Names live as long as @e. 0 or -ENOMEM.
 */
int pk_elf_offer_functions(const struct pk_elf *e, struct pk_cover *c);
/* Offer symbols of size 0 on which an unwind entry of a free address begins. */
int pk_elf_offer_unsized(const struct pk_elf *e, struct pk_eh_frame *eh, struct pk_cover *c);
/*
 * Offer "name@plt" for free addresses in linkage stubs (x86-64). Names go into
 * @names. 0 or -ENOMEM.
 */
int pk_elf_offer_plt(const struct pk_elf *e, struct pk_strtab *names, struct pk_cover *c);

#endif
