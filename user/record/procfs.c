// SPDX-License-Identifier: GPL-2.0-or-later
/* Parsing of /proc; see procfs.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "record/procfs.h"

#define PF_KTHREAD 0x00200000 /* of field 9, flags */

/*
 * "PID (comm) state ppid ...": comm may hold blanks and parentheses, so the
 * last parenthesis ends it. Fields are numbered from 1 as in proc(5).
 */
int pk_proc_parse_stat(const char *text, struct pk_proc_stat *ret)
{
	const char *open = strchr(text, '('), *close = strrchr(text, ')');
	uint64_t field[23] = { 0 };
	char *end;
	size_t len;

	if (!open || !close || close < open || strlen(close) < 4)
		return -EINVAL;
	len = close - open - 1;
	if (len >= sizeof(ret->comm))
		len = sizeof(ret->comm) - 1;
	memcpy(ret->comm, open + 1, len);
	ret->comm[len] = '\0';
	/* ") S ": field 3 is one letter */
	ret->dead = close[2] == 'Z' || close[2] == 'X';
	text = close + 3;
	for (unsigned int i = 4; i <= 22; i++) {
		field[i] = strtoull(text, &end, 10);
		if (end == text)
			return -EINVAL;
		text = end;
	}
	ret->parent = field[4];
	ret->kthread = field[9] & PF_KTHREAD;
	ret->nr_threads = field[20];
	ret->start_ticks = field[22];
	return 0;
}

/* A number in base 16 or 10 that must be followed by @end, which is skipped. */
static bool number(char **text, int base, char end, uint64_t *ret)
{
	char *after;

	*ret = strtoull(*text, &after, base);
	if (after == *text || *after != end)
		return false;
	*text = after + 1;
	return true;
}

/* Names have line feeds as \012; done in place. */
static void decode_name(char *name)
{
	char *to = name;
	size_t len;

	for (const char *from = name; *from; to++) {
		if (!strncmp(from, "\\012", 4)) {
			*to = '\n';
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
	len = to - name;
	if (len > 10 && !strcmp(name + len - 10, " (deleted)"))
		name[len - 10] = '\0';
}

/* "from-to perm offset major:minor inode     name" */
int pk_proc_parse_map(char *line, struct pk_proc_map *ret)
{
	uint64_t major, minor;
	char *perm;

	if (!number(&line, 16, '-', &ret->from) || !number(&line, 16, ' ', &ret->to))
		return -EINVAL;
	perm = line;
	if (strlen(perm) < 5 || perm[4] != ' ')
		return -EINVAL;
	ret->executable = perm[2] == 'x';
	line += 5;
	if (!number(&line, 16, ' ', &ret->file_off) || !number(&line, 16, ':', &major) ||
	    !number(&line, 16, ' ', &minor))
		return -EINVAL;
	ret->ino = strtoull(line, &line, 10);
	ret->dev = major << 20 | minor;
	line += strspn(line, " ");
	decode_name(line);
	ret->name = line;
	return ret->to > ret->from ? 0 : -EINVAL;
}

const char *pk_proc_parse_cgroup(char *text)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (!strncmp(line, "0::", 3))
			return line + 3;
	return NULL;
}

int pk_proc_read(int dir, const char *name, size_t max, struct pk_strbuf *out)
{
	PK_AUTO_FD int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	char part[4096];
	size_t start = out->len;
	ssize_t n;

	if (fd < 0)
		return -errno;
	while ((n = read(fd, part, sizeof(part))) > 0) {
		pk_strbuf_add(out, part, n);
		if (out->len - start > max)
			return -EFBIG;
	}
	if (n < 0)
		return -errno;
	pk_strbuf_add(out, "", 0);
	return pk_strbuf_failed(out) ? -ENOMEM : 0;
}
