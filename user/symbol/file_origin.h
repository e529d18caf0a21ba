/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which file is it? What things made from a file are kept under, so that they are found again
 * for the same file, and never for one that somebody else made to look like it.
 */
#ifndef PK_FILE_ORIGIN_H
#define PK_FILE_ORIGIN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/cache_dir.h"
#include "uapi/pkprof.h"

#define PK_ORIGIN_NAME_BYTES (2 * PKPROF_MAX_BUILD_ID + 16)

/* No holes: it is compared as bytes. */
struct pk_file_origin {
	uint64_t file_bytes;
	/*
	 * Of a file system without a device of its own, as those of containers: their root may
	 * write what looks like a file of ours. 0: of one with a device.
	 */
	uint64_t dev;
	uint32_t owner; /* whoever owns a file chooses its build ID */
	uint8_t build_id[PKPROF_MAX_BUILD_ID];
	uint32_t build_id_len;
	uint32_t none; /* 0 */
};

/* False: a file that cannot be told from others, for want of a build ID. */
bool pk_file_origin_of(const struct stat *st, const uint8_t *build_id, unsigned int build_id_len,
		       struct pk_file_origin *ret);
/* Name for a file about it in a cache. */
void pk_file_origin_name(const struct pk_file_origin *o, char ret[PK_ORIGIN_NAME_BYTES]);

static inline struct pk_cache_origin pk_file_origin_bytes(const struct pk_file_origin *o)
{
	return (struct pk_cache_origin){ o, sizeof(*o) };
}

#endif
