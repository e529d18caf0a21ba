// SPDX-License-Identifier: GPL-2.0-or-later
/* Answers on disk; see answer_cache.h. A file holds a fingerprint, then an answer. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reader.h"
#include "symbol/answer_cache.h"

#define DEFAULT_MAX_BYTES (256ULL << 20)
#define MAX_FILE_BYTES	  (16u << 20)

static const struct pk_cache_kind kind = {
	.name = "names",
	.what = "names of functions",
	.magic = "PKNAME\n",
	.version = PK_ANSWER_VERSION,
};

struct pk_answer_cache {
	struct pk_cache_dir dir;
};

int pk_answer_cache_open(const char *dir, uint64_t max_bytes, struct pk_answer_cache **ret,
			 struct pk_err *err)
{
	struct pk_answer_cache *c = calloc(1, sizeof(*c));
	int code;

	if (!c)
		return pk_err_set(err, -ENOMEM, "no memory for a cache of names");
	code = pk_cache_dir_open(&c->dir, &kind, dir, max_bytes ? max_bytes : DEFAULT_MAX_BYTES,
				 err);
	if (code) {
		free(c);
		return code;
	}
	pk_cache_dir_shrink(&c->dir);
	*ret = c;
	return 0;
}

void pk_answer_cache_close(struct pk_answer_cache *c)
{
	if (c)
		pk_cache_dir_close(&c->dir);
	free(c);
}

int pk_answer_cache_clear(struct pk_answer_cache *c)
{
	return pk_cache_dir_clear(&c->dir);
}

uint64_t pk_answer_fingerprint(const struct pk_file_origin *o, const struct pk_answer_place *place,
			       const struct pk_answer *a, uint64_t *bytes_ret)
{
	struct pk_debug_wish wish = { .build_id_len = o->build_id_len };
	const char *link = a ? pk_strtab_get(&a->strings, a->link) : "";

	memcpy(wish.build_id, o->build_id, o->build_id_len);
	if (strlen(link) < sizeof(wish.link))
		strcpy(wish.link, link);
	return pk_debug_fingerprint(place->where, &wish, place->path, bytes_ret);
}

int pk_answer_cache_load(const struct pk_answer_cache *c, const struct pk_file_origin *o,
			 const struct pk_answer_place *place, struct pk_answer *ret)
{
	const struct pk_cache_origin origin = pk_file_origin_bytes(o);
	char name[PK_ORIGIN_NAME_BYTES];
	PK_AUTO_FREE void *data = NULL;
	uint64_t fingerprint, bytes;
	struct pk_reader r;
	size_t len;
	int code;

	pk_file_origin_name(o, name);
	code = pk_cache_load(&c->dir, name, &origin, MAX_FILE_BYTES, &data, &len);
	if (code)
		return code;
	r = pk_reader_of(data, len);
	fingerprint = pk_reader_u64(&r);
	code = pk_answer_decode(r.pos, pk_reader_left(&r), SIZE_MAX, ret);
	if (code)
		return code == -ENOMEM ? code : -ENOENT;
	if (fingerprint == pk_answer_fingerprint(o, place, ret, &bytes))
		return 0;
	pk_answer_deinit(ret);
	return -ENOENT;
}

void pk_answer_cache_store(struct pk_answer_cache *c, const struct pk_file_origin *o,
			   uint64_t fingerprint, const struct pk_answer *a)
{
	const struct pk_cache_origin origin = pk_file_origin_bytes(o);
	char name[PK_ORIGIN_NAME_BYTES];
	struct pk_strbuf b = { 0 };

	pk_file_origin_name(o, name);
	pk_strbuf_u64(&b, fingerprint);
	pk_answer_encode(a, &b);
	if (!pk_strbuf_failed(&b) && b.len <= MAX_FILE_BYTES)
		pk_cache_store(&c->dir, name, &origin, b.data, b.len);
	pk_strbuf_deinit(&b);
}
