// SPDX-License-Identifier: GPL-2.0-or-later
/* A profile that takes another one's place; see replace.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/replace.h"

static int cannot_write(const char *path, int code, struct pk_err *err)
{
	return pk_err_exit(err, code, PK_EXIT_OUTPUT,
			   "cannot write %s: %s; choose another place with -o", path,
			   strerror(-code));
}

int pk_replace_begin(struct pk_replacement *r, const char *path, const char *output,
		     struct pk_err *err)
{
	/* where a link leads is what is replaced, not the link */
	char *real = realpath(output, NULL);
	struct stat st;

	*r = (struct pk_replacement){ .fd = -1, .target = real ? real : strdup(output) };
	if (!r->target)
		return pk_err_set(err, -ENOMEM, "no memory");
	if (!stat(r->target, &st)) {
		if (!S_ISREG(st.st_mode))
			return cannot_write(r->target, S_ISDIR(st.st_mode) ? -EISDIR : -ESPIPE, err);
		r->like = st;
	} else if (!stat(path, &st)) {
		r->like.st_mode = st.st_mode;
		r->like.st_uid = geteuid();
		r->like.st_gid = getegid();
	}
	if (asprintf(&r->temporary, "%s.tmp%d", r->target, getpid()) < 0) {
		r->temporary = NULL;
		return pk_err_set(err, -ENOMEM, "no memory");
	}
	r->fd = open(r->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (r->fd < 0)
		return cannot_write(r->target, -errno, err);
	return 0;
}

static int take_place(struct pk_replacement *r, struct pk_err *err)
{
	const struct stat *like = &r->like;

	/* a group or owner that we may not give it must not get what was for another one */
	if (fchown(r->fd, like->st_uid, like->st_gid))
		(void)fchmod(r->fd, like->st_mode & 0600);
	else
		(void)fchmod(r->fd, like->st_mode & 0777);
	/* the recording cannot be made again: it must not be lost to a power cut either */
	if (fsync(r->fd) || rename(r->temporary, r->target))
		return cannot_write(r->target, -errno, err);
	return 0;
}

int pk_replace_end(struct pk_replacement *r, int code, struct pk_err *err)
{
	if (!code)
		code = take_place(r, err);
	if (r->fd >= 0) {
		close(r->fd);
		if (code)
			unlink(r->temporary);
	}
	free(r->target);
	free(r->temporary);
	return code;
}
