// SPDX-License-Identifier: GPL-2.0-or-later
/* Looking for debug files; see debug_search.h. */
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <elfutils/debuginfod.h>

#include "base/map64.h"
#include "symbol/debug_search.h"

#define DEFAULT_DIRS "/usr/lib/debug"

/* ---- places ------------------------------------------------------------------------ */

static void hex(const uint8_t *bytes, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++)
		sprintf(out + 2 * i, "%02x", bytes[i]);
}

/* Number @i of a colon separated list and its length, or NULL. */
static const char *nth_dir(const char *list, unsigned int i, int *len_ret)
{
	for (; *list; i--) {
		size_t len = strcspn(list, ":");

		*len_ret = len;
		if (!i)
			return list;
		list += len + (list[len] == ':');
	}
	return NULL;
}

static unsigned int nr_dirs(const char *list)
{
	unsigned int nr = 0;
	int len;

	while (nth_dir(list, nr, &len))
		nr++;
	return nr;
}

static bool is_name(const char *link)
{
	return *link && !strchr(link, '/') && strcmp(link, ".") && strcmp(link, "..");
}

static void by_build_id(const char *root, const char *dir, int dir_len,
			const struct pk_debug_wish *wish, char *ret)
{
	char id[2 * PKPROF_MAX_BUILD_ID + 1];

	ret[0] = '\0';
	if (wish->build_id_len < 2 || wish->build_id_len > PKPROF_MAX_BUILD_ID)
		return;
	hex(wish->build_id, wish->build_id_len, id);
	if (snprintf(ret, PATH_MAX, "%s%.*s/.build-id/%.2s/%s.debug", root, dir_len, dir, id,
		     id + 2) >= PATH_MAX)
		ret[0] = '\0';
}

/* Beside the file, in .debug there, below each of the folders. */
static void by_link(const char *root, const char *dirs, const char *link, const char *path,
		    unsigned int i, char *ret)
{
	const char *slash = strrchr(path, '/'), *dir = "";
	int path_len = slash ? slash - path : 0, len = 0, done;

	ret[0] = '\0';
	if (!is_name(link))
		return;
	if (i >= 2)
		dir = nth_dir(dirs, i - 2, &len);
	done = snprintf(ret, PATH_MAX, "%s%.*s%.*s/%s%s", root, len, dir, path_len, path,
			i == 1 ? ".debug/" : "", link);
	if (done >= PATH_MAX)
		ret[0] = '\0';
}

/* What dwz made: a path below .dwz in each of the folders. */
static void by_shared_link(const char *root, const char *dir, int len, const char *link, char *ret)
{
	bool leaves = !*link || *link == '/' || !strncmp(link, "../", 3) || strstr(link, "/../");

	if (leaves || snprintf(ret, PATH_MAX, "%s%.*s/.dwz/%s", root, len, dir, link) >= PATH_MAX)
		ret[0] = '\0';
}

bool pk_debug_place(const struct pk_debug_search *where, const struct pk_debug_wish *wish,
		    const char *path, unsigned int i, char ret[PATH_MAX])
{
	const char *root = where->root ? where->root : "", *dir;
	const char *dirs = where->dirs ? where->dirs : DEFAULT_DIRS;
	unsigned int nr = nr_dirs(dirs);
	int len = 0;

	if (i >= PK_DEBUG_MAX_PLACES || i >= 2 * nr + 2)
		return false;
	dir = i < 2 * nr ? nth_dir(dirs, i % nr, &len) : NULL;
	if (i < nr)
		by_build_id(root, dir, len, wish, ret);
	else if (!wish->shared)
		by_link(root, dirs, wish->link, path, i - nr, ret);
	else if (i < 2 * nr)
		by_shared_link(root, dir, len, wish->link, ret);
	else
		return false;
	return true;
}

/* ---- files -------------------------------------------------------------------------- */

bool pk_is_elf(int fd)
{
	char magic[SELFMAG];

	return pread(fd, magic, sizeof(magic), 0) == sizeof(magic) &&
	       !memcmp(magic, ELFMAG, SELFMAG);
}

static int open_elf(const char *path)
{
	int fd = pk_open_regular(path);

	if (fd < 0 || pk_is_elf(fd))
		return fd;
	close(fd);
	return -EINVAL;
}

int pk_debug_open_next(const struct pk_debug_search *where, const struct pk_debug_wish *wish,
		       const char *path, unsigned int *i)
{
	char place[PATH_MAX];

	while (pk_debug_place(where, wish, path, *i, place)) {
		int fd = *place ? open_elf(place) : -ENOENT;

		++*i;
		if (fd >= 0)
			return fd;
	}
	return -ENOENT;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
	return pk_hash64(hash ^ pk_hash64(value + 1));
}

uint64_t pk_debug_fingerprint(const struct pk_debug_search *where, const struct pk_debug_wish *wish,
			      const char *path, uint64_t *bytes_ret)
{
	char place[PATH_MAX];
	uint64_t hash = 0;
	struct stat st;

	*bytes_ret = 0;
	for (unsigned int i = 0; pk_debug_place(where, wish, path, i, place); i++) {
		if (!*place || stat(place, &st) || !S_ISREG(st.st_mode))
			continue;
		hash = mix(mix(mix(hash, st.st_dev), st.st_ino), st.st_size);
		hash = mix(mix(hash, st.st_mtim.tv_sec), st.st_mtim.tv_nsec);
		if ((uint64_t)st.st_size > *bytes_ret)
			*bytes_ret = st.st_size;
	}
	return hash;
}

/* The library brings a whole HTTP client along, so it is loaded only when asked for. */
int pk_debug_ask_servers(const struct pk_debug_wish *wish)
{
	void *lib = wish->build_id_len ? dlopen(DEBUGINFOD_SONAME, RTLD_NOW | RTLD_LOCAL) : NULL;
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
		fd = find(client, wish->build_id, wish->build_id_len, NULL);
		end(client);
	}
	/* the library stays loaded: its HTTP client does not like to go */
	if (fd >= 0 && !pk_is_elf(fd)) {
		close(fd);
		fd = -ENOENT;
	}
	return fd < 0 ? -ENOENT : fd;
}
