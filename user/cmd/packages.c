// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which Debian packages files are from; see packages.h. The lists of files
 * of all installed packages are gone through once: PACKAGE.list or
 * PACKAGE:ARCHITECTURE.list, one path a line.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strtab.h"
#include "cmd/packages.h"

#define LISTS "/var/lib/dpkg/info"

struct lookup {
	struct pk_strtab paths; /* id to position, by index */
	PK_VEC(unsigned int) index;
	unsigned int nr_left;
	char (*ret)[PK_MAX_PACKAGE];
};

static int want(struct lookup *l, const char *path, unsigned int i)
{
	uint32_t id;

	if (pk_strtab_intern_z(&l->paths, path, &id))
		return -1;
	/* the id of a text that is new follows the last one */
	return id > l->index.nr ? pk_vec_add(&l->index, i) : 0;
}

static void read_list(struct lookup *l, int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	PK_AUTO_FILE FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	PK_AUTO_FREE char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while (f && l->nr_left && (len = getline(&line, &size, f)) > 1) {
		uint32_t id = pk_strtab_find(&l->paths, line, len - 1);
		char *package;

		if (id == PK_MAP64_NONE || !id)
			continue;
		package = l->ret[l->index.data[id - 1]];
		l->nr_left -= !package[0];
		snprintf(package, PK_MAX_PACKAGE, "%.*s", (int)strcspn(name, ":"), name);
		/* without an architecture, ".list" is still there */
		if (strlen(package) > 5 && !strcmp(package + strlen(package) - 5, ".list"))
			package[strlen(package) - 5] = '\0';
	}
}

static void read_lists(struct lookup *l)
{
	DIR *d = opendir(LISTS);
	struct dirent *e;

	while (d && l->nr_left && (e = readdir(d))) {
		size_t len = strlen(e->d_name);

		if (len > 5 && !strcmp(e->d_name + len - 5, ".list"))
			read_list(l, dirfd(d), e->d_name);
	}
	if (d)
		closedir(d);
}

void pk_packages_of(const char *const *paths, unsigned int nr, char (*ret)[PK_MAX_PACKAGE])
{
	struct lookup l = { .ret = ret };
	int code = pk_strtab_init(&l.paths);

	for (unsigned int i = 0; i < nr; i++) {
		ret[i][0] = '\0';
		l.nr_left += paths[i][0] != '\0';
		if (!code)
			code = want(&l, paths[i], i);
		/* packages may name the place that is now a link into /usr */
		if (!code && !strncmp(paths[i], "/usr/", 5))
			code = want(&l, paths[i] + 4, i);
	}
	if (!code)
		read_lists(&l);
	pk_strtab_deinit(&l.paths);
	pk_vec_deinit(&l.index);
}
