// SPDX-License-Identifier: GPL-2.0-or-later
/* What a cgroup path says to people; see container.h. */
#include <stdio.h>
#include <string.h>

#include "analysis/container.h"

#define FULL_ID_LEN 64	/* hex digits of the container id in a path */

/* One part of a path that names a container. */
struct container {
	const char *id;
	const char *engine;
	size_t engine_len;
};

/* The part [from, to) as "[ENGINE-]ID[.scope]", an engine before it maybe as its own part. */
static bool parse_part(const char *path, const char *from, const char *to, struct container *ret)
{
	const char *id = from, *parent;

	if (to - from > 6 && !memcmp(to - 6, ".scope", 6))
		to -= 6;
	if (to - from < FULL_ID_LEN)
		return false;
	id = to - FULL_ID_LEN;
	if (strspn(id, "0123456789abcdef") < FULL_ID_LEN || (id > from && id[-1] != '-'))
		return false;
	*ret = (struct container){ .id = id, .engine = from, .engine_len = id - from };
	if (ret->engine_len) {
		ret->engine_len--;	/* the dash */
		return true;
	}
	if (from - path < 2)
		return true;
	for (parent = from - 1; parent > path && parent[-1] != '/'; parent--)
		;
	ret->engine = parent;
	ret->engine_len = from - 1 - parent;
	return true;
}

static bool find_container(const char *path, struct container *ret)
{
	bool found = false;
	const char *part = path;

	while (*part) {
		size_t len = strcspn(part, "/");

		found |= parse_part(path, part, part + len, ret);
		part += len;
		part += *part == '/';
	}
	return found;
}

bool pk_container_id(const char *cgroup, char ret[PK_CONTAINER_ID_LEN + 1])
{
	struct container c;

	if (!find_container(cgroup, &c))
		return false;
	memcpy(ret, c.id, PK_CONTAINER_ID_LEN);
	ret[PK_CONTAINER_ID_LEN] = '\0';
	return true;
}

/* The engine's name as people know it; pods are named by their id alone. */
static bool engine_is_plain(const struct container *c)
{
	return c->engine_len && c->engine_len <= 20 && !memchr(c->engine, '.', c->engine_len) &&
	       strncmp(c->engine, "pod", 3) != 0;
}

void pk_cgroup_shorten(const char *cgroup, char ret[PK_CGROUP_SHORT_LEN])
{
	const char *last = strrchr(cgroup, '/');
	struct container c;

	if (find_container(cgroup, &c)) {
		snprintf(ret, PK_CGROUP_SHORT_LEN, "%.*s:%.*s",
			 engine_is_plain(&c) ? (int)c.engine_len : 9,
			 engine_is_plain(&c) ? c.engine : "container", PK_CONTAINER_ID_LEN, c.id);
		return;
	}
	last = last && last[1] ? last + 1 : cgroup;
	snprintf(ret, PK_CGROUP_SHORT_LEN, "%s", last);
}
