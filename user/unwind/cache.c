// SPDX-License-Identifier: GPL-2.0-or-later
/* Files of unwind rows; see cache.h. A file is a struct head, then a table as it is. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/crc32c.h"
#include "unwind/cache.h"
#include "unwind/cache_dir.h"
#include "unwind/compile.h"

#define DEFAULT_MAX_BYTES (512ULL << 20)
#define MAGIC		  "PKROWS\n"
/* How exact "used last" is: more would write to the disk at every reading. */
#define DAY 86400

/* What the rows were made of, beside its name; two files may claim one build ID. */
struct origin {
	uint64_t file_bytes, index_off, index_bytes;
	uint32_t owner; /* whoever owns a file chooses its build ID */
	uint32_t is_64;
	uint8_t build_id[PKPROF_MAX_BUILD_ID];
	uint32_t build_id_len;
};

struct head {
	char magic[8];
	uint32_t version;
	uint32_t crc; /* of this with crc 0, and of the table */
	struct origin origin;
};

struct pk_rows_cache {
	struct pk_cache_dir dir;
	unsigned int nr_stored;
};

int pk_rows_cache_open(const struct pk_rows_cache_opt *opt, struct pk_rows_cache **ret,
		       struct pk_err *err)
{
	struct pk_rows_cache *c = calloc(1, sizeof(*c));
	int code;

	if (!c)
		return pk_err_set(err, -ENOMEM, "no memory for a cache of unwind rows");
	code = pk_cache_dir_open(&c->dir, opt->dir,
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

/* False: a file that cannot be told from others. */
static bool origin_of(const struct pk_elf *e, struct origin *ret)
{
	struct stat st;

	memset(ret, 0, sizeof(*ret));
	if (!e->build_id_len || fstat(e->fd, &st))
		return false;
	ret->file_bytes = e->file_bytes;
	ret->index_off = e->eh_frame_hdr_off;
	ret->index_bytes = e->eh_frame_hdr_len;
	ret->owner = st.st_uid;
	ret->is_64 = gelf_getclass(e->elf) == ELFCLASS64;
	memcpy(ret->build_id, e->build_id, e->build_id_len);
	ret->build_id_len = e->build_id_len;
	return true;
}

static void name_of(const struct origin *o, char *ret, size_t size)
{
	int at = 0;

	for (uint32_t i = 0; i < o->build_id_len; i++)
		at += snprintf(ret + at, size - at, "%02x", o->build_id[i]);
	snprintf(ret + at, size - at, ".%u", o->owner);
}

static struct head head_of(const struct origin *o, const struct pk_rows_blob *b)
{
	struct head h = { .magic = MAGIC, .version = PK_ROWS_CACHE_VERSION, .origin = *o };

	h.crc = pk_crc32c(pk_crc32c(0, &h, sizeof(h)), b->data, b->bytes);
	return h;
}

static bool read_all(int fd, void *buf, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = read(fd, (char *)buf + done, len - done);

		if (n <= 0)
			return false;
		done += n;
	}
	return true;
}

static bool write_all(int fd, const void *buf, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = write(fd, (const char *)buf + done, len - done);

		if (n <= 0)
			return false;
		done += n;
	}
	return true;
}

static void note_use(int fd, const struct stat *st)
{
	static const struct timespec now[2] = { { .tv_nsec = UTIME_OMIT },
						{ .tv_nsec = UTIME_NOW } };

	/* may fail, as in a directory of root's; then it goes sooner */
	if (st->st_mtim.tv_sec + DAY < time(NULL))
		(void)futimens(fd, now);
}

/* -ENOENT: not there, or nothing that we believe. */
static int load(const struct pk_rows_cache *c, const struct origin *o, const char *name,
		struct pk_rows_blob *ret)
{
	PK_AUTO_FD int fd = openat(c->dir.fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct pk_rows_blob b = { 0 };
	struct head h, want;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || !pk_cache_is_trusted(&st) ||
	    st.st_size < (off_t)sizeof(h) || st.st_size > (off_t)(sizeof(h) + PK_ROWS_MAX_BYTES))
		return -ENOENT;
	b.bytes = st.st_size - sizeof(h);
	b.data = malloc(b.bytes + 1); /* a table of no bytes is no error of malloc() */
	if (!b.data)
		return -ENOMEM;
	if (read_all(fd, &h, sizeof(h)) && read_all(fd, b.data, b.bytes)) {
		want = head_of(o, &b);
		if (!memcmp(&h, &want, sizeof(h)) && pk_rows_valid(b.data, b.bytes)) {
			note_use(fd, &st);
			*ret = b;
			return 0;
		}
	}
	pk_rows_release(&b);
	return -ENOENT;
}

/* Under its name at once, or not at all. */
static void store(struct pk_rows_cache *c, const struct origin *o, const char *name,
		  const struct pk_rows_blob *b)
{
	struct head h = head_of(o, b);
	char temporary[64];
	bool done;
	int fd;

	snprintf(temporary, sizeof(temporary), PK_CACHE_TEMPORARY "%d.%u", getpid(),
		 c->nr_stored++);
	fd = openat(c->dir.fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return;
	done = write_all(fd, &h, sizeof(h)) && write_all(fd, b->data, b->bytes);
	if (close(fd) || !done || renameat(c->dir.fd, temporary, c->dir.fd, name))
		unlinkat(c->dir.fd, temporary, 0);
	else
		pk_cache_dir_added(&c->dir, sizeof(h) + b->bytes);
}

static int load_or_make(struct pk_rows_cache *c, const struct pk_elf *e, const char *name,
			struct pk_rows_blob *ret, struct pk_err *err)
{
	char file[2 * PKPROF_MAX_BUILD_ID + 16];
	struct origin o;
	int code;

	if (!origin_of(e, &o))
		return pk_rows_compile_elf(e, name, ret, NULL, err);
	name_of(&o, file, sizeof(file));
	code = load(c, &o, file, ret);
	if (code != -ENOENT)
		return code ? pk_err_set(err, code, "no memory for unwind rows of '%s'", name) : 0;
	code = pk_rows_compile_elf(e, name, ret, NULL, err);
	if (!code)
		store(c, &o, file, ret);
	return code;
}

int pk_rows_cached(struct pk_rows_cache *c, int fd, const char *name, struct pk_rows_blob *ret,
		   struct pk_err *err)
{
	struct pk_elf e;
	int code;

	if (!c)
		return pk_rows_compile(fd, name, ret, NULL, err);
	code = pk_elf_open(fd, &e);
	if (code)
		return pk_err_set(err, code, "no unwind rows of '%s': %s", name, strerror(-code));
	code = load_or_make(c, &e, name, ret, err);
	pk_elf_close(&e);
	return code;
}
