// SPDX-License-Identifier: GPL-2.0-or-later
/* Which kernels the module can be built for here; see headers.h. */
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/headers.h"

bool pk_headers_are_there(const char *root, const char *release)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/lib/modules/%s/build/Makefile", root, release);
	return !access(path, R_OK);
}

bool pk_dkms_has_source(const char *root)
{
	char pattern[PATH_MAX];
	glob_t found = { 0 };
	bool any;

	snprintf(pattern, sizeof(pattern), "%s/usr/src/pkprof-*/dkms.conf", root);
	any = !glob(pattern, GLOB_NOSORT, NULL, &found);
	globfree(&found);
	return any;
}

/* Length of the version in a release, which a word for the flavour follows: 6.1.0-57[-rt-amd64] */
static size_t version_length(const char *release)
{
	const char *c = release;

	while (*c && !(*c == '-' && ((c[1] >= 'a' && c[1] <= 'z') || !c[1])))
		c++;
	return c - release;
}

/*
 * Release of other headers that are installed, of the same version if there are
 * any. @ret stays empty without.
 */
static void find_others(const char *root, const char *release, char *ret, size_t size)
{
	char pattern[PATH_MAX];
	glob_t found = { 0 };
	size_t len = version_length(release);

	snprintf(pattern, sizeof(pattern), "%s/lib/modules/*/build/Makefile", root);
	/* in order of names, so that what is found does not depend on the file system */
	if (glob(pattern, 0, NULL, &found)) {
		globfree(&found);
		return;
	}
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *name = found.gl_pathv[i] + strlen(root) + strlen("/lib/modules/");
		int name_len = strcspn(name, "/");
		bool same = version_length(name) == len && !strncmp(name, release, len);

		snprintf(ret, size, "%.*s", name_len, name);
		if (same)
			break;
	}
	globfree(&found);
}

void pk_headers_judge(const char *root, const char *release, bool needed, struct pk_finding *f)
{
	char other[128] = "";
	size_t len = version_length(release);

	if (pk_headers_are_there(root, release)) {
		pk_finding_say(f, "the module can be built for %s", release);
		return;
	}
	if (!needed) {
		pk_finding_say(f, "none for kernel %s; the module is there already", release);
		return;
	}
	f->state = PK_CHECK_NOTE;
	find_others(root, release, other, sizeof(other));
	if (other[0] && version_length(other) == len && !strncmp(other, release, len))
		pk_finding_say(f, "those installed are of another flavour, %s; the kernel is %s",
			       other, release);
	else if (other[0])
		pk_finding_say(f, "there are none for kernel %s, but for another one, %s", release,
			       other);
	else
		pk_finding_say(f, "there are none for kernel %s", release);
	pk_finding_advise(f, "to build the module, `apt-get install linux-headers-%s`%s", release,
			  other[0] ? ", or boot the kernel that has them" : "");
}
