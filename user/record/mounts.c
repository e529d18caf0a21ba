// SPDX-License-Identifier: GPL-2.0-or-later
/* Mount points of file systems; see mounts.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "record/mounts.h"

/* Blanks and such are written as \ and three octal digits. In place. */
static void unescape(char *s)
{
	char *to = s;

	while (*s) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*to++ = (s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0');
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

/* "ID PARENT MAJOR:MINOR ROOT MOUNT ...", in place; false: not of @dev. */
static bool parse(char *line, uint32_t dev, char **root_ret, char **mount_ret)
{
	unsigned int major, minor;
	char *save, *number;

	if (!strtok_r(line, " ", &save) || !strtok_r(NULL, " ", &save))
		return false;
	number = strtok_r(NULL, " ", &save);
	*root_ret = strtok_r(NULL, " ", &save);
	*mount_ret = strtok_r(NULL, " ", &save);
	return *mount_ret && sscanf(number, "%u:%u", &major, &minor) == 2 &&
	       (major << 20 | minor) == dev;
}

int pk_mounts_find(const char *table, uint32_t dev, struct pk_strbuf *ret)
{
	PK_AUTO_FREE char *line = NULL;
	FILE *f = fopen(table, "re");
	size_t room = 0;
	char *root, *mount;

	if (!f)
		return -errno;
	while (getline(&line, &room, f) > 0) {
		bool whole;

		if (!parse(line, dev, &root, &mount))
			continue;
		whole = !strcmp(root, "/");
		if (ret->len && !whole)
			continue;
		unescape(mount);
		pk_strbuf_clear(ret);
		pk_strbuf_add(ret, mount, strlen(mount));
		if (whole)
			break;
	}
	fclose(f);
	return pk_strbuf_failed(ret) ? -ENOMEM : 0;
}
