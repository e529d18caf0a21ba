// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files mapped of late; see recent.h. A line with the boot's id, as device numbers and inode
 * generations are those of a boot; then a line for each file: device, inode and generation as the
 * kernel has them, the inode as stat() tells it, path.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "record/recent.h"
#include "unwind/cache.h"

#define NAME	"recent"
#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define ID_BYTES 64

/* With its line feed. */
static bool read_boot_id(char id[ID_BYTES])
{
	PK_AUTO_FILE FILE *f = fopen(BOOT_ID, "re");

	return f && fgets(id, ID_BYTES, f);
}

static bool add(struct pk_recent *r, const struct pk_file_key *key, uint64_t shown_ino, const char *path)
{
	struct pk_recent_file *f;
	char *copy = strdup(path);

	f = copy ? pk_vec_push(&r->files) : NULL;
	if (!f) {
		free(copy);
		return false;
	}
	*f = (struct pk_recent_file){ .key = *key, .shown_ino = shown_ino, .path = copy };
	return true;
}

static bool parse(struct pk_recent *r, char *line)
{
	struct pk_file_key key;
	uint64_t shown_ino;
	int at = 0;

	line[strcspn(line, "\n")] = 0;
	if (sscanf(line, "%" SCNu32 " %" SCNu64 " %" SCNu32 " %" SCNu64 " %n", &key.dev, &key.ino,
		   &key.gen, &shown_ino, &at) != 4 ||
	    !at || line[at] != '/')
		return false;
	return r->files.nr < PK_RECENT_MAX && add(r, &key, shown_ino, line + at);
}

/* Only what nobody else can have written. */
static FILE *open_list(int dir)
{
	int fd = openat(dir, NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	FILE *f = NULL;

	if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) && pk_cache_is_trusted(&st))
		f = fdopen(fd, "r");
	if (!f && fd >= 0)
		close(fd);
	return f;
}

void pk_recent_load(struct pk_recent *r, const char *dir)
{
	PK_AUTO_FILE FILE *f = NULL;
	char boot[ID_BYTES], line[PATH_MAX + 64];
	struct pk_cache_dir d;
	struct pk_err err = { 0 };

	if (pk_cache_dir_open(&d, &pk_rows_cache_kind, dir, 0, &err))
		return;
	f = open_list(d.fd);
	pk_cache_dir_close(&d);
	if (!f || !read_boot_id(boot) || !fgets(line, sizeof(line), f) || strcmp(line, boot))
		return;
	while (fgets(line, sizeof(line), f) && parse(r, line))
		;
}

static bool write_list(const struct pk_recent *r, FILE *f)
{
	size_t from = r->files.nr > PK_RECENT_MAX ? r->files.nr - PK_RECENT_MAX : 0;
	char boot[ID_BYTES];

	if (!read_boot_id(boot) || fputs(boot, f) < 0)
		return false;
	for (size_t i = from; i < r->files.nr; i++) {
		const struct pk_recent_file *file = &r->files.data[i];

		if (fprintf(f, "%" PRIu32 " %" PRIu64 " %" PRIu32 " %" PRIu64 " %s\n", file->key.dev,
			    file->key.ino, file->key.gen, file->shown_ino, file->path) < 0)
			return false;
	}
	return true;
}

/* Under its name at once, or not at all. */
void pk_recent_save(const struct pk_recent *r, const char *dir)
{
	char temporary[64];
	struct pk_cache_dir d;
	struct pk_err err = { 0 };
	bool done = false;
	FILE *f;
	int fd;

	if (!r->changed || pk_cache_dir_open(&d, &pk_rows_cache_kind, dir, 0, &err))
		return;
	snprintf(temporary, sizeof(temporary), PK_CACHE_TEMPORARY NAME ".%d", getpid());
	fd = openat(d.fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	if (f) {
		done = write_list(r, f);
		done = !fclose(f) && done;
	} else if (fd >= 0) {
		close(fd);
	}
	if (fd >= 0 && (!done || renameat(d.fd, temporary, d.fd, NAME)))
		unlinkat(d.fd, temporary, 0);
	pk_cache_dir_close(&d);
}

void pk_recent_deinit(struct pk_recent *r)
{
	PK_VEC_FOREACH(&r->files, f)
		free(f->path);
	pk_vec_deinit(&r->files);
}

static bool is_same(const struct pk_file_key *a, const struct pk_file_key *b)
{
	return a->ino == b->ino && a->dev == b->dev && a->gen == b->gen;
}

/* The one at @i becomes the last. */
static void move_to_end(struct pk_recent *r, size_t i)
{
	struct pk_recent_file f = r->files.data[i];

	memmove(&r->files.data[i], &r->files.data[i + 1], (r->files.nr - i - 1) * sizeof(f));
	r->files.data[r->files.nr - 1] = f;
}

void pk_recent_note(struct pk_recent *r, const struct pk_file_key *key, int fd)
{
	char link[32], path[PATH_MAX];
	struct stat st;
	ssize_t len;

	for (size_t i = 0; i < r->files.nr; i++) {
		if (is_same(&r->files.data[i].key, key)) {
			r->changed |= i + 1 < r->files.nr;
			move_to_end(r, i);
			return;
		}
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	if (len <= 0 || fstat(fd, &st))
		return;
	path[len] = 0;
	/* what is one line */
	if (*path == '/' && !strchr(path, '\n') && add(r, key, st.st_ino, path))
		r->changed = true;
}

void pk_recent_open_all(const struct pk_recent *r,
			void (*opened)(void *ctx, const struct pk_file_key *key, int fd), void *ctx)
{
	struct stat st;

	PK_VEC_FOREACH(&r->files, f) {
		PK_AUTO_FD int fd = open(f->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

		if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_ino == f->shown_ino)
			opened(ctx, &f->key, fd);
	}
}
