/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the symbols of a stripped file are: a separate debug file, found by
 * build ID, by .gnu_debuglink or from a debuginfod server, or the compressed
 * table that some distributions leave in the file (.gnu_debugdata).
 */
#ifndef PK_DEBUG_FILE_H
#define PK_DEBUG_FILE_H

#include "symbol/elf_file.h"

struct pk_debug_search {
	const char *dirs;	/* colon separated, NULL: /usr/lib/debug */
	const char *root;	/* prefix for all paths, NULL: "" */
	bool servers;		/* may ask the servers of $DEBUGINFOD_URLS */
};

/*
 * Debug file of @e, which lies at @path. One found by build ID must have it,
 * one found by its name alone must have the CRC that the link says.
 * -ENOENT: none that fits; -ENOMEM.
 */
int pk_debug_file_open(const struct pk_debug_search *where, const struct pk_elf *e,
		       const char *path, struct pk_elf *ret);
/*
 * What a dwz'ed debug file @e shares with others, the file of .gnu_debugaltlink; by its build
 * ID. -ENOENT: none that fits; -ENOMEM.
 */
int pk_debug_alt_open(const struct pk_debug_search *where, const struct pk_elf *e,
		      struct pk_elf *ret);
/* The ELF image in .gnu_debugdata. -ENOENT, -EINVAL, -EFBIG, -ENOMEM. */
int pk_minidebug_open(const struct pk_elf *e, struct pk_elf *ret);

#endif
