/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Source lines and inlined functions of addresses in one ELF file, from its debugging
 * information or that of its debug file.
 */
#ifndef PK_FILE_LINES_H
#define PK_FILE_LINES_H

#include "symbol/answer.h"
#include "symbol/debug_file.h"

/* What is asked: offsets in the file, and the same as svma, ascending and distinct both. */
struct pk_lines_wanted {
	const uint64_t *off, *svma;
	size_t nr_off, nr_svma;
	uint64_t cpu_ns;	/* no longer than that; 0: what is good for most */
};

/*
 * Add a line to @a for each wanted offset in @e, unless that takes too long: then for some, and
 * @a says so. @a has none before. @debug: has the debugging information, @e itself or its debug
 * file. @source: has what that shares with others. 0, -ENOENT: there is none that is read; -ENOMEM.
 */
int pk_file_lines(const struct pk_elf *e, const struct pk_elf *debug,
		  const struct pk_debug_source *source, const struct pk_lines_wanted *wanted,
		  struct pk_answer *a);

#endif
