// SPDX-License-Identifier: GPL-2.0-or-later
/* Identity of files for caches; see file_origin.h. */
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "symbol/file_origin.h"

bool pk_file_origin_of(const struct stat *st, const uint8_t *build_id, unsigned int build_id_len,
		       struct pk_file_origin *ret)
{
	_Static_assert(sizeof(*ret) == 8 + 8 + 4 + PKPROF_MAX_BUILD_ID + 8, "it has holes");

	memset(ret, 0, sizeof(*ret));
	if (!build_id_len || build_id_len > sizeof(ret->build_id) || !S_ISREG(st->st_mode))
		return false;
	ret->file_bytes = st->st_size;
	ret->dev = major(st->st_dev) ? 0 : st->st_dev;
	ret->owner = st->st_uid;
	memcpy(ret->build_id, build_id, build_id_len);
	ret->build_id_len = build_id_len;
	return true;
}

void pk_file_origin_name(const struct pk_file_origin *o, char ret[PK_ORIGIN_NAME_BYTES])
{
	int at = 0;

	for (uint32_t i = 0; i < o->build_id_len; i++)
		at += snprintf(ret + at, PK_ORIGIN_NAME_BYTES - at, "%02x", o->build_id[i]);
	snprintf(ret + at, PK_ORIGIN_NAME_BYTES - at, ".%u", o->owner);
}
