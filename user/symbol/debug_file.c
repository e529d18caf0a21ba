// SPDX-License-Identifier: GPL-2.0-or-later
/* Separate debug files; see debug_file.h. */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <elfutils/debuginfod.h>

#include "base/cleanup.h"
#include "symbol/debug_file.h"

#define DEFAULT_DIRS "/usr/lib/debug"
#define MAX_CRC_BYTES (4ULL << 30)
#define MAX_MINIDEBUG_BYTES (64u << 20)
#define XZ_MEMORY_BYTES (128u << 20)

static bool same_build_id(const struct pk_elf *a, const struct pk_elf *b)
{
	return a->build_id_len && a->build_id_len == b->build_id_len &&
	       !memcmp(a->build_id, b->build_id, a->build_id_len);
}

/* Take over @fd if it is a debug file of @e. */
static int try_fd(const struct pk_elf *e, int fd, struct pk_elf *ret)
{
	int err;

	if (fd < 0)
		return -ENOENT;
	err = pk_elf_open(fd, ret);
	if (!err && !same_build_id(e, ret)) {
		pk_elf_close(ret);
		err = -ENOENT;
	}
	return err == -ENOMEM ? err : err ? -ENOENT : 0;
}

static void hex(const uint8_t *bytes, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++)
		sprintf(out + 2 * i, "%02x", bytes[i]);
}

/* The next of a colon separated list; its length, and where the rest begins. */
static const char *next_dir(const char **list, int *len_ret)
{
	const char *dir = *list;

	if (!*dir)
		return NULL;
	*len_ret = strcspn(dir, ":");
	*list = dir + *len_ret + (dir[*len_ret] == ':');
	return dir;
}

static int by_build_id(const struct pk_debug_search *where, const struct pk_elf *e,
		       struct pk_elf *ret)
{
	const char *list = where->dirs ? where->dirs : DEFAULT_DIRS, *dir;
	char path[PATH_MAX], id[2 * PKPROF_MAX_BUILD_ID + 1];
	int err = -ENOENT, len;

	if (e->build_id_len < 2)
		return -ENOENT;
	hex(e->build_id, e->build_id_len, id);
	while (err == -ENOENT && (dir = next_dir(&list, &len))) {
		snprintf(path, sizeof(path), "%s%.*s/.build-id/%.2s/%s.debug",
			 where->root ? where->root : "", len, dir, id, id + 2);
		err = try_fd(e, pk_open_regular(path), ret);
	}
	return err;
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

/* A file that the link names: by build ID where there is one, else by its CRC. */
static int try_linked(const struct pk_elf *e, const char *path, uint32_t crc, struct pk_elf *ret)
{
	int fd = pk_open_regular(path), err;

	if (fd < 0)
		return -ENOENT;
	if (e->build_id_len)
		return try_fd(e, fd, ret);
	if (!crc_agrees(fd, crc)) {
		close(fd);
		return -ENOENT;
	}
	err = pk_elf_open(fd, ret);
	return err == -ENOMEM ? err : err ? -ENOENT : 0;
}

/* .gnu_debuglink: a file name, padding to 4 bytes, the CRC of that file. */
static const char *read_link(const struct pk_elf *e, uint32_t *crc_ret)
{
	const struct pk_section *s = pk_elf_section(e, ".gnu_debuglink");
	Elf_Data *d = s && s->len < PATH_MAX ? pk_elf_data(e, s) : NULL;
	const char *name = d ? d->d_buf : NULL;
	size_t len = d ? strnlen(name, d->d_size) : 0, at = (len + 4) & ~3UL;

	if (!len || at + sizeof(*crc_ret) > d->d_size || strchr(name, '/'))
		return NULL;
	memcpy(crc_ret, name + at, sizeof(*crc_ret));
	return name;
}

static int by_link(const struct pk_debug_search *where, const struct pk_elf *e, const char *path,
		   struct pk_elf *ret)
{
	const char *list = where->dirs ? where->dirs : DEFAULT_DIRS, *dir;
	const char *root = where->root ? where->root : "", *slash = strrchr(path, '/');
	int dir_len = slash ? slash - path : 0, err = -ENOENT, len;
	char file[PATH_MAX];
	uint32_t crc;
	const char *name = read_link(e, &crc);

	if (!name)
		return -ENOENT;
	snprintf(file, sizeof(file), "%s%.*s/%s", root, dir_len, path, name);
	err = try_linked(e, file, crc, ret);
	if (err == -ENOENT) {
		snprintf(file, sizeof(file), "%s%.*s/.debug/%s", root, dir_len, path, name);
		err = try_linked(e, file, crc, ret);
	}
	while (err == -ENOENT && (dir = next_dir(&list, &len))) {
		snprintf(file, sizeof(file), "%s%.*s%.*s/%s", root, len, dir, dir_len, path, name);
		err = try_linked(e, file, crc, ret);
	}
	return err;
}

/* The library brings a whole HTTP client along, so it is loaded only when asked for. */
static int by_server(const struct pk_elf *e, struct pk_elf *ret)
{
	void *lib = e->build_id_len ? dlopen(DEBUGINFOD_SONAME, RTLD_NOW | RTLD_LOCAL) : NULL;
	__typeof__(&debuginfod_begin) begin;
	__typeof__(&debuginfod_find_debuginfo) find;
	__typeof__(&debuginfod_end) end;
	debuginfod_client *client;
	int fd = -ENOENT;

	if (!lib)
		return -ENOENT;
	begin = (__typeof__(begin))dlsym(lib, "debuginfod_begin");
	find = (__typeof__(find))dlsym(lib, "debuginfod_find_debuginfo");
	end = (__typeof__(end))dlsym(lib, "debuginfod_end");
	client = begin && find && end ? begin() : NULL;
	if (client) {
		fd = find(client, e->build_id, e->build_id_len, NULL);
		end(client);
	}
	/* the library stays loaded: its HTTP client does not like to go */
	return try_fd(e, fd, ret);
}

int pk_debug_file_open(const struct pk_debug_search *where, const struct pk_elf *e,
		       const char *path, struct pk_elf *ret)
{
	int err = by_build_id(where, e, ret);

	if (err == -ENOENT)
		err = by_link(where, e, path, ret);
	if (err == -ENOENT && where->servers)
		err = by_server(e, ret);
	return err;
}

/* --- what dwz took out ---------------------------------------------------------------- */

/* .gnu_debugaltlink: a path, and the build ID of what is there. */
static const char *read_alt_link(const struct pk_elf *e, struct pk_elf *want)
{
	const struct pk_section *s = pk_elf_section(e, ".gnu_debugaltlink");
	Elf_Data *d = s && s->len < PATH_MAX ? pk_elf_data(e, s) : NULL;
	const char *name = d ? d->d_buf : NULL;
	size_t len = d ? strnlen(name, d->d_size) : 0, id_len = d ? d->d_size - len : 0;

	/* the NUL behind the path, and one byte of the ID at least */
	if (!len || id_len < 2 || id_len - 1 > sizeof(want->build_id))
		return NULL;
	want->build_id_len = id_len - 1;
	memcpy(want->build_id, name + len + 1, id_len - 1);
	return name;
}

/* A path that is not absolute is one from where the linking file is. */
static int by_alt_path(const struct pk_debug_search *where, const struct pk_elf *e,
		       const char *name, const struct pk_elf *want, struct pk_elf *ret)
{
	char path[2 * PATH_MAX], self[64], dir[PATH_MAX];
	ssize_t len;

	if (*name == '/') {
		snprintf(path, sizeof(path), "%s%s", where->root ? where->root : "", name);
		return try_fd(want, pk_open_regular(path), ret);
	}
	snprintf(self, sizeof(self), "/proc/self/fd/%d", e->fd);
	len = readlink(self, dir, sizeof(dir) - 1);
	while (len > 0 && dir[len - 1] != '/')
		len--;
	if (len <= 0)
		return -ENOENT;
	snprintf(path, sizeof(path), "%.*s%s", (int)len, dir, name);
	return try_fd(want, pk_open_regular(path), ret);
}

int pk_debug_alt_open(const struct pk_debug_search *where, const struct pk_elf *e,
		      struct pk_elf *ret)
{
	struct pk_elf want = { 0 };
	const char *name = read_alt_link(e, &want);
	int err = name ? by_alt_path(where, e, name, &want, ret) : -ENOENT;

	if (name && err == -ENOENT)
		err = by_build_id(where, &want, ret);
	if (name && err == -ENOENT && where->servers)
		err = by_server(&want, ret);
	return err;
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
