// SPDX-License-Identifier: GPL-2.0-or-later
/* The file that a command writes; see output.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/output.h"

static int not_writable(const struct pk_output *o, int code, struct pk_err *err)
{
	return pk_err_exit(err, code, PK_EXIT_OUTPUT,
			   code == -ENOSPC || code == -EDQUOT ?
				   "cannot write %s: %s; free some space or choose another "
				   "place with -o" :
				   "cannot write %s: %s; choose another place with -o",
			   !strcmp(o->path, "-") ? "standard output" : o->path, strerror(-code));
}

/* A device, pipe or link stays what it is; everything else is replaced. */
static bool is_replaced(const char *path)
{
	struct stat st;

	return lstat(path, &st) || S_ISREG(st.st_mode);
}

int pk_output_open(const char *path, struct pk_output *ret, struct pk_err *err)
{
	const char *target = path;

	*ret = (struct pk_output){ .sink = pk_sink_of(STDOUT_FILENO), .path = path };
	if (!strcmp(path, "-"))
		return 0;
	if (is_replaced(path)) {
		if (asprintf(&ret->temporary, "%s.tmp%d", path, getpid()) < 0) {
			ret->temporary = NULL;
			return pk_err_set(err, -ENOMEM, "no memory");
		}
		target = ret->temporary;
	}
	ret->sink.fd = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (ret->sink.fd < 0) {
		int code = -errno;

		free(ret->temporary);
		return not_writable(ret, code, err);
	}
	return 0;
}

int pk_output_close(struct pk_output *o, int rc, struct pk_err *err)
{
	int code = pk_sink_flush(&o->sink);

	if (o->sink.fd != STDOUT_FILENO && close(o->sink.fd) && !code)
		code = -errno;
	if (o->temporary && !rc && !code && rename(o->temporary, o->path))
		code = -errno;
	if (o->temporary && (rc || code))
		unlink(o->temporary);
	free(o->temporary);
	pk_sink_deinit(&o->sink);
	/* a writer that stopped at the sink's failure returns the same code */
	if (!code || (rc && rc != code))
		return rc;
	return code == -EPIPE ? 0 : not_writable(o, code, err);
}
