// SPDX-License-Identifier: GPL-2.0-or-later
/* A profile into another file; see copy.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "base/cleanup.h"
#include "base/crc32c.h"
#include "profile/chunk.h"
#include "profile/copy.h"
#include "profile/input.h"

struct copy {
	const struct pk_copy_how *how;
	struct pk_profile *p;
	struct pk_input in;
	int fd;
	const char *name;
	uint8_t *raw;		/* PK_CHUNK_MAX_BYTES, NULL: not needed */
	struct pk_strbuf anew;
	uint64_t written;
	uint32_t crc_in, crc_out; /* heads of the chunks before */
	struct pk_err *err;
};

static int write_all(struct copy *c, const void *data, size_t len)
{
	while (len) {
		ssize_t n = write(c->fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return pk_err_exit(c->err, n ? -errno : -EIO, PK_EXIT_OUTPUT,
					   "cannot write %s: %s", c->name,
					   strerror(n ? errno : EIO));
		data = (const char *)data + n;
		len -= n;
		c->written += n;
	}
	return 0;
}

static int changed(struct copy *c)
{
	if (c->in.code)
		return pk_err_exit(c->err, c->in.code, PK_EXIT_BAD_FILE, "%s: cannot be read: %s",
				   c->in.name, strerror(-c->in.code));
	return pk_err_exit(c->err, -ESTALE, PK_EXIT_BAD_FILE,
			   "%s: has changed since it was read; try again", c->in.name);
}

static int copy_file_head(struct copy *c)
{
	unsigned int major;
	const uint8_t *head;
	size_t got = pk_input_take(&c->in, PK_FILE_HEAD_BYTES, &head);

	if (got < PK_FILE_HEAD_BYTES ||
	    pk_file_head_check(head, &major, &c->crc_in) != PK_HEAD_GOOD)
		return changed(c);
	if (c->how->known_only && (head[14] | head[15] << 8) > PK_FORMAT_MINOR)
		return pk_err_exit(c->err, -EPROTO, PK_EXIT_BAD_FILE,
				   "%s: is of a later version of pkprof, and may hold what this one "
				   "does not know", c->in.name);
	c->crc_out = c->crc_in;
	return write_all(c, head, PK_FILE_HEAD_BYTES);
}

/* The body as it is, with coding and length in @h; or, packed, what was made of it. */
static int write_chunk(struct copy *c, struct pk_chunk_head *h, const void *body)
{
	uint8_t out[PK_CHUNK_HEAD_BYTES];
	int ret;

	pk_chunk_head_pack(h, c->crc_out, out);
	ret = write_all(c, out, sizeof(out));
	if (!ret)
		ret = write_all(c, body, h->stored_bytes);
	if (!ret)
		c->crc_out = h->head_crc;
	return ret;
}

static int write_anew(struct copy *c, unsigned int type)
{
	struct pk_chunk_head h = { .type = type, .coding = PK_CODING_ZSTD, .raw_bytes = c->anew.len };
	size_t bound = ZSTD_compressBound(c->anew.len), len;
	void *packed;
	int ret;

	if (pk_strbuf_failed(&c->anew))
		return -ENOMEM;
	if (c->anew.len > PK_CHUNK_MAX_BYTES)
		return pk_err_exit(c->err, -EFBIG, PK_EXIT_BAD_FILE,
				   "%s: has a chunk that grows too large", c->in.name);
	packed = malloc(bound);
	len = packed ? ZSTD_compress(packed, bound, c->anew.data, c->anew.len, 3) : 0;
	if (!packed || ZSTD_isError(len)) {
		free(packed);
		return -ENOMEM;
	}
	h.stored_bytes = len;
	h.body_crc = pk_crc32c(0, packed, len);
	ret = write_chunk(c, &h, packed);
	free(packed);
	return ret;
}

/* Into @raw, if it is one to be unpacked. */
static const uint8_t *unpack(struct copy *c, const struct pk_chunk_head *h, const uint8_t *stored)
{
	size_t len;

	if (h->coding == PK_CODING_RAW)
		return h->stored_bytes == h->raw_bytes ? stored : NULL;
	if (h->raw_bytes > PK_CHUNK_MAX_BYTES)
		return NULL;
	len = ZSTD_decompress(c->raw, h->raw_bytes, stored, h->stored_bytes);
	return !ZSTD_isError(len) && len == h->raw_bytes ? c->raw : NULL;
}

static int pass_on(struct copy *c, struct pk_chunk_head *h, const uint8_t *stored)
{
	const uint8_t *raw = NULL;
	int what;

	if (h->type == PK_CHUNK_END)
		return 0;
	if (h->type == c->how->unpack) {
		raw = unpack(c, h, stored);
		if (!raw)
			return changed(c);
	}
	pk_strbuf_clear(&c->anew);
	what = c->how->chunk(c->how->ctx, h->type, raw, raw ? h->raw_bytes : 0, &c->anew);
	switch (what) {
	case PK_COPY_AS_IS:
		return write_chunk(c, h, stored);
	case PK_COPY_ANEW:
		return write_anew(c, h->type);
	case PK_COPY_LEAVE_OUT:
		if (h->type < PK_ARRAY_SIZE(c->p->resume.nr_items))
			c->p->resume.nr_items[h->type] = 0;
		return 0;
	}
	return what == -EBADMSG ? changed(c) : what;
}

static int copy_chunk(struct copy *c)
{
	struct pk_chunk_head h;
	const uint8_t *data;

	if (pk_input_take(&c->in, PK_CHUNK_HEAD_BYTES, &data) < PK_CHUNK_HEAD_BYTES ||
	    !pk_chunk_head_unpack(data, c->crc_in, &h) ||
	    h.stored_bytes > ZSTD_compressBound(PK_CHUNK_MAX_BYTES))
		return changed(c);
	c->crc_in = h.head_crc;
	if (pk_input_take(&c->in, h.stored_bytes, &data) < h.stored_bytes ||
	    pk_crc32c(0, data, h.stored_bytes) != h.body_crc)
		return changed(c);
	return pass_on(c, &h, data);
}

static int copy_all(struct copy *c)
{
	int ret = copy_file_head(c);

	if (!ret && c->how->unpack) {
		c->raw = malloc(PK_CHUNK_MAX_BYTES);
		ret = c->raw ? 0 : -ENOMEM;
	}
	while (!ret && c->in.offset < c->p->resume.offset)
		ret = copy_chunk(c);
	return ret == -ENOMEM ? pk_err_set(c->err, ret, "no memory to copy %s", c->in.name) : ret;
}

int pk_profile_copy(const char *path, int fd, const char *name, struct pk_profile *p,
		    const struct pk_copy_how *how, struct pk_err *err)
{
	struct copy c = { .how = how, .p = p, .fd = fd, .name = name, .err = err };
	int ret = pk_input_open(&c.in, path, err);

	if (ret)
		return ret;
	ret = copy_all(&c);
	pk_input_close(&c.in);
	pk_strbuf_deinit(&c.anew);
	free(c.raw);
	if (ret)
		return ret;
	p->resume.offset = c.written;
	p->resume.crc = c.crc_out;
	return 0;
}

static int leave_out_names(void *ctx, unsigned int type, const uint8_t *raw, size_t len,
			     struct pk_strbuf *anew)
{
	(void)ctx, (void)raw, (void)len, (void)anew;
	return type == PK_CHUNK_SYMBOLS || type == PK_CHUNK_LINES ? PK_COPY_LEAVE_OUT : PK_COPY_AS_IS;
}

int pk_profile_copy_unnamed(const char *path, int fd, const char *name, struct pk_profile *p,
			    struct pk_err *err)
{
	const struct pk_copy_how how = { .chunk = leave_out_names };

	return pk_profile_copy(path, fd, name, p, &how, err);
}
