/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Profile file reader: bytes that nobody vouches for become a struct
 * pk_profile or a sentence. Every chunk is checked by its CRC before it is
 * used; the first bad one ends the reading there (state CUT or DAMAGED), so no
 * number is ever taken from changed bytes.
 */
#ifndef PK_PROFILE_READER_H
#define PK_PROFILE_READER_H

#include "base/err.h"
#include "profile/profile.h"

/*
 * Load a profile; "-" is standard input. On success ret is filled and to be
 * given to pk_profile_deinit().
 * Errors: as open(2); -EINVAL not a profile or empty; -EPROTO format version
 * not known; -EBADMSG damaged before any data. PK_EXIT_BAD_FILE.
 */
int pk_profile_load(const char *path, struct pk_profile *ret, struct pk_err *err);
int pk_profile_load_mem(const void *data, size_t len, const char *name, struct pk_profile *ret,
			struct pk_err *err);

#endif
