/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interned strings: equal text, equal id. Ids are consecutive from 0, which
 * is the empty string. A pointer from pk_strtab_get() holds until deinit.
 */
#ifndef PK_STRTAB_H
#define PK_STRTAB_H

#include <stddef.h>
#include <stdint.h>

#include "base/map64.h"
#include "base/vec.h"

struct pk_strtab_entry {
	const char *text;	/* NUL-terminated, may hold NULs before that */
	uint32_t len;		/* bytes without the final NUL */
	uint32_t next;		/* next of the same hash, PK_MAP64_NONE: last */
};

struct pk_strtab {
	PK_VEC(struct pk_strtab_entry) entries;
	PK_VEC(char *) blocks;
	size_t block_used, block_size;
	struct pk_map64 by_hash;
};

int pk_strtab_init(struct pk_strtab *t);	/* 0 or -ENOMEM */
void pk_strtab_deinit(struct pk_strtab *t);
/* Id of the text; 0 or -ENOMEM. */
int pk_strtab_intern(struct pk_strtab *t, const char *text, size_t len, uint32_t *id_ret);
int pk_strtab_intern_z(struct pk_strtab *t, const char *text, uint32_t *id_ret);
/* Id of a text that is there, or PK_MAP64_NONE. */
uint32_t pk_strtab_find(const struct pk_strtab *t, const char *text, size_t len);

static inline const char *pk_strtab_get(const struct pk_strtab *t, uint32_t id)
{
	return id < t->entries.nr ? t->entries.data[id].text : "";
}

static inline size_t pk_strtab_len(const struct pk_strtab *t, uint32_t id)
{
	return id < t->entries.nr ? t->entries.data[id].len : 0;
}

#endif
