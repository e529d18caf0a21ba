/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where debug files may be, and opening them: for who may open files. What a file says of its
 * debug file is taken as anybody's word; nothing but regular ELF files comes out.
 */
#ifndef PK_DEBUG_SEARCH_H
#define PK_DEBUG_SEARCH_H

#include <limits.h>

#include "symbol/debug_file.h"

/* More than this are not looked for. */
#define PK_DEBUG_MAX_PLACES 64

struct pk_debug_search {
	const char *dirs;	/* colon separated, NULL: /usr/lib/debug */
	const char *root;	/* prefix for all paths, NULL: "" */
	bool servers;		/* may ask the servers of $DEBUGINFOD_URLS */
};

/* Does it begin as an ELF file? Secrets do not, whatever leads to them. */
bool pk_is_elf(int fd);

/*
 * Place @i, from 0 on, where the debug file of the file at @path may be. False: no such place;
 * "": none there.
 */
bool pk_debug_place(const struct pk_debug_search *where, const struct pk_debug_wish *wish,
		    const char *path, unsigned int i, char ret[PATH_MAX]);
/* Open the first file at place @*i or later; *i becomes the place after it. Or -ENOENT. */
int pk_debug_open_next(const struct pk_debug_search *where, const struct pk_debug_wish *wish,
		       const char *path, unsigned int *i);
/*
 * Which files there are at all places, as a number that is another one when they change; and
 * *bytes_ret: how large the largest is. 0: none. Opens nothing.
 */
uint64_t pk_debug_fingerprint(const struct pk_debug_search *where,
			      const struct pk_debug_wish *wish, const char *path,
			      uint64_t *bytes_ret);
/* Ask servers; may take as long as they do. A new descriptor or -ENOENT. */
int pk_debug_ask_servers(const struct pk_debug_wish *wish);

#endif
