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

struct pk_file_question {
	const uint64_t *off;	/* offsets in the file, ascending and distinct */
	size_t nr;
	size_t lines_bytes;	/* source lines and inlined functions, too, unless they take more
				 * than this in the answer; 0: no */
	uint64_t lines_cpu_ns;	/* how long they are looked for; 0: the default */
};

/*
 * The answer of @e; @ret is initialised here. 0 or -ENOMEM. Lines that take too much cost no names:
 * then nothing is known of them.
 */
int pk_file_answer(const struct pk_elf *e, const struct pk_file_question *q,
		   const struct pk_debug_source *debug, struct pk_answer *ret);

#endif
