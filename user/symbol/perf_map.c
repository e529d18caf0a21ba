// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * JIT code's names; see perf_map.h. The file is in the hands of the profiled
 * program, whose mount root is entered with openat2(2) so that no link in it
 * leads anywhere outside.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "symbol/perf_map.h"
#include "symbol/text_file.h"

#define MAX_BYTES (256u << 20)
/* Clocks of files tick coarsely, and start times are converted between clocks. */
#define AGE_SLACK_NS 2000000000ULL
#define ANYBODY ((uid_t)-1)

/* The process's number in its own pid namespace; 0: not to be found. */
static uint32_t own_pid(uint32_t tgid)
{
	uint32_t pid = 0;
	PK_AUTO_FREE char *text = NULL;
	PK_AUTO_FD int fd = -1;
	char path[64], *line, *last;
	size_t len;

	snprintf(path, sizeof(path), "/proc/%u/status", tgid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || pk_text_read(fd, 64 << 10, &text, &len))
		return 0;
	line = strstr(text, "\nNSpid:");
	if (!line)
		return 0;
	line++;
	line[strcspn(line, "\n")] = '\0';
	last = strrchr(line, '\t');
	if (last)
		pid = strtoul(last, NULL, 10);
	return pid;
}

int pk_perf_map_dir(uint32_t tgid, uint32_t *own_pid_ret)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	PK_AUTO_FD int root = -1;
	char path[64];
	long fd;

	*own_pid_ret = own_pid(tgid);
	if (!*own_pid_ret)
		return -ESRCH;
	snprintf(path, sizeof(path), "/proc/%u/root", tgid);
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -errno;
	fd = syscall(SYS_openat2, root, "tmp", &how, sizeof(how));
	return fd < 0 ? -errno : (int)fd;
}

static bool is_owned(int fd, uid_t owner)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISREG(st.st_mode) &&
	       (owner == ANYBODY || st.st_uid == owner || st.st_uid == 0);
}

bool pk_perf_map_is_recent(int fd, uint64_t born_wall_ns)
{
	struct stat st;

	return !fstat(fd, &st) && (uint64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec +
				 AGE_SLACK_NS >= born_wall_ns;
}

static int open_map(int dir, const char *path, uid_t owner)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);

	if (fd < 0)
		return -errno;
	if (is_owned(fd, owner))
		return fd;
	close(fd);
	return -EPERM;
}

int pk_perf_map_open_at(int dir, uint32_t own_pid, uid_t owner)
{
	char name[32];

	snprintf(name, sizeof(name), "perf-%u.map", own_pid);
	return open_map(dir, name, owner);
}

static int open_of_live(uint32_t tgid, uid_t owner)
{
	uint32_t pid;
	PK_AUTO_FD int dir = pk_perf_map_dir(tgid, &pid);

	return dir < 0 ? dir : pk_perf_map_open_at(dir, pid, owner);
}

int pk_perf_map_open(uint32_t tgid, const char *root, uint64_t born_wall_ns)
{
	bool here = !root || !*root;
	char path[PATH_MAX];
	struct stat proc;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u", tgid);
	if (here && !stat(path, &proc)) {
		fd = open_of_live(tgid, proc.st_uid);
	} else {
		snprintf(path, sizeof(path), "%s/tmp/perf-%u.map", here ? "" : root, tgid);
		fd = open_map(AT_FDCWD, path, ANYBODY);
	}
	if (fd < 0 || pk_perf_map_is_recent(fd, born_wall_ns))
		return fd;
	close(fd);
	return -EPERM;
}

int pk_perf_map_read(int fd, char **text_ret, size_t *len_ret)
{
	return pk_text_read(fd, MAX_BYTES, text_ret, len_ret);
}

static bool parse_line(char *line, struct pk_func *f)
{
	uint64_t size;
	size_t len;

	if (!pk_text_hex(&line, &f->start) || *line++ != ' ' || !pk_text_hex(&line, &size) ||
	    *line++ != ' ' || !size || __builtin_add_overflow(f->start, size, &f->end))
		return false;
	len = strlen(line);
	while (len && (line[len - 1] == '\r' || line[len - 1] == ' '))
		line[--len] = '\0';
	if (len > PK_MAX_SYMBOL_NAME)
		line[PK_MAX_SYMBOL_NAME] = '\0';
	f->name = line;
	return len;
}

/* The last line first. */
static int compare_latest(const void *a, const void *b)
{
	const struct pk_func *x = a, *y = b;

	return x->order > y->order ? -1 : x->order < y->order;
}

int pk_perf_map_offer(char *text, size_t len, struct pk_cover *c)
{
	char *pos = text, *line;
	struct pk_func f = { 0 };

	while ((line = pk_text_line(&pos, text + len)))
		if (parse_line(line, &f) && pk_cover_offer(c, &f))
			return -ENOMEM;
	pk_cover_settle(c, compare_latest);
	return 0;
}
