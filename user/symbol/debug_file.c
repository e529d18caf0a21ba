// SPDX-License-Identifier: GPL-2.0-or-later
/* Separate debug files, and what makes one; see debug_file.h. */
#include <errno.h>
#include <limits.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "symbol/debug_file.h"

#define MAX_CRC_BYTES (4ULL << 30)
#define MAX_MINIDEBUG_BYTES (64u << 20)
#define XZ_MEMORY_BYTES (128u << 20)

static bool same_build_id(const struct pk_elf *a, const struct pk_elf *b)
{
	return a->build_id_len && a->build_id_len == b->build_id_len &&
	       !memcmp(a->build_id, b->build_id, a->build_id_len);
}

static bool crc_agrees(int fd, uint32_t want)
{
	uint8_t buf[64 << 10];
	uint64_t off = 0;
	uint32_t crc = 0;
	ssize_t n;

	while ((n = pread(fd, buf, sizeof(buf), off)) > 0 && off < MAX_CRC_BYTES) {
		crc = lzma_crc32(buf, n, crc);
		off += n;
	}
	return !n && crc == want;
}

/* Take over @fd if it is a debug file of @e: by build ID where there is one, else by CRC. */
static int try_fd(const struct pk_elf *e, int fd, const struct pk_debug_wish *wish,
		  struct pk_elf *ret)
{
	int err;

	if (!e->build_id_len && !crc_agrees(fd, wish->link_crc)) {
		close(fd);
		return -ENOENT;
	}
	err = wish->shared ? pk_elf_open_shared(fd, ret) : pk_elf_open(fd, ret);
	if (!err && e->build_id_len && !same_build_id(e, ret)) {
		pk_elf_close(ret);
		err = -ENOENT;
	}
	return err == -ENOMEM ? err : err ? -ENOENT : 0;
}

/* .gnu_debuglink: a file name, padding to 4 bytes, the CRC of that file. */
const char *pk_debug_link(const struct pk_elf *e, uint32_t *crc_ret)
{
	const struct pk_section *s = pk_elf_section(e, ".gnu_debuglink");
	Elf_Data *d = s && s->len < PATH_MAX ? pk_elf_data(e, s) : NULL;
	const char *name = d ? d->d_buf : NULL;
	size_t len = d ? strnlen(name, d->d_size) : 0, at = (len + 4) & ~3UL;

	if (!len || len >= sizeof(((struct pk_debug_wish *)0)->link) ||
	    at + sizeof(*crc_ret) > d->d_size || strchr(name, '/'))
		return NULL;
	memcpy(crc_ret, name + at, sizeof(*crc_ret));
	return name;
}

static int find(const struct pk_debug_source *source, const struct pk_elf *e,
		const struct pk_debug_wish *wish, struct pk_elf *ret)
{
	int fd, err = -ENOENT;

	for (unsigned int i = 0; err == -ENOENT; i++) {
		fd = source->next(source->ctx, wish, i);
		if (fd < 0)
			return -ENOENT;
		err = try_fd(e, fd, wish, ret);
	}
	return err;
}

int pk_debug_file_find(const struct pk_debug_source *source, const struct pk_elf *e, bool servers,
		       struct pk_elf *ret)
{
	struct pk_debug_wish wish = { .build_id_len = e->build_id_len, .servers = servers };
	const char *link = pk_debug_link(e, &wish.link_crc);

	memcpy(wish.build_id, e->build_id, e->build_id_len);
	if (link)
		strcpy(wish.link, link);
	return find(source, e, &wish, ret);
}

/* --- what dwz took out ---------------------------------------------------------------- */

/* .gnu_debugaltlink: a path, and the build ID of what is there. */
static bool read_shared_link(const struct pk_elf *e, struct pk_debug_wish *wish)
{
	const struct pk_section *s = pk_elf_section(e, ".gnu_debugaltlink");
	Elf_Data *d = s && s->len < PATH_MAX ? pk_elf_data(e, s) : NULL;
	const char *name = d ? d->d_buf : NULL, *below;
	size_t len = d ? strnlen(name, d->d_size) : 0, id_len = d ? d->d_size - len : 0;

	/* the NUL behind the path, and one byte of the ID at least */
	if (!len || id_len < 2 || id_len - 1 > sizeof(wish->build_id))
		return false;
	wish->build_id_len = id_len - 1;
	memcpy(wish->build_id, name + len + 1, id_len - 1);
	below = strstr(name, ".dwz/");
	below = below ? below + strlen(".dwz/") : "";
	if (strlen(below) < sizeof(wish->link))
		strcpy(wish->link, below);
	return true;
}

int pk_debug_shared_find(const struct pk_debug_source *source, const struct pk_elf *e,
			 struct pk_elf *ret)
{
	struct pk_debug_wish wish = { .shared = true };
	struct pk_elf want = { 0 };

	if (!read_shared_link(e, &wish))
		return -ENOENT;
	want.build_id_len = wish.build_id_len;
	memcpy(want.build_id, wish.build_id, wish.build_id_len);
	return find(source, &want, &wish, ret);
}

/* --- what is in the file ---------------------------------------------------------------- */

/* Decompress into at most MAX_MINIDEBUG_BYTES. */
static int unpack(const void *packed, size_t len, uint8_t **image_ret, size_t *len_ret)
{
	lzma_stream xz = LZMA_STREAM_INIT;
	size_t size = 0;
	PK_AUTO_FREE uint8_t *image = NULL;
	lzma_ret ret;

	if (lzma_stream_decoder(&xz, XZ_MEMORY_BYTES, 0) != LZMA_OK)
		return -ENOMEM;
	xz.next_in = packed;
	xz.avail_in = len;
	do {
		size_t bigger = size ? size * 2 : 256 << 10;
		uint8_t *p = bigger <= MAX_MINIDEBUG_BYTES ? realloc(image, bigger) : NULL;

		if (!p) {
			lzma_end(&xz);
			return bigger <= MAX_MINIDEBUG_BYTES ? -ENOMEM : -EFBIG;
		}
		image = p;
		xz.next_out = image + size;
		xz.avail_out = bigger - size;
		size = bigger;
		ret = lzma_code(&xz, LZMA_FINISH);
	} while (ret == LZMA_OK && !xz.avail_out);
	*len_ret = xz.total_out;
	lzma_end(&xz);
	if (ret != LZMA_STREAM_END)
		return -EINVAL;
	*image_ret = pk_take(image);
	return 0;
}

int pk_minidebug_open(const struct pk_elf *e, struct pk_elf *ret)
{
	const struct pk_section *s = pk_elf_section(e, ".gnu_debugdata");
	Elf_Data *d = s ? pk_elf_data(e, s) : NULL;
	uint8_t *image;
	size_t len;
	int err;

	if (!d)
		return -ENOENT;
	err = unpack(d->d_buf, d->d_size, &image, &len);
	return err ? err : pk_elf_open_mem(image, len, true, ret);
}
