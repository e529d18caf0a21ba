/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Source lines and inlined functions of addresses in one ELF file, from its debugging
 * information or that of its debug file.
 */
#ifndef PK_FILE_LINES_H
#define PK_FILE_LINES_H

#include "symbol/debug_file.h"
#include "symbol/file_symbols.h"
#include "symbol/harvest.h"

/*
 * Add the lines of a query's addresses in @e to @h. @debug: has the debugging information, @e
 * itself or its debug file. 0 or -ENOMEM.
 */
int pk_file_lines(struct pk_harvest *h, const struct pk_file_query *q, const struct pk_elf *e,
		  const struct pk_elf *debug, const struct pk_debug_search *where);

#endif
