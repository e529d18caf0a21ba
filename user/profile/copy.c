// SPDX-License-Identifier: GPL-2.0-or-later
/* A profile into another file without its symbols; see copy.h. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "base/crc32c.h"
#include "profile/chunk.h"
#include "profile/copy.h"
#include "profile/input.h"

struct copy {
	struct pk_input in;
	int fd;
	const char *name;
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
	c->crc_out = c->crc_in;
	return write_all(c, head, PK_FILE_HEAD_BYTES);
}

static int copy_chunk(struct copy *c)
{
	uint8_t out[PK_CHUNK_HEAD_BYTES];
	struct pk_chunk_head h;
	const uint8_t *data;
	int ret;

	if (pk_input_take(&c->in, PK_CHUNK_HEAD_BYTES, &data) < PK_CHUNK_HEAD_BYTES ||
	    !pk_chunk_head_unpack(data, c->crc_in, &h) ||
	    h.stored_bytes > ZSTD_compressBound(PK_CHUNK_MAX_BYTES))
		return changed(c);
	c->crc_in = h.head_crc;
	if (pk_input_take(&c->in, h.stored_bytes, &data) < h.stored_bytes ||
	    pk_crc32c(0, data, h.stored_bytes) != h.body_crc)
		return changed(c);
	if (h.type == PK_CHUNK_SYMBOLS || h.type == PK_CHUNK_LINES || h.type == PK_CHUNK_END)
		return 0;
	pk_chunk_head_pack(&h, c->crc_out, out);
	ret = write_all(c, out, sizeof(out));
	if (!ret)
		ret = write_all(c, data, h.stored_bytes);
	if (!ret)
		c->crc_out = h.head_crc;
	return ret;
}

int pk_profile_copy_unnamed(const char *path, int fd, const char *name, struct pk_profile *p,
			    struct pk_err *err)
{
	struct copy c = { .fd = fd, .name = name, .err = err };
	int ret = pk_input_open(&c.in, path, err);

	if (ret)
		return ret;
	ret = copy_file_head(&c);
	while (!ret && c.in.offset < p->resume.offset)
		ret = copy_chunk(&c);
	pk_input_close(&c.in);
	if (ret)
		return ret;
	p->resume.offset = c.written;
	p->resume.crc = c.crc_out;
	p->resume.nr_items[PK_CHUNK_SYMBOLS] = 0;
	p->resume.nr_items[PK_CHUNK_LINES] = 0;
	return 0;
}
