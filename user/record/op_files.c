// SPDX-License-Identifier: GPL-2.0-or-later
/* Files that operations were on; see op_files.h. */
#include <errno.h>

#include "record/op_files.h"

void pk_op_files_init(struct pk_op_files *f, struct pk_writer *w)
{
	*f = (struct pk_op_files){ .writer = w };
}

void pk_op_files_deinit(struct pk_op_files *f)
{
	pk_map64_deinit(&f->id_of);
}

static uint64_t hash_of(const struct pk_file_key *key)
{
	return pk_hash64(key->ino ^ pk_hash64((uint64_t)key->dev << 32 | key->gen));
}

static int put(struct pk_op_files *f, const struct pk_file_key *key, uint32_t id, const char *path,
	       size_t len)
{
	struct pk_op_file x = { .id = id, .dev = key->dev, .gen = key->gen, .ino = key->ino };
	int ret = pk_writer_string(f->writer, path, len, &x.path);

	return ret ? ret : pk_writer_op_file(f->writer, &x);
}

/* @new_ret: it was not known yet. */
static int id_of(struct pk_op_files *f, const struct pk_file_key *key, uint32_t *id_ret,
		 bool *new_ret)
{
	uint32_t *at = pk_map64_at(&f->id_of, hash_of(key));

	if (!at)
		return -ENOMEM;
	*new_ret = *at == PK_MAP64_NONE;
	if (*new_ret)
		*at = ++f->nr;
	*id_ret = *at;
	return 0;
}

int pk_op_files_of(struct pk_op_files *f, const struct pk_file_key *key, uint32_t *id_ret)
{
	bool new = false;
	int ret;

	*id_ret = 0;
	if (!key->dev && !key->ino)
		return 0;
	ret = id_of(f, key, id_ret, &new);
	return ret || !new ? ret : put(f, key, *id_ret, "", 0);
}

int pk_op_files_name(struct pk_op_files *f, const struct pk_file_key *key, const char *path,
		     size_t len)
{
	uint32_t id;
	bool new;
	int ret = id_of(f, key, &id, &new);

	return ret ? ret : put(f, key, id, path, len);
}
