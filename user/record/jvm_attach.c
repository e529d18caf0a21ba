// SPDX-License-Identifier: GPL-2.0-or-later
/* A question to a Java VM; see jvm_attach.h. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/strbuf.h"
#include "base/unit.h"
#include "base/vec.h"
#include "record/jvm_attach.h"
#include "record/procfs.h"
#include "runtime/file_reader.h"
#include "symbol/perf_map.h"

#define MAX_MAPS_BYTES	 (8u << 20)
#define MAX_ARGS_BYTES	 (256u << 10)
#define MAX_FILES	 1024	     /* of one process */
#define MAX_ANSWER_BYTES 4096
#define RETRY_MS	 20

/* --- is it one, and does it listen? ----------------------------------------------- */

/* By the mapping: the file may be deleted, or in another mount namespace. */
static int open_mapped(int proc, const struct pk_proc_map *m)
{
	char name[64];
	struct stat st;

	snprintf(name, sizeof(name), "map_files/%llx-%llx", (unsigned long long)m->from,
		 (unsigned long long)m->to);
	/* opening a device or a pipe could have effects */
	if (fstatat(proc, name, &st, 0) || !S_ISREG(st.st_mode))
		return -ENOENT;
	return openat(proc, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

static bool is_hotspot(struct pk_runtime_reader *r, int proc, const struct pk_proc_map *m)
{
	PK_AUTO_FD int fd = open_mapped(proc, m);
	struct pk_runtime_file file = { 0 };

	if (fd >= 0)
		pk_runtime_reader_look(r, fd, false, NULL, &file);
	return file.runtime == PK_RUNTIME_JVM;
}

static bool is_java(int proc)
{
	PK_CLEANUP(pk_runtime_reader_deinit) struct pk_runtime_reader reader = { 0 };
	PK_CLEANUP(pk_strbuf_deinit) struct pk_strbuf maps = { 0 };
	uint64_t last_ino = 0;
	char *save = NULL;
	unsigned int nr = 0;

	pk_runtime_reader_init(&reader);
	if (pk_proc_read(proc, "maps", MAX_MAPS_BYTES, &maps) || !maps.len)
		return false;
	for (char *line = strtok_r(maps.data, "\n", &save); line && nr < MAX_FILES;
	     line = strtok_r(NULL, "\n", &save)) {
		struct pk_proc_map m;

		if (pk_proc_parse_map(line, &m) || !m.executable || !m.ino || m.ino == last_ino)
			continue;
		last_ino = m.ino;
		nr++;
		if (is_hotspot(&reader, proc, &m))
			return true;
	}
	return false;
}

/* The number of a line of /proc/PID/status, the one at place @at of its words. */
static bool status_word(const char *status, const char *key, unsigned int at, int base,
			uint64_t *ret)
{
	const char *line = strstr(status, key);
	char *end;

	if (!line)
		return false;
	line += strlen(key);
	for (unsigned int i = 0; i <= at; i++) {
		*ret = strtoull(line, &end, base);
		if (end == line)
			return false;
		line = end;
	}
	return true;
}

static bool refuses(int proc)
{
	static const char word[] = "-XX:+DisableAttachMechanism";
	PK_CLEANUP(pk_strbuf_deinit) struct pk_strbuf text = { 0 };

	pk_proc_read(proc, "cmdline", MAX_ARGS_BYTES, &text);
	pk_proc_read(proc, "environ", MAX_ARGS_BYTES, &text);
	return text.len && memmem(text.data, text.len, word, sizeof(word) - 1);
}

static int find_out(int proc, struct pk_jvm *j, struct pk_err *err)
{
	PK_CLEANUP(pk_strbuf_deinit) struct pk_strbuf status = { 0 };
	uint64_t uid, gid, caught;

	if (pk_proc_read(proc, "status", 64 << 10, &status) ||
	    !status_word(status.data, "\nUid:", 1, 10, &uid) ||
	    !status_word(status.data, "\nGid:", 1, 10, &gid) ||
	    !status_word(status.data, "\nSigCgt:", 0, 16, &caught))
		return pk_err_set(err, -ESRCH, "it is gone");
	j->uid = uid;
	j->gid = gid;
	if (!is_java(proc))
		return pk_err_set(err, -ENOEXEC, "it is no Java VM");
	/* without a handler the signal would end it: started with -Xrs, or just starting */
	if (!(caught >> (SIGQUIT - 1) & 1))
		return pk_err_set(err, -EOPNOTSUPP,
				  "it takes no signals (-Xrs), or is not ready to be asked");
	if (refuses(proc))
		return pk_err_set(err, -EOPNOTSUPP,
				  "it was started with -XX:+DisableAttachMechanism");
	return 0;
}

int pk_jvm_open(uint32_t pid, struct pk_jvm *ret, struct pk_err *err)
{
	PK_AUTO_FD int proc = -1;
	char path[32];
	int rc;

	*ret = (struct pk_jvm){ .process = -1, .dir = -1 };
	snprintf(path, sizeof(path), "/proc/%u", pid);
	ret->process = syscall(SYS_pidfd_open, pid, 0);
	proc = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (ret->process < 0 || proc < 0)
		rc = pk_err_set(err, -ESRCH, "it is gone");
	else
		rc = find_out(proc, ret, err);
	if (!rc) {
		ret->dir = pk_perf_map_dir(pid, &ret->own_pid);
		if (ret->dir < 0)
			rc = pk_err_set(err, ret->dir, "its /tmp cannot be had: %s",
					strerror(-ret->dir));
	}
	/* what was read is of the process that is held, if that lives still */
	if (!rc && syscall(SYS_pidfd_send_signal, ret->process, 0, NULL, 0))
		rc = pk_err_set(err, -ESRCH, "it is gone");
	if (rc)
		pk_jvm_close(ret);
	return rc;
}

void pk_jvm_close(struct pk_jvm *j)
{
	if (j->process >= 0)
		close(j->process);
	if (j->dir >= 0)
		close(j->dir);
	j->process = j->dir = -1;
}

/* --- the question ------------------------------------------------------------------ */

static uint64_t now_ms(void)
{
	return pk_monotonic_ns() / PK_NS_PER_MS;
}

/* From here on we may do what it may do, at the place where it listens. */
static int take_its_place(const struct pk_jvm *j, struct pk_err *err)
{
	bool same = geteuid() == j->uid && getegid() == j->gid;

	if (fchdir(j->dir))
		return pk_err_set(err, -errno, "its /tmp cannot be entered: %s", strerror(errno));
	if (!same && (setgroups(0, NULL) || setresgid(j->gid, j->gid, j->gid) ||
		      setresuid(j->uid, j->uid, j->uid)))
		return pk_err_set(err, -errno, "cannot act as its user %u: %s", j->uid,
				  strerror(errno));
	/* forgotten with the former user */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return 0;
}

/* The socket at which it listens, or -errno. No link is followed: it could lead anywhere. */
static int try_connect(const struct pk_jvm *j)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	PK_AUTO_FD int place = -1;
	char name[32];
	struct stat st;
	int fd;

	snprintf(name, sizeof(name), ".java_pid%u", j->own_pid);
	place = open(name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (place < 0 || fstat(place, &st) || !S_ISSOCK(st.st_mode) || st.st_uid != j->uid)
		return -ENOENT;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d", place);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	close(fd);
	return -ECONNREFUSED;
}

/* The file that makes the signal a wish to attach. True: it is ours, to be removed. */
static bool leave_wish(const struct pk_jvm *j, char *name, size_t size)
{
	int fd;

	snprintf(name, size, ".attach_pid%u", j->own_pid);
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int wait_until_it_listens(const struct pk_jvm *j, uint64_t end_ms)
{
	int fd;

	while ((fd = try_connect(j)) < 0 && now_ms() < end_ms)
		poll(NULL, 0, RETRY_MS);
	return fd < 0 ? -ETIMEDOUT : fd;
}

static int attach(const struct pk_jvm *j, uint64_t end_ms, struct pk_err *err)
{
	int fd = try_connect(j);
	char wish[32];
	bool ours;

	if (fd >= 0)
		return fd;
	ours = leave_wish(j, wish, sizeof(wish));
	/* without the wish a VM would print the stacks of its threads */
	if (!ours && errno != EEXIST)
		return pk_err_set(err, -errno, "cannot write to its /tmp: %s", strerror(errno));
	if (syscall(SYS_pidfd_send_signal, j->process, SIGQUIT, NULL, 0))
		fd = pk_err_set(err, -errno, "cannot send it a signal: %s", strerror(errno));
	else
		fd = wait_until_it_listens(j, end_ms);
	if (ours)
		unlink(wish);
	if (fd == -ETIMEDOUT)
		return pk_err_set(err, fd, "it did not begin to listen within the time");
	return fd;
}

static bool wait_for(int fd, short events, uint64_t end_ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	uint64_t now = now_ms();

	return now < end_ms && poll(&p, 1, end_ms - now) > 0;
}

int pk_jvm_parse_answer(char *text, size_t len, struct pk_err *err)
{
	char *why = memchr(text, '\n', len);

	if (len >= 2 && text[0] == '0' && text[1] == '\n')
		return 0;
	if (!why)
		return pk_err_set(err, -EPROTO, "its answer makes no sense");
	why++;
	if (strstr(why, "Unknown diagnostic command"))
		return pk_err_set(err, -EOPNOTSUPP, "Java 17 and newer can list their code, it cannot");
	why[strcspn(why, "\r\n")] = '\0';
	for (char *c = why; *c; c++)
		if (!isprint((unsigned char)*c))
			*c = '?';
	return pk_err_set(err, -EPROTO, "it refused: %.160s", why);
}

static int talk(int fd, uint64_t end_ms, struct pk_err *err)
{
	/* version of the protocol, command, three arguments */
	static const char question[] = "1\0jcmd\0Compiler.perfmap\0\0";
	char answer[MAX_ANSWER_BYTES + 1];
	size_t len = 0;
	ssize_t n;

	if (send(fd, question, sizeof(question), MSG_NOSIGNAL) != sizeof(question))
		return pk_err_set(err, -EPROTO, "it did not take the question");
	while (len < MAX_ANSWER_BYTES) {
		if (!wait_for(fd, POLLIN, end_ms))
			return pk_err_set(err, -ETIMEDOUT, "it did not answer within the time");
		n = recv(fd, answer + len, MAX_ANSWER_BYTES - len, 0);
		if (n <= 0)
			break;
		len += n;
	}
	answer[len] = '\0';
	return pk_jvm_parse_answer(answer, len, err);
}

int pk_jvm_ask(const struct pk_jvm *j, unsigned int timeout_ms, struct pk_err *err)
{
	uint64_t end_ms = now_ms() + timeout_ms;
	PK_AUTO_FD int fd = -1;
	int rc = take_its_place(j, err), map;

	if (rc)
		return rc;
	fd = attach(j, end_ms, err);
	if (fd < 0)
		return fd;
	rc = talk(fd, end_ms, err);
	if (rc)
		return rc;
	map = pk_perf_map_open_at(AT_FDCWD, j->own_pid, j->uid);
	if (map < 0)
		return pk_err_set(err, map, "it wrote no map to its /tmp");
	close(map);
	return 0;
}
