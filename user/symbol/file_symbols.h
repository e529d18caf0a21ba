/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names for addresses in one ELF file, from the best of what there is: its
 * symbol tables, linkage stubs, a Go program's own table of functions, the symbol
 * tables of its debug file, the unwind table.
 *
 * An address has the same answer whatever else is asked.
 */
#ifndef PK_FILE_SYMBOLS_H
#define PK_FILE_SYMBOLS_H

#include "symbol/answer.h"
#include "symbol/debug_file.h"

/*
 * The answer of @e to @nr addresses @off, ascending and distinct offsets in the file. @ret is
 * initialised here. 0 or -ENOMEM.
 */
int pk_file_answer(const struct pk_elf *e, const uint64_t *off, size_t nr,
		   const struct pk_debug_source *debug, struct pk_answer *ret);

#endif
