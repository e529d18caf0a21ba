// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Confined children: what they cannot do, and that the parent outlives whatever becomes of them.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/confined.h"
#include "base/restrict.h"

static struct pk_confined child;

static void start(void (*serve)(void *, int), void *ctx)
{
	const struct pk_confined_config cfg = {
		.cpu_s = 5,
		.memory_bytes = 256 << 20,
		.serve = serve,
		.ctx = ctx,
	};

	assert_int_equal(pk_confined_start(&child, &cfg), 0);
}

static int tear_down(void **state)
{
	(void)state;
	pk_confined_end(&child);
	return 0;
}

/* The next message, or what went wrong. */
static int await(uint32_t *kind_ret, const char **data_ret, size_t *bytes_ret)
{
	int ret;

	while ((ret = pk_channel_take(&child.channel, 32 << 20, kind_ret, data_ret, bytes_ret)) ==
	       -EAGAIN) {
		struct pollfd fd = { child.channel.fd, pk_channel_events(&child.channel), 0 };

		assert_true(poll(&fd, 1, 60000) > 0);
		ret = pk_channel_work(&child.channel);
		if (ret)
			return ret;
	}
	return ret;
}

/* ---- what is forbidden ------------------------------------------------------------------ */

/* Each: what it returned, or -errno. */
struct attempts {
	int open_file, open_proc, create, socket, udp, fork, exec, kill, ptrace, memfd, code,
		protect, unlink, fd_count, setuid, prlimit, ioctl, io_uring, bpf,
		mkdir, readlink;
};

#define TRY(call) ({ long _ret = (call); _ret < 0 ? -errno : (int)_ret; })

static int nr_open(void)
{
	int nr = 0;
	struct stat st;

	for (int fd = 0; fd < 64; fd++)
		nr += !fstat(fd, &st);
	return nr;
}

static void try_all(void *ctx, int fd)
{
	static char *const args[] = { "/bin/true", NULL };
	struct attempts a = { 0 };
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)ctx;
	a.open_file = TRY(syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY));
	a.open_proc = TRY(syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY));
	a.create = TRY(syscall(SYS_openat, AT_FDCWD, "/tmp/pk-restrict", O_CREAT | O_WRONLY, 0600));
	a.socket = TRY(socket(AF_INET, SOCK_STREAM, 0));
	a.udp = TRY(socket(AF_UNIX, SOCK_DGRAM, 0));
	a.fork = TRY(syscall(SYS_clone, 17 /* SIGCHLD */, 0, 0, 0, 0));
	a.exec = TRY(syscall(SYS_execve, args[0], args, NULL));
	a.kill = TRY(syscall(SYS_kill, 1, 0));
	a.ptrace = TRY(syscall(SYS_ptrace, 0, 0, 0, 0));
	a.memfd = TRY(syscall(SYS_memfd_create, "x", 0));
	a.code = TRY((long)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
				0) == -1 ? -1 : 0);
	a.protect = TRY(mprotect(page, 4096, PROT_READ | PROT_EXEC));
	a.unlink = TRY(syscall(SYS_unlinkat, AT_FDCWD, "/tmp/nothing", 0));
	a.mkdir = TRY(syscall(SYS_mkdirat, AT_FDCWD, "/tmp/nothing", 0700));
	a.readlink = TRY(syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", page, 4096));
	a.setuid = TRY(syscall(SYS_setresuid, 0, 0, 0));
	a.prlimit = TRY(syscall(SYS_prlimit64, 0, RLIMIT_CPU, NULL, NULL));
	a.ioctl = TRY(syscall(SYS_ioctl, 0, 0, 0));
	a.io_uring = TRY(syscall(425 /* io_uring_setup */, 1, page));
	a.bpf = TRY(syscall(SYS_bpf, 0, 0, 0));
	a.fd_count = nr_open();
	assert_int_equal(pk_channel_send(fd, 1, &a, sizeof(a)), 0);
}

static void test_attempts_fail(void **state)
{
	const struct attempts *a;
	const char *data;
	uint32_t kind;
	size_t bytes;

	(void)state;
	start(try_all, NULL);
	assert_int_equal(await(&kind, &data, &bytes), 0);
	assert_int_equal(kind, 1);
	assert_int_equal(bytes, sizeof(*a));
	a = (const void *)data;
	assert_int_equal(a->open_file, -EPERM);
	assert_int_equal(a->open_proc, -EPERM);
	assert_int_equal(a->create, -EPERM);
	assert_int_equal(a->socket, -EPERM);
	assert_int_equal(a->udp, -EPERM);
	assert_int_equal(a->fork, -EPERM);
	assert_int_equal(a->exec, -EPERM);
	assert_int_equal(a->kill, -EPERM);
	assert_int_equal(a->ptrace, -EPERM);
	assert_int_equal(a->memfd, -EPERM);
	assert_int_equal(a->code, -EPERM);
	assert_int_equal(a->protect, -EPERM);
	assert_int_equal(a->unlink, -EPERM);
	assert_int_equal(a->mkdir, -EPERM);
	assert_int_equal(a->readlink, -EPERM);
	assert_int_equal(a->setuid, -EPERM);
	assert_int_equal(a->prlimit, -EPERM);
	assert_int_equal(a->ioctl, -EPERM);
	assert_int_equal(a->io_uring, -EPERM);
	assert_int_equal(a->bpf, -EPERM);
	/* nothing twice or three times, the channel */
	assert_int_equal(a->fd_count, 4);
}

/* Reads "Name: value" of the child's status, as it is seen from outside. */
static void status_of(const char *name, char *ret, size_t size)
{
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", child.pid);
	f = fopen(path, "r");
	assert_non_null(f);
	ret[0] = '\0';
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ':')
			snprintf(ret, size, "%s", line + strlen(name) + 2);
	ret[strcspn(ret, "\n")] = '\0';
	fclose(f);
}

/* Its soft limit. */
static unsigned long limit_of(const char *name)
{
	unsigned long ret = 12345;
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/limits", child.pid);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)))
			ret = strtoul(line + strlen(name), NULL, 10);
	fclose(f);
	return ret;
}

static void wait_for_parent(void *ctx, int fd)
{
	struct pk_strbuf body = { 0 };
	uint32_t kind;
	int none;

	(void)ctx;
	pk_channel_send(fd, 1, "up", 2);
	pk_channel_receive(fd, &kind, &body, &none);
	pk_strbuf_deinit(&body);
}

static void test_who_it_is(void **state)
{
	char text[128], want[64];
	const char *data;
	uint32_t kind;
	size_t bytes;

	(void)state;
	start(wait_for_parent, NULL);
	assert_int_equal(await(&kind, &data, &bytes), 0);
	status_of("Seccomp", text, sizeof(text));
	assert_string_equal(text, "2");
	status_of("NoNewPrivs", text, sizeof(text));
	assert_string_equal(text, "1");
	status_of("CapEff", text, sizeof(text));
	assert_string_equal(text, "0000000000000000");
	status_of("CapPrm", text, sizeof(text));
	assert_string_equal(text, "0000000000000000");
	status_of("Uid", text, sizeof(text));
	snprintf(want, sizeof(want), "%u\t%u\t%u\t%u", geteuid() ?: 65534, geteuid() ?: 65534,
		 geteuid() ?: 65534, geteuid() ?: 65534);
	assert_string_equal(text, want);
	assert_int_equal(limit_of("Max file size"), 0);
	assert_int_equal(limit_of("Max core file size"), 0);
	assert_int_equal(limit_of("Max processes"), 0);
	assert_in_range(limit_of("Max open files"), 4, 16);
	assert_int_equal(limit_of("Max cpu time"), 5);
	/* it waits, and costs nothing */
	assert_true(pk_confined_cpu_ns(&child) < 5000000000ULL);
}

/* ---- what it may do ------------------------------------------------------------------------ */

/* Reads what it is handed, and sends its length and sum. */
static void sum_files(void *ctx, int fd)
{
	struct pk_strbuf body = { 0 };
	uint32_t kind;
	int file;

	(void)ctx;
	while (!pk_channel_receive(fd, &kind, &body, &file)) {
		uint64_t sum[2] = { 0 };
		unsigned char buf[1000];
		ssize_t n;

		while (file >= 0 && (n = read(file, buf, sizeof(buf))) > 0) {
			sum[0] += n;
			for (ssize_t i = 0; i < n; i++)
				sum[1] += buf[i];
		}
		if (file >= 0)
			close(file);
		sum[0] += body.len << 32;
		pk_channel_send(fd, kind + 1, sum, sizeof(sum));
	}
	pk_strbuf_deinit(&body);
}

static void test_handed_files(void **state)
{
	size_t big = 3 << 20;
	char *message = calloc(1, big);
	const char *data;
	uint64_t sum[2];
	uint32_t kind;
	size_t bytes;

	(void)state;
	start(sum_files, NULL);
	for (uint32_t i = 0; i < 50; i++) {
		int file = memfd_create("x", MFD_CLOEXEC);
		size_t len = i % 3 ? i : big;

		assert_int_equal(write(file, "\1\2\3", 3), 3);
		assert_int_equal(lseek(file, 0, SEEK_SET), 0);
		if (i % 2) {
			close(file);
			file = -1;
		}
		assert_int_equal(pk_channel_put(&child.channel, i, message, len, file), 0);
		assert_int_equal(await(&kind, &data, &bytes), 0);
		assert_int_equal(kind, i + 1);
		assert_int_equal(bytes, sizeof(sum));
		memcpy(sum, data, sizeof(sum));
		assert_int_equal(sum[0], ((uint64_t)len << 32) + (i % 2 ? 0 : 3));
		assert_int_equal(sum[1], i % 2 ? 0 : 6);
	}
	free(message);
}

/* ---- ends ------------------------------------------------------------------------------------ */

static void crash(void *ctx, int fd)
{
	(void)fd;
	signal(SIGSEGV, SIG_DFL);
	*(volatile int *)ctx = 1;
	raise(SIGSEGV);
	__builtin_trap();
}

static void test_crash(void **state)
{
	const char *data;
	uint32_t kind;
	size_t bytes;

	(void)state;
	start(crash, NULL);
	assert_int_equal(await(&kind, &data, &bytes), -EPIPE);
}

static void loop(void *ctx, int fd)
{
	(void)ctx;
	(void)fd;
	for (;;)
		__asm__ volatile("");
}

/* It runs until it is ended, and its time is seen. */
static void test_loop(void **state)
{
	(void)state;
	start(loop, NULL);
	while (pk_confined_cpu_ns(&child) < 30000000)
		usleep(1000);
	pk_confined_end(&child);
	assert_int_equal(child.pid, 0);
	assert_int_equal(pk_confined_cpu_ns(&child), 0);
}

static void flood(void *ctx, int fd)
{
	static char bytes[1 << 16];

	(void)ctx;
	for (uint32_t i = 0; !pk_channel_send(fd, i, bytes, sizeof(bytes)); i++)
		;
}

/* Of what it sends no more is kept than is taken, and no message beyond the limit. */
static void test_flood(void **state)
{
	const char *data;
	uint32_t kind;
	size_t bytes;

	(void)state;
	start(flood, NULL);
	for (uint32_t i = 0; i < 100; i++) {
		assert_int_equal(await(&kind, &data, &bytes), 0);
		assert_int_equal(kind, i);
		assert_int_equal(bytes, 1 << 16);
		assert_true(child.channel.in.cap < 1 << 20);
	}
	while (!pk_channel_take(&child.channel, 1 << 20, &kind, &data, &bytes))
		;
	while (child.channel.in.len - child.channel.taken < 8)
		assert_int_equal(pk_channel_work(&child.channel), 0);
	assert_int_equal(pk_channel_take(&child.channel, 1000, &kind, &data, &bytes), -EBADMSG);
}

static void allocate(void *ctx, int fd)
{
	size_t nr = 0;

	(void)ctx;
	while (mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
		       MAP_FAILED &&
	       nr < 2048)
		nr++;
	pk_channel_send(fd, 1, &nr, sizeof(nr));
}

static void test_memory(void **state)
{
	const char *data;
	uint32_t kind;
	size_t bytes, nr;

	(void)state;
#ifdef __SANITIZE_ADDRESS__
	skip();
#endif
	start(allocate, NULL);
	assert_int_equal(await(&kind, &data, &bytes), 0);
	memcpy(&nr, data, sizeof(nr));
	assert_in_range(nr, 200, 256);
}

/* Our end is its end, too. */
static void test_dies_with_us(void **state)
{
	int pipes[2];
	pid_t middle, pid = 0;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	middle = fork();
	if (!middle) {
		start(loop, NULL);
		assert_int_equal(write(pipes[1], &child.pid, sizeof(pid)), sizeof(pid));
		/* it has to be confined before we go */
		while (pk_confined_cpu_ns(&child) < 30000000)
			usleep(1000);
		_exit(0);
	}
	assert_int_equal(read(pipes[0], &pid, sizeof(pid)), sizeof(pid));
	assert_int_equal(waitpid(middle, NULL, 0), middle);
	for (int i = 0; i < 5000 && !kill(pid, 0); i++)
		usleep(1000);
	assert_int_equal(kill(pid, 0), -1);
	close(pipes[0]);
	close(pipes[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_attempts_fail, tear_down),
		cmocka_unit_test_teardown(test_who_it_is, tear_down),
		cmocka_unit_test_teardown(test_handed_files, tear_down),
		cmocka_unit_test_teardown(test_crash, tear_down),
		cmocka_unit_test_teardown(test_loop, tear_down),
		cmocka_unit_test_teardown(test_flood, tear_down),
		cmocka_unit_test_teardown(test_memory, tear_down),
		cmocka_unit_test_teardown(test_dies_with_us, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
