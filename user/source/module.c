// SPDX-License-Identifier: GPL-2.0-or-later
/* Finding and loading the kernel module; see module.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/capability.h>

#include "base/cleanup.h"
#include "source/module.h"

extern char **environ;

bool pk_has_capability(unsigned int cap)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &head, data))
		return false;
	return data[cap / 32].effective >> cap % 32 & 1;
}

/* First line of a small file, without its end. */
static int read_line(const char *path, char *ret, size_t size)
{
	PK_AUTO_FILE FILE *f = fopen(path, "re");

	if (!f || !fgets(ret, size, f))
		return -ENOENT;
	ret[strcspn(ret, "\n")] = '\0';
	return 0;
}

bool pk_module_is_loaded(char *version, size_t size)
{
	version[0] = '\0';
	if (access("/sys/module/" PK_MODULE_NAME, F_OK))
		return false;
	if (read_line("/sys/module/" PK_MODULE_NAME "/version", version, size))
		version[0] = '\0';
	return true;
}

int pk_module_find(char *path, size_t size)
{
	PK_AUTO_FILE FILE *f = NULL;
	char dep[256], line[4096];
	struct utsname u;

	uname(&u);
	snprintf(dep, sizeof(dep), "/lib/modules/%s/modules.dep", u.release);
	f = fopen(dep, "re");
	while (f && fgets(line, sizeof(line), f)) {
		char *colon = strchr(line, ':'), *name;

		if (!colon)
			continue;
		*colon = '\0';
		name = strrchr(line, '/');
		name = name ? name + 1 : line;
		if (strncmp(name, PK_MODULE_NAME ".ko", strlen(PK_MODULE_NAME ".ko")))
			continue;
		if (line[0] == '/')
			snprintf(path, size, "%s", line);
		else
			snprintf(path, size, "/lib/modules/%s/%s", u.release, line);
		return 0;
	}
	return -ENOENT;
}

/* What a lockdown or a missing right says about itself. */
static int refused(const char *what, struct pk_err *err)
{
	char lockdown[64];

	if (!read_line("/sys/kernel/security/lockdown", lockdown, sizeof(lockdown)) &&
	    !strstr(lockdown, "[none]"))
		return pk_err_exit(
			err, -EPERM, PK_EXIT_NO_RIGHTS,
			"the kernel is locked down and refuses %s: sign it with a key the kernel "
			"knows, or switch Secure Boot off",
			what);
	return pk_err_exit(
		err, -EPERM, PK_EXIT_NO_RIGHTS,
		"the kernel refuses to load %s: that needs root outside of any container; "
		"load it there with `modprobe pkprof`",
		what);
}

static int load_error(const char *path, int code, struct pk_err *err)
{
	struct utsname u;

	switch (code) {
	case EPERM:
	case EACCES:
	case EKEYREJECTED:
	case ENOKEY:
		return refused(path, err);
	case ENOEXEC:
		uname(&u);
		return pk_err_exit(
			err, -code, PK_EXIT_NO_MODULE,
			"%s is not a module for the running kernel %s; build it for that "
			"with `make KVER=%s`",
			path, u.release, u.release);
	}
	return pk_err_exit(err, -code, PK_EXIT_NO_MODULE,
			   "cannot load the module %s: %s; the kernel log "
			   "may say more",
			   path, strerror(code));
}

int pk_module_load_file(const char *path, struct pk_err *err)
{
	PK_AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return pk_err_exit(err, -errno, PK_EXIT_NO_MODULE, "cannot read the module %s: %s",
				   path, strerror(errno));
	if (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST)
		return load_error(path, errno, err);
	return 0;
}

/* Run a program with its messages going to @out; its exit code or -errno. */
static int run(char *const argv[], char *out, size_t size)
{
	posix_spawn_file_actions_t actions;
	int pipe_fd[2], ret, status;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	if (pipe2(pipe_fd, O_CLOEXEC))
		return -errno;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipe_fd[1], 1);
	posix_spawn_file_actions_adddup2(&actions, pipe_fd[1], 2);
	ret = -posix_spawn(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(pipe_fd[1]);
	while (!ret && (n = read(pipe_fd[0], out + len, size - 1 - len)) > 0)
		len += n;
	close(pipe_fd[0]);
	out[len] = '\0';
	out[strcspn(out, "\n")] = '\0';
	if (ret)
		return ret;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

int pk_module_load_installed(struct pk_err *err)
{
	char modprobe[128], said[512], path[PATH_MAX];
	char *argv[] = { modprobe, PK_MODULE_NAME, NULL };
	struct utsname u;
	int ret;

	if (!pk_has_capability(CAP_SYS_MODULE))
		return pk_err_exit(
			err, -EPERM, PK_EXIT_NO_MODULE,
			"the kernel module pkprof is not loaded, and loading it needs root: "
			"run `modprobe pkprof` as root, or this command");
	if (read_line("/proc/sys/kernel/modprobe", modprobe, sizeof(modprobe)) || !modprobe[0])
		strcpy(modprobe, "/sbin/modprobe");
	uname(&u);
	if (pk_module_find(path, sizeof(path)))
		return pk_err_exit(
			err, -ENOENT, PK_EXIT_NO_MODULE,
			"the kernel module pkprof is not installed for kernel %s: install it "
			"with `make install`, or name a file with --module",
			u.release);
	ret = run(argv, said, sizeof(said));
	if (!ret)
		return 0;
	if (ret < 0)
		return pk_err_exit(err, ret, PK_EXIT_NO_MODULE,
				   "the module pkprof is not loaded and %s does not run: %s",
				   modprobe, strerror(-ret));
	if (strstr(said, "not permitted") || strstr(said, "rejected"))
		return refused(path, err);
	return pk_err_exit(err, -ENOEXEC, PK_EXIT_NO_MODULE,
			   "loading %s failed (%s); build and install it for kernel %s with "
			   "`make install`",
			   path, said, u.release);
}
