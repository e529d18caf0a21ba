/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Functions from the table that every Go program carries for its own runtime
 * (pclntab), stripped or not. In: the table's bytes, which are used where they
 * are and distrusted throughout. Out: functions, each from its entry to that of
 * the next one, as the runtime itself has it: what pads a function is its own.
 * Names are as the runtime prints them, type arguments as "[...]".
 *
 * Layouts are known by their first four bytes: those of Go 1.2, 1.16, 1.18 and
 * 1.20. Reference: Go's runtime/symtab.go and cmd/link/internal/ld/pcln.go.
 */
#ifndef PK_GO_PCLNTAB_H
#define PK_GO_PCLNTAB_H

#include "symbol/cover.h"
#include "symbol/elf_file.h"

struct pk_go_pclntab {
	const uint8_t *data;
	size_t len; /* the table may end before */
	uint64_t nr_funcs;
	uint64_t index;	     /* offset of (entry, offset of its data) of each, by entry */
	uint64_t funcs;	     /* what the offsets in the index count from */
	uint64_t names;	     /* likewise, those of names */
	uint8_t field_bytes; /* of a number in the index */
	uint8_t word_bytes;  /* of a pointer of the program */
	bool is_relative;    /* entries count from text */
	uint64_t text;	     /* svma; 0: the table does not say */
};

/* Look at the head of what may be a table; false: it is none that is known. */
bool pk_go_pclntab_init(struct pk_go_pclntab *t, const void *data, size_t len);
/* Where its functions are, [*start_ret, *end_ret); false: damaged. */
bool pk_go_pclntab_range(const struct pk_go_pclntab *t, uint64_t *start_ret, uint64_t *end_ret);
/* Function @i of nr_funcs, its name in the table's bytes; false: damaged. */
bool pk_go_pclntab_at(const struct pk_go_pclntab *t, uint64_t i, struct pk_func *ret);
/* Function that covers an svma, its name in the table's bytes; false: none. */
bool pk_go_pclntab_find(const struct pk_go_pclntab *t, uint64_t svma, struct pk_func *ret);

/* Whether Go's tools built a file. */
bool pk_go_built(const struct pk_elf *e);
/* The table of a file, in its bytes, which stay as long as @e; false: there is none. */
bool pk_go_pclntab_open(const struct pk_elf *e, struct pk_go_pclntab *ret);

/*
 * Offer the functions of a Go program or library that cover free addresses.
 * Names live as long as @e. Not a Go program is no error. 0 or -ENOMEM.
 */
int pk_go_offer_functions(const struct pk_elf *e, struct pk_cover *c);

#endif
