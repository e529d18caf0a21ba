/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the symbols of a stripped file are: a separate debug file, found by
 * build ID, by .gnu_debuglink or from a debuginfod server, or the compressed
 * table that some distributions leave in the file (.gnu_debugdata).
 *
 * Here files are checked; where they may be is known by debug_search.h.
 */
#ifndef PK_DEBUG_FILE_H
#define PK_DEBUG_FILE_H

#include "symbol/elf_file.h"

/* What is known of a debug file. */
struct pk_debug_wish {
	uint8_t build_id[PKPROF_MAX_BUILD_ID];
	uint8_t build_id_len;	/* 0: none */
	char link[256];		/* name in .gnu_debuglink, without a folder; "": none */
	uint32_t link_crc;	/* of the whole file, where there is no build ID */
	bool servers;		/* worth asking a server for */
	bool shared;		/* what dwz took out of several debug files; link: its path in .dwz */
};

/* Gives files that may be the one, best first. */
struct pk_debug_source {
	/* @i: how many were given already. A new descriptor, or -ENOENT: there are no more. */
	int (*next)(void *ctx, const struct pk_debug_wish *wish, unsigned int i);
	void *ctx;
};

/*
 * Debug file of @e. One with a build ID must have the same; of one without, the file must have
 * the CRC that its link says. -ENOENT: none that fits; -ENOMEM.
 */
int pk_debug_file_find(const struct pk_debug_source *source, const struct pk_elf *e, bool servers,
		       struct pk_elf *ret);
/*
 * What a dwz'ed file @e shares with others, the file of .gnu_debugaltlink, by its build ID.
 * -ENOENT: none that fits; -ENOMEM.
 */
int pk_debug_shared_find(const struct pk_debug_source *source, const struct pk_elf *e,
			 struct pk_elf *ret);
/* What .gnu_debuglink says: a name without a folder, and a CRC. NULL: nothing. */
const char *pk_debug_link(const struct pk_elf *e, uint32_t *crc_ret);
/* The ELF image in .gnu_debugdata. -ENOENT, -EINVAL, -EFBIG, -ENOMEM. */
int pk_minidebug_open(const struct pk_elf *e, struct pk_elf *ret);

#endif
