// SPDX-License-Identifier: GPL-2.0-or-later
/* The program that a recording runs; see command.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record/command.h"

#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"

static int not_found(const char *name, struct pk_err *err)
{
	if (strchr(name, '/'))
		return pk_err_exit(err, -ENOENT, PK_EXIT_NOT_FOUND,
				   "there is no program %s to run; check its path", name);
	return pk_err_exit(err, -ENOENT, PK_EXIT_NOT_FOUND,
			   "there is no program '%s' in PATH; check its name or give its path",
			   name);
}

static int not_executable(const char *name, int code, struct pk_err *err)
{
	const char *remedy = code == EACCES    ? "make it executable with chmod +x"
			     : code == E2BIG   ? "give it fewer arguments"
			     : code == ENOEXEC ? "a script needs a first line like #!/bin/sh"
					       : "try to run it by itself";

	return pk_err_exit(err, -code, PK_EXIT_NOT_EXECUTABLE, "cannot run %s: %s; %s", name,
			   strerror(code), remedy);
}

/* 0: can be run; else the errno of execve(). */
static int check(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return errno;
	if (!S_ISREG(st.st_mode) || access(path, X_OK))
		return EACCES;
	return 0;
}

int pk_command_find(const char *name, struct pk_err *err)
{
	const char *dirs = getenv("PATH");
	int code, denied = 0;
	char path[PATH_MAX];

	if (strchr(name, '/')) {
		code = check(name);
		if (code == ENOENT || code == ENOTDIR)
			return not_found(name, err);
		return code ? not_executable(name, code, err) : 0;
	}
	if (!*name)
		return not_found(name, err);
	for (dirs = dirs ? dirs : DEFAULT_PATH; *dirs; dirs += *dirs == ':') {
		size_t len = strcspn(dirs, ":");

		snprintf(path, sizeof(path), "%.*s/%s", len ? (int)len : 1, len ? dirs : ".", name);
		dirs += len;
		code = check(path);
		if (!code)
			return 0;
		denied |= code == EACCES;
	}
	return denied ? not_executable(name, EACCES, err) : not_found(name, err);
}

/* In the child: wait for the word, then become the program. Does not return. */
static void run(int go_fd, int error_fd, char *const argv[], const struct pk_signals *signals,
		bool stdout_to_stderr)
{
	char go;
	ssize_t n;
	int code;

	do
		n = read(go_fd, &go, 1);
	while (n < 0 && errno == EINTR);
	/* the recorder died or gave up */
	if (n != 1)
		_Exit(0);
	if (stdout_to_stderr)
		dup2(STDERR_FILENO, STDOUT_FILENO);
	pk_signals_restore(signals);
	execvp(argv[0], argv);
	code = errno;
	n = write(error_fd, &code, sizeof(code));
	_Exit(n == sizeof(code) ? PK_EXIT_NOT_EXECUTABLE : PK_EXIT_FAILURE);
}

int pk_command_start(struct pk_command *c, char *const argv[], const struct pk_signals *signals,
		     bool stdout_to_stderr, struct pk_err *err)
{
	int go[2] = { -1, -1 }, error[2] = { -1, -1 };

	*c = (struct pk_command){ .name = argv[0], .pidfd = -1, .go_fd = -1, .error_fd = -1 };
	if (pipe2(go, O_CLOEXEC) || pipe2(error, O_CLOEXEC))
		goto fail;
	c->pid = fork();
	if (c->pid < 0)
		goto fail;
	if (!c->pid) {
		/* or it would not see that the recorder is gone */
		close(go[1]);
		close(error[0]);
		run(go[0], error[1], argv, signals, stdout_to_stderr);
	}
	close(go[0]);
	close(error[1]);
	c->go_fd = go[1];
	c->error_fd = error[0];
	c->pidfd = syscall(SYS_pidfd_open, c->pid, 0);
	if (c->pidfd >= 0)
		return 0;
	pk_err_set(err, -errno, "cannot watch the program %s: %s", argv[0], strerror(errno));
	pk_command_close(c);
	return err ? err->code : -EIO;

fail:
	pk_err_set(err, -errno, "cannot start the program %s: %s", argv[0], strerror(errno));
	for (unsigned int i = 0; i < 2; i++) {
		if (go[i] >= 0)
			close(go[i]);
		if (error[i] >= 0)
			close(error[i]);
	}
	c->pid = 0;
	return err ? err->code : -EIO;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int pk_command_release(struct pk_command *c, struct pk_err *err)
{
	int code = 0;
	ssize_t n;

	do
		n = write(c->go_fd, "g", 1);
	while (n < 0 && errno == EINTR);
	close_fd(&c->go_fd);
	do
		n = read(c->error_fd, &code, sizeof(code));
	while (n < 0 && errno == EINTR);
	close_fd(&c->error_fd);
	if (n != sizeof(code))
		return 0;
	if (code == ENOENT)
		return pk_err_exit(
			err, -code, PK_EXIT_NOT_FOUND,
			"cannot run %s: it, or the interpreter that it names, does not exist",
			c->name);
	return not_executable(c->name, code, err);
}

bool pk_command_poll(struct pk_command *c)
{
	pid_t pid;

	if (!c->pid || c->reaped)
		return true;
	do
		pid = waitpid(c->pid, &c->status, WNOHANG);
	while (pid < 0 && errno == EINTR);
	c->reaped = pid == c->pid || pid < 0;
	return c->reaped;
}

int pk_command_exit_code(const struct pk_command *c)
{
	if (WIFSIGNALED(c->status))
		return 128 + WTERMSIG(c->status);
	return WEXITSTATUS(c->status);
}

int pk_command_signal(struct pk_command *c, int signal)
{
	if (!c->pid || c->reaped)
		return -ESRCH;
	return kill(c->pid, signal) ? -errno : 0;
}

void pk_command_close(struct pk_command *c)
{
	bool held = c->go_fd >= 0;

	/* without the word it ends by itself */
	close_fd(&c->go_fd);
	close_fd(&c->error_fd);
	if (c->pid && held && !c->reaped) {
		while (waitpid(c->pid, &c->status, 0) < 0 && errno == EINTR)
			;
		c->reaped = true;
	}
	close_fd(&c->pidfd);
}
