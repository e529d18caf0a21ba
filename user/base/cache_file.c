// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files of caches; see cache_dir.h. A file is a struct head, its origin, then what it is about.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cache_dir.h"
#include "base/cleanup.h"
#include "base/crc32c.h"

/* How exact "used last" is: more would write to the disk at every reading. */
#define DAY 86400

struct head {
	char magic[8];
	uint32_t version;
	uint32_t crc; /* of this with crc 0, of the origin and of the rest */
	uint32_t origin_bytes;
};

static struct head head_of(const struct pk_cache_kind *kind, const struct pk_cache_origin *origin,
			   const void *data, size_t bytes)
{
	struct head h = { .version = kind->version, .origin_bytes = origin->bytes };

	memcpy(h.magic, kind->magic, sizeof(h.magic));
	h.crc = pk_crc32c(0, &h, sizeof(h));
	h.crc = pk_crc32c(h.crc, origin->data, origin->bytes);
	h.crc = pk_crc32c(h.crc, data, bytes);
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

/* Read it, and see that it is what it should be. */
static bool read_file(const struct pk_cache_dir *d, int fd, const struct pk_cache_origin *origin,
		      void *data, size_t bytes)
{
	char was[PK_CACHE_MAX_ORIGIN];
	struct head h, want;

	if (!read_all(fd, &h, sizeof(h)) || !read_all(fd, was, origin->bytes) ||
	    !read_all(fd, data, bytes) || memcmp(was, origin->data, origin->bytes))
		return false;
	want = head_of(d->kind, origin, data, bytes);
	return !memcmp(&h, &want, sizeof(h));
}

int pk_cache_load(const struct pk_cache_dir *d, const char *name,
		  const struct pk_cache_origin *origin, size_t max_bytes, void **data_ret,
		  size_t *bytes_ret)
{
	PK_AUTO_FD int fd = openat(d->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	const size_t before = sizeof(struct head) + origin->bytes;
	PK_AUTO_FREE void *data = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || !pk_cache_is_trusted(&st) ||
	    st.st_size < (off_t)before || st.st_size > (off_t)(before + max_bytes))
		return -ENOENT;
	*bytes_ret = st.st_size - before;
	data = malloc(*bytes_ret + 1); /* no bytes are no error of malloc() */
	if (!data)
		return -ENOMEM;
	if (!read_file(d, fd, origin, data, *bytes_ret))
		return -ENOENT;
	note_use(fd, &st);
	*data_ret = pk_take(data);
	return 0;
}

void pk_cache_store(struct pk_cache_dir *d, const char *name, const struct pk_cache_origin *origin,
		    const void *data, size_t bytes)
{
	struct head h = head_of(d->kind, origin, data, bytes);
	char temporary[64];
	bool done;
	int fd;

	snprintf(temporary, sizeof(temporary), PK_CACHE_TEMPORARY "%d.%u", getpid(),
		 d->nr_stored++);
	fd = openat(d->fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	done = write_all(fd, &h, sizeof(h)) && write_all(fd, origin->data, origin->bytes) &&
	       write_all(fd, data, bytes);
	if (close(fd) || !done || renameat(d->fd, temporary, d->fd, name))
		unlinkat(d->fd, temporary, 0);
	else
		pk_cache_dir_added(d, sizeof(h) + origin->bytes + bytes);
}
