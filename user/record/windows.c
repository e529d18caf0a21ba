// SPDX-License-Identifier: GPL-2.0-or-later
/* Recording in windows; see windows.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record/windows.h"

#define PATH_BYTES 96

/* What the child tells after each window. */
struct told {
	int code;	/* 0 or -errno */
	struct pk_err err;
};

static void path_of(const struct pk_windows *w, const char *name, char *ret)
{
	snprintf(ret, PATH_BYTES, "%s/%s", w->dir, name);
}

static int record_one(const struct pk_windows *w, const struct pk_record_config *cfg,
		      bool *ended_ret, struct pk_err *err)
{
	struct pk_record_config window = *cfg;
	struct pk_record_result result;
	char path[PATH_BYTES], ready[PATH_BYTES];
	int ret;

	path_of(w, "recording.pkp", path);
	path_of(w, "window.pkp", ready);
	window.path = path;
	window.progress = NULL;
	window.command = NULL;
	ret = pk_record(&window, &result, err);
	*ended_ret = result.end != PK_RECORD_END_DURATION;
	pk_record_result_deinit(&result);
	if (!ret && rename(path, ready))
		ret = pk_err_set(err, -errno, "cannot keep %s: %s", path, strerror(errno));
	return ret;
}

/* In the child. Does not return. */
static void run(const struct pk_windows *w, const struct pk_record_config *cfg, int fd)
{
	bool ended = false;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	while (!ended) {
		struct told told = { 0 };

		told.code = record_one(w, cfg, &ended, &told.err);
		if (write(fd, &told, sizeof(told)) != sizeof(told) || told.code)
			break;
	}
	_Exit(PK_EXIT_OK);
}

static int make_dir(struct pk_windows *w, struct pk_err *err)
{
	const char *dir = getenv("TMPDIR");

	if (snprintf(w->dir, sizeof(w->dir), "%s/pkprof-XXXXXX", dir && *dir ? dir : "/tmp") >=
	    (int)sizeof(w->dir))
		snprintf(w->dir, sizeof(w->dir), "/tmp/pkprof-XXXXXX");
	if (mkdtemp(w->dir))
		return 0;
	return pk_err_exit(err, -errno, PK_EXIT_OUTPUT,
			   "cannot make a folder %s: %s; set TMPDIR", w->dir, strerror(errno));
}

int pk_windows_open(struct pk_windows *w, const struct pk_record_config *cfg, struct pk_err *err)
{
	int fds[2], ret;

	*w = (struct pk_windows){ .fd = -1 };
	ret = make_dir(w, err);
	if (ret)
		return ret;
	if (pipe2(fds, O_CLOEXEC)) {
		ret = -errno;
		rmdir(w->dir);
		return pk_err_set(err, ret, "cannot make a pipe: %s", strerror(-ret));
	}
	w->pid = fork();
	if (!w->pid) {
		close(fds[0]);
		run(w, cfg, fds[1]);
	}
	close(fds[1]);
	w->fd = fds[0];
	if (w->pid > 0)
		return 0;
	ret = -errno;
	w->pid = 0;
	close(w->fd);
	w->fd = -1;
	rmdir(w->dir);
	return pk_err_set(err, ret, "cannot start a process that records: %s", strerror(-ret));
}

int pk_windows_take(struct pk_windows *w, char *path_ret, struct pk_err *err)
{
	struct told told;
	size_t got = 0;
	ssize_t n;

	path_of(w, "window.pkp", path_ret);
	while (got < sizeof(told) &&
	       (n = read(w->fd, (char *)&told + got, sizeof(told) - got)) != 0) {
		if (n > 0)
			got += n;
		else if (errno != EINTR)
			break;
	}
	if (got < sizeof(told))
		return pk_err_set(err, -EPIPE, "the process that records stacks has ended");
	if (told.code && err)
		*err = told.err;
	return told.code;
}

void pk_windows_close(struct pk_windows *w)
{
	static const char *const names[] = { "recording.pkp", "recording.pkp.old", "window.pkp" };
	char path[PATH_BYTES];

	if (!w->pid)
		return;
	close(w->fd);
	/* nobody wants what it has: with its descriptor the session ends as well */
	kill(w->pid, SIGKILL);
	while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR)
		;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		path_of(w, names[i], path);
		unlink(path);
	}
	rmdir(w->dir);
	*w = (struct pk_windows){ .fd = -1 };
}
