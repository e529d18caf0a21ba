/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recording in windows: a child process records one short profile after the other,
 * each complete with the names of its functions, for somebody who shows what is hot at
 * present. It is a process of its own because naming reads files of profiled programs,
 * and because a recording must not wait for a screen.
 */
#ifndef PK_WINDOWS_H
#define PK_WINDOWS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "record/recorder.h"

struct pk_windows {
	pid_t pid;		/* of the child, 0: there is none */
	int fd;			/* to poll for POLLIN: a window is ready, or it failed */
	char dir[64];		/* of the windows' files */
};

/*
 * Begin. @cfg: as for a recording; duration_ns is a window's length; path, progress and
 * command are not used. Errors are those of making the child and its folder only.
 */
int pk_windows_open(struct pk_windows *w, const struct pk_record_config *cfg, struct pk_err *err);
/*
 * Once fd is readable. 0: a window was finished; what is at path_ret (96 bytes) may be
 * read until the next one takes its place. Else the error that ended the child: it must
 * be closed.
 */
int pk_windows_take(struct pk_windows *w, char *path_ret, struct pk_err *err);
/* End the recording and remove its files; all-zero is fine. */
void pk_windows_close(struct pk_windows *w);

#endif
