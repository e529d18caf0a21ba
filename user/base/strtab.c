// SPDX-License-Identifier: GPL-2.0-or-later
/* Interned strings; see strtab.h. */
#include "base/strtab.h"

#define BLOCK_BYTES (64 << 10)

int pk_strtab_init(struct pk_strtab *t)
{
	uint32_t empty;

	*t = (struct pk_strtab){ 0 };
	return pk_strtab_intern(t, "", 0, &empty);
}

void pk_strtab_deinit(struct pk_strtab *t)
{
	PK_VEC_FOREACH(&t->blocks, block)
		free(*block);
	pk_vec_deinit(&t->blocks);
	pk_vec_deinit(&t->entries);
	pk_map64_deinit(&t->by_hash);
}

/* Text lives in blocks that never move, so that pointers to it hold. */
static char *store(struct pk_strtab *t, const char *text, size_t len)
{
	char *p;

	if (!t->blocks.nr || t->block_used + len + 1 > t->block_size) {
		size_t size = len + 1 > BLOCK_BYTES ? len + 1 : BLOCK_BYTES;

		p = malloc(size);
		if (!p || pk_vec_add(&t->blocks, p)) {
			free(p);
			return NULL;
		}
		t->block_used = 0;
		t->block_size = size;
	}
	p = t->blocks.data[t->blocks.nr - 1] + t->block_used;
	if (len)
		memcpy(p, text, len);
	p[len] = '\0';
	t->block_used += len + 1;
	return p;
}

static uint32_t find_from(const struct pk_strtab *t, uint32_t id, const char *text, size_t len)
{
	for (; id != PK_MAP64_NONE; id = t->entries.data[id].next)
		if (t->entries.data[id].len == len &&
		    (!len || !memcmp(t->entries.data[id].text, text, len)))
			break;
	return id;
}

uint32_t pk_strtab_find(const struct pk_strtab *t, const char *text, size_t len)
{
	return find_from(t, pk_map64_get(&t->by_hash, pk_hash_bytes(text, len)), text, len);
}

int pk_strtab_intern(struct pk_strtab *t, const char *text, size_t len, uint32_t *id_ret)
{
	uint64_t hash = pk_hash_bytes(text, len);
	uint32_t first = pk_map64_get(&t->by_hash, hash);
	uint32_t id = find_from(t, first, text, len);
	struct pk_strtab_entry *e;
	char *copy;

	if (id == PK_MAP64_NONE) {
		copy = store(t, text, len);
		e = copy ? pk_vec_push(&t->entries) : NULL;
		if (!e)
			return -ENOMEM;
		id = t->entries.nr - 1;
		*e = (struct pk_strtab_entry){ .text = copy, .len = len, .next = first };
		if (pk_map64_set(&t->by_hash, hash, id))
			return -ENOMEM;
	}
	*id_ret = id;
	return 0;
}

int pk_strtab_intern_z(struct pk_strtab *t, const char *text, uint32_t *id_ret)
{
	return pk_strtab_intern(t, text, strlen(text), id_ret);
}
