// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a profile goes; see target.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "record/target.h"

static int cannot(const char *path, int code, struct pk_err *err)
{
	return pk_err_exit(err, code, PK_EXIT_OUTPUT,
			   "cannot write the profile %s: %s; name another file with -o", path,
			   strerror(-code));
}

static int open_temporary(struct pk_target *o, struct pk_err *err)
{
	const char *dir = getenv("TMPDIR");
	char path[4096];

	snprintf(path, sizeof(path), "%s/pkprof-XXXXXX", dir && *dir ? dir : "/var/tmp");
	o->fd = mkostemp(path, O_CLOEXEC);
	if (o->fd < 0)
		return pk_err_exit(err, -errno, PK_EXIT_OUTPUT,
				   "cannot make a temporary file %s: %s; set TMPDIR", path,
				   strerror(errno));
	unlink(path);
	return 0;
}

static int open_stream(struct pk_target *o, struct pk_err *err)
{
	if (!strcmp(o->path, "-"))
		o->stream = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	else
		o->stream = open(o->path, O_WRONLY | O_CLOEXEC);
	if (o->stream < 0)
		return cannot(o->path, -errno, err);
	if (isatty(o->stream))
		return pk_err_exit(err, -EINVAL, PK_EXIT_OUTPUT,
				   "the profile would go to the terminal: redirect it, or name a "
				   "file with -o");
	return open_temporary(o, err);
}

static int keep_predecessor(struct pk_target *o, struct pk_err *err)
{
	if (asprintf(&o->kept, "%s.old", o->path) < 0) {
		o->kept = NULL;
		return -ENOMEM;
	}
	if (!rename(o->path, o->kept))
		return 0;
	free(o->kept);
	o->kept = NULL;
	return cannot(o->path, -errno, err);
}

int pk_target_open(struct pk_target *o, const char *path, struct pk_err *err)
{
	struct stat st;
	int ret = 0;

	*o = (struct pk_target){ .fd = -1, .stream = -1, .path = strdup(path) };
	if (!o->path)
		return -ENOMEM;
	if (!strcmp(path, "-"))
		return open_stream(o, err);
	if (!stat(path, &st)) {
		if (S_ISDIR(st.st_mode))
			return cannot(path, -EISDIR, err);
		if (!S_ISREG(st.st_mode))
			return open_stream(o, err);
		ret = keep_predecessor(o, err);
	}
	if (ret)
		return ret;
	o->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (o->fd >= 0)
		return 0;
	ret = -errno;
	if (o->kept)
		rename(o->kept, path);
	return cannot(path, ret, err);
}

void pk_target_discard(struct pk_target *o)
{
	if (o->fd < 0 || o->stream >= 0)
		return;
	unlink(o->path);
	if (o->kept)
		rename(o->kept, o->path);
}

/*
 * The page cache takes what the disk does not: writes succeed, and that a disk failed or had no
 * room after all is only told here.
 */
static int reach_disk(struct pk_target *o, struct pk_err *err)
{
	struct statvfs fs;

	while (fsync(o->fd)) {
		if (errno == EINTR)
			continue;
		/* what has no disk to reach */
		if (errno == EINVAL)
			return 0;
		return cannot(o->path, -errno, err);
	}
	/* ext4 that was made read-only by force writes nothing, and calls that success */
	if (!fstatvfs(o->fd, &fs) && fs.f_flag & ST_RDONLY)
		return cannot(o->path, -EROFS, err);
	return 0;
}

int pk_target_finish(struct pk_target *o, struct pk_err *err)
{
	static char part[65536];
	ssize_t n, done, m;

	if (o->stream < 0)
		return reach_disk(o, err);
	if (lseek(o->fd, 0, SEEK_SET))
		return cannot(o->path, -errno, err);
	while ((n = read(o->fd, part, sizeof(part))) > 0)
		for (done = 0; done < n; done += m) {
			m = write(o->stream, part + done, n - done);
			if (m < 0 && errno == EINTR)
				m = 0;
			else if (m < 0)
				return cannot(o->path, -errno, err);
		}
	return n < 0 ? cannot(o->path, -errno, err) : 0;
}

void pk_target_close(struct pk_target *o)
{
	if (o->fd >= 0)
		close(o->fd);
	if (o->stream >= 0)
		close(o->stream);
	free(o->path);
	free(o->kept);
	*o = (struct pk_target){ .fd = -1, .stream = -1 };
}
