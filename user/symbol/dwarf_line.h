/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Line table of one unit: which source line the code at an address is of. The table is never
 * held as a whole: it is run once, for all wanted addresses together. Reference: DWARF 5,
 * section 6.2.
 */
#ifndef PK_DWARF_LINE_H
#define PK_DWARF_LINE_H

#include "base/strbuf.h"
#include "symbol/dwarf_info.h"

/* A name in the head of the table. */
struct pk_line_file {
	const char *name;
	uint32_t dir;		/* index in dirs */
};

struct pk_line_table {
	PK_VEC(const char *) dirs;
	PK_VEC(struct pk_line_file) files;	/* before version 5 there is none at 0 */
	struct pk_dwarf_widths widths;
	uint8_t min_insn_bytes, max_ops, opcode_base, line_range;
	int8_t line_base;
	const uint8_t *opcode_args;	/* opcode_base - 1 of them */
	struct pk_reader program;
};

/* What an address's code is of. */
struct pk_line_pos {
	uint32_t file;		/* of the table's files */
	uint32_t line;		/* 0: of none, as compilers say of code that they made up */
	bool known;
};

/* The head of the table of a unit that was read. -ENOENT: none, or damaged; -ENOMEM. */
int pk_line_table_init(struct pk_line_table *t, struct pk_dwarf_info *d,
		       const struct pk_dwarf_unit *u);
void pk_line_table_deinit(struct pk_line_table *t);
/*
 * Positions of @nr addresses, svma, ascending; those known already are left alone. To be run
 * once. What is damaged ends it.
 */
void pk_line_table_run(struct pk_line_table *t, struct pk_dwarf_info *d, const uint64_t *addr,
		       size_t nr, struct pk_line_pos *pos);
#define PK_MAX_SOURCE_PATH 4096
/*
 * Path of a file as the table has it, in its directory, clean, to an empty @out; false: no such
 * file, or a path that is too long.
 */
bool pk_line_table_path(const struct pk_line_table *t, const struct pk_dwarf_unit *u,
			uint64_t file, struct pk_strbuf *out);

#endif
