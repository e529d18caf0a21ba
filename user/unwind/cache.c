// SPDX-License-Identifier: GPL-2.0-or-later
/* Files of unwind rows; see cache.h. */
#include <string.h>
#include <unistd.h>

#include "base/cache_dir.h"
#include "symbol/build_id.h"
#include "symbol/file_origin.h"
#include "unwind/cache.h"
#include "unwind/compile.h"

#define DEFAULT_MAX_BYTES (512ULL << 20)

const struct pk_cache_kind pk_rows_cache_kind = {
	.name = "rows",
	.what = "unwind rows",
	.magic = "PKROWS\n",
	.version = PK_ROWS_CACHE_VERSION,
};

struct pk_rows_cache {
	struct pk_cache_dir dir;
};

int pk_rows_cache_open(const struct pk_rows_cache_opt *opt, struct pk_rows_cache **ret,
		       struct pk_err *err)
{
	struct pk_rows_cache *c = calloc(1, sizeof(*c));
	int code;

	if (!c)
		return pk_err_set(err, -ENOMEM, "no memory for a cache of unwind rows");
	code = pk_cache_dir_open(&c->dir, &pk_rows_cache_kind, opt->dir,
				 opt->max_bytes ? opt->max_bytes : DEFAULT_MAX_BYTES, err);
	if (code) {
		free(c);
		return code;
	}
	pk_cache_dir_shrink(&c->dir);
	*ret = c;
	return 0;
}

void pk_rows_cache_close(struct pk_rows_cache *c)
{
	if (c)
		pk_cache_dir_close(&c->dir);
	free(c);
}

static bool origin_of(int fd, struct pk_file_origin *ret)
{
	uint8_t id[PKPROF_MAX_BUILD_ID];
	struct stat st;

	return !fstat(fd, &st) && pk_file_origin_of(&st, id, pk_build_id_read(fd, id), ret);
}

/* -ENOENT: not there, or nothing that we believe. */
static int load(const struct pk_rows_cache *c, const struct pk_file_origin *o, const char *name,
		struct pk_rows_blob *ret)
{
	const struct pk_cache_origin origin = pk_file_origin_bytes(o);
	struct pk_rows_blob b = { 0 };
	void *data;
	int code = pk_cache_load(&c->dir, name, &origin, PK_ROWS_MAX_BYTES, &data, &b.bytes);

	if (code)
		return code;
	b.data = data;
	if (!pk_rows_valid(b.data, b.bytes)) {
		pk_rows_release(&b);
		return -ENOENT;
	}
	*ret = b;
	return 0;
}

static int make_rows(const struct pk_rows_maker *m, int fd, const char *name,
		     struct pk_rows_blob *ret, struct pk_err *err)
{
	return m ? m->make(m->ctx, fd, ret, err) : pk_rows_compile(fd, name, ret, NULL, err);
}

int pk_rows_cached(struct pk_rows_cache *c, int fd, const struct pk_rows_maker *m,
		   const char *name, struct pk_rows_blob *ret, struct pk_err *err)
{
	char file[PK_ORIGIN_NAME_BYTES];
	struct pk_cache_origin origin;
	struct pk_file_origin o;
	int code;

	if (!c || !origin_of(fd, &o))
		return make_rows(m, fd, name, ret, err);
	pk_file_origin_name(&o, file);
	code = load(c, &o, file, ret);
	if (code != -ENOENT) {
		close(fd);
		return code ? pk_err_set(err, code, "no memory for unwind rows of '%s'", name) : 0;
	}
	code = make_rows(m, fd, name, ret, err);
	origin = pk_file_origin_bytes(&o);
	if (!code)
		pk_cache_store(&c->dir, file, &origin, ret->data, ret->bytes);
	return code;
}
