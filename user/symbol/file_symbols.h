/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names for addresses in one ELF file, from the best of what there is: its
 * symbol tables, linkage stubs, a Go program's own table of functions, the symbol
 * tables of its debug file, the unwind table.
 */
#ifndef PK_FILE_SYMBOLS_H
#define PK_FILE_SYMBOLS_H

#include "symbol/debug_file.h"
#include "symbol/harvest.h"

struct pk_file_query {
	uint32_t file;		/* id in the profile */
	const char *path;	/* as recorded, without a root prefix */
	const uint64_t *off;	/* file offsets, ascending */
	size_t nr;
	bool lines;		/* source lines and inlined functions are wanted, too */
};

/* The query's addresses as svma, ascending and distinct; to be freed. NULL: no memory. */
uint64_t *pk_file_query_svma(const struct pk_file_query *q, const struct pk_elf *e, size_t *nr_ret);

/* Add the symbols, and lines if wanted, for a query's addresses in @e to @h. 0 or -ENOMEM. */
int pk_file_symbols(struct pk_harvest *h, const struct pk_file_query *q, const struct pk_elf *e,
		    const struct pk_debug_search *where);

#endif
