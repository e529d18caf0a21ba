// SPDX-License-Identifier: GPL-2.0-or-later
/* Directories of caches; see cache_dir.h. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cache_dir.h"
#include "base/vec.h"

#define ROOTS_DIR "/var/cache/pkprof"
/* Made by one who did not live to rename it. */
#define STALE_SECONDS 3600
#define NAME_BYTES    64

struct kept {
	char name[NAME_BYTES];
	struct timespec used;
	uint64_t bytes;
};

typedef PK_VEC(struct kept) kept_vec;

static int users_dir(const char *name, char *path, size_t size)
{
	const char *cache = secure_getenv("XDG_CACHE_HOME"), *home = secure_getenv("HOME");
	int len;

	if (!geteuid())
		len = snprintf(path, size, ROOTS_DIR "/%s", name);
	else if (cache && *cache == '/')
		len = snprintf(path, size, "%s/pkprof/%s", cache, name);
	else if (home && *home == '/')
		len = snprintf(path, size, "%s/.cache/pkprof/%s", home, name);
	else
		return -ENOENT;
	return len < (int)size ? 0 : -ENAMETOOLONG;
}

/* The directory and those above it, as far as they are not there. */
static void make_dirs(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		mkdir(path, 0755);
		*slash = '/';
	}
	mkdir(path, 0700);
}

bool pk_cache_is_trusted(const struct stat *st)
{
	return (!st->st_uid || st->st_uid == geteuid()) && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

/* Files of ours: hexadecimal digits, a dot and a number; or temporary ones. */
static bool is_ours(const char *name, bool *temporary_ret)
{
	size_t hex = strspn(name, "0123456789abcdef");

	*temporary_ret = !strncmp(name, PK_CACHE_TEMPORARY, strlen(PK_CACHE_TEMPORARY));
	return strlen(name) < NAME_BYTES &&
	       (*temporary_ret || (hex && name[hex] == '.' && name[hex + 1] &&
				   !name[hex + 1 + strspn(name + hex + 1, "0123456789")]));
}

static int keep(kept_vec *all, const char *name, const struct stat *st)
{
	struct kept *k = pk_vec_push(all);

	if (!k)
		return -ENOMEM;
	strcpy(k->name, name);
	k->used = st->st_mtim;
	k->bytes = st->st_size;
	return 0;
}

/* All files; stale temporary ones are removed on the way. */
static int list(const struct pk_cache_dir *d, kept_vec *all)
{
	int fd = openat(d->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	struct stat st;
	bool temporary;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return -EIO;
	}
	while (!ret && (entry = readdir(dir))) {
		if (!is_ours(entry->d_name, &temporary) ||
		    fstatat(d->fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode))
			continue;
		if (!temporary)
			ret = keep(all, entry->d_name, &st);
		else if (st.st_mtim.tv_sec + STALE_SECONDS < time(NULL))
			unlinkat(d->fd, entry->d_name, 0);
	}
	closedir(dir);
	return ret;
}

static int compare_kept(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;

	if (x->used.tv_sec != y->used.tv_sec)
		return x->used.tv_sec < y->used.tv_sec ? -1 : 1;
	if (x->used.tv_nsec != y->used.tv_nsec)
		return x->used.tv_nsec < y->used.tv_nsec ? -1 : 1;
	return strcmp(x->name, y->name);
}

static uint64_t sum(const kept_vec *all)
{
	uint64_t bytes = 0;

	PK_VEC_FOREACH(all, k)
		bytes += k->bytes;
	return bytes;
}

/* Some more than need be go, so that the next file does not ask again. */
void pk_cache_dir_shrink(struct pk_cache_dir *d)
{
	kept_vec all = { 0 };
	size_t i = 0;

	if (!list(d, &all)) {
		d->bytes = sum(&all);
		if (d->bytes > d->max_bytes)
			qsort(all.data, all.nr, sizeof(*all.data), compare_kept);
		if (d->bytes > d->max_bytes)
			while (i < all.nr && d->bytes > d->max_bytes / 8 * 7) {
				unlinkat(d->fd, all.data[i].name, 0);
				d->bytes -= all.data[i++].bytes;
			}
	}
	pk_vec_deinit(&all);
}

void pk_cache_dir_added(struct pk_cache_dir *d, uint64_t bytes)
{
	d->bytes += bytes;
	if (d->bytes > d->max_bytes)
		pk_cache_dir_shrink(d);
}

int pk_cache_dir_clear(struct pk_cache_dir *d)
{
	kept_vec all = { 0 };
	int ret = list(d, &all), nr = 0;

	for (size_t i = 0; !ret && i < all.nr; i++)
		nr += !unlinkat(d->fd, all.data[i].name, 0);
	pk_vec_deinit(&all);
	d->bytes = 0;
	return ret ? ret : nr;
}

int pk_cache_dir_open(struct pk_cache_dir *d, const struct pk_cache_kind *kind, const char *path,
		      uint64_t max_bytes, struct pk_err *err)
{
	char users[PATH_MAX];
	struct stat st;
	int ret = 0;

	if (path && snprintf(users, sizeof(users), "%s", path) >= (int)sizeof(users))
		ret = -ENAMETOOLONG;
	else if (!path)
		ret = users_dir(kind->name, users, sizeof(users));
	if (ret)
		return pk_err_set(err, ret, "no directory for a cache of %s", kind->what);
	make_dirs(users);
	*d = (struct pk_cache_dir){ .kind = kind, .max_bytes = max_bytes };
	d->fd = open(users, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (d->fd < 0 || fstat(d->fd, &st))
		ret = -errno;
	else if (!pk_cache_is_trusted(&st))
		ret = -EPERM;
	if (ret) {
		pk_cache_dir_close(d);
		return pk_err_set(err, ret, "cannot keep %s in '%s': %s", kind->what, users,
				  ret == -EPERM ? "others may write there" : strerror(-ret));
	}
	return 0;
}

void pk_cache_dir_close(struct pk_cache_dir *d)
{
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
}
