// SPDX-License-Identifier: GPL-2.0-or-later
/* The program that a recording runs: held back, exec errors, exit codes, descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "record/command.h"

static struct pk_signals signals;
static struct pk_err err;

static int setup(void **state)
{
	(void)state;
	memset(&err, 0, sizeof(err));
	return pk_signals_open(&signals, &err);
}

static int teardown(void **state)
{
	(void)state;
	pk_signals_close(&signals);
	return 0;
}

static void start(struct pk_command *c, const char *shell)
{
	char *argv[] = { "/bin/sh", "-c", (char *)shell, NULL };

	assert_int_equal(pk_command_start(c, argv, &signals, false, &err), 0);
	assert_true(c->pid > 0);
}

static void await(struct pk_command *c)
{
	struct pollfd fd = { .fd = c->pidfd, .events = POLLIN };

	assert_int_equal(poll(&fd, 1, 10000), 1);
	assert_true(pk_command_poll(c));
}

static int run(const char *shell)
{
	struct pk_command c;
	int code;

	start(&c, shell);
	assert_int_equal(pk_command_release(&c, &err), 0);
	await(&c);
	code = pk_command_exit_code(&c);
	pk_command_close(&c);
	return code;
}

static void test_is_held_back(void **state)
{
	char path[] = "/tmp/pk_command_XXXXXX", shell[128];
	int fd = mkstemp(path);
	struct pk_command c;
	struct stat st;

	(void)state;
	close(fd);
	snprintf(shell, sizeof(shell), "echo ran >%s", path);
	start(&c, shell);
	usleep(100000);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_false(pk_command_poll(&c));
	assert_int_equal(pk_command_release(&c, &err), 0);
	await(&c);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 4);
	pk_command_close(&c);
	unlink(path);
}

static void test_never_released_never_runs(void **state)
{
	char path[] = "/tmp/pk_command_XXXXXX", shell[128];
	struct pk_command c;
	struct stat st;

	(void)state;
	close(mkstemp(path));
	snprintf(shell, sizeof(shell), "echo ran >%s", path);
	start(&c, shell);
	pk_command_close(&c);
	assert_int_equal(kill(c.pid, 0), -1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 0);
	unlink(path);
}

/* A recorder that is killed takes the program that it held back with it. */
static void test_dies_with_its_recorder(void **state)
{
	int out[2];
	pid_t held = 0, recorder;

	(void)state;
	assert_int_equal(pipe(out), 0);
	recorder = fork();
	if (!recorder) {
		struct pk_command c;

		start(&c, "exit 0");
		if (write(out[1], &c.pid, sizeof(c.pid)) != sizeof(c.pid))
			_exit(1);
		pause();
	}
	assert_int_equal(read(out[0], &held, sizeof(held)), sizeof(held));
	kill(recorder, SIGKILL);
	waitpid(recorder, NULL, 0);
	for (unsigned int i = 0; i < 100 && !kill(held, 0); i++) {
		char path[64], text[256] = "";
		FILE *f;

		/* nobody may be there to reap it */
		snprintf(path, sizeof(path), "/proc/%d/stat", held);
		f = fopen(path, "r");
		if (f && fgets(text, sizeof(text), f) && strstr(text, ") Z ")) {
			fclose(f);
			break;
		}
		if (f)
			fclose(f);
		usleep(10000);
		assert_true(i < 99);
	}
	close(out[0]);
	close(out[1]);
}

static void test_exit_codes(void **state)
{
	(void)state;
	assert_int_equal(run("exit 0"), 0);
	assert_int_equal(run("exit 3"), 3);
	assert_int_equal(run("kill -TERM $$"), 128 + SIGTERM);
	assert_int_equal(run("kill -SEGV $$"), 128 + SIGSEGV);
}

/* Signals are as they were before we changed them. */
static void test_signals_are_put_back(void **state)
{
	(void)state;
	assert_int_equal(run("kill -INT $$; exit 5"), 128 + SIGINT);
	assert_int_equal(run("kill -PIPE $$; exit 5"), 128 + SIGPIPE);
	assert_int_equal(run("grep -q 'SigBlk:.*0000000000000000' /proc/self/status"), 0);
}

/* Ours are close-on-exec, those of the shell that called us are not ours to close. */
static void test_descriptors(void **state)
{
	int ours = open("/dev/null", O_RDONLY | O_CLOEXEC), theirs = dup(STDERR_FILENO);
	char shell[128];

	(void)state;
	snprintf(shell, sizeof(shell), "test ! -e /proc/self/fd/%d && test -e /proc/self/fd/%d",
		 ours, theirs);
	assert_int_equal(run(shell), 0);
	close(ours);
	close(theirs);
}

static void test_own_descriptors_are_not_inherited(void **state)
{
	struct pk_command c;

	(void)state;
	start(&c, "exit 0");
	assert_true(fcntl(signals.fd, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(c.pidfd, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(c.go_fd, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(c.error_fd, F_GETFD) & FD_CLOEXEC);
	pk_command_close(&c);
}

static void test_stdout_to_stderr(void **state)
{
	char *argv[] = { "/bin/sh", "-c", "test /proc/self/fd/1 -ef /proc/self/fd/2", NULL };
	struct pk_command c;

	(void)state;
	assert_int_equal(pk_command_start(&c, argv, &signals, true, &err), 0);
	assert_int_equal(pk_command_release(&c, &err), 0);
	await(&c);
	assert_int_equal(pk_command_exit_code(&c), 0);
	pk_command_close(&c);
}

static void fails_to_start(const char *path, int exit_code)
{
	char *argv[] = { (char *)path, NULL };
	struct pk_command c;

	assert_int_equal(pk_command_start(&c, argv, &signals, false, &err), 0);
	assert_true(pk_command_release(&c, &err) < 0);
	assert_int_equal(err.exit_code, exit_code);
	assert_non_null(strstr(err.msg, path));
	pk_command_close(&c);
}

static void write_script(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	chmod(path, mode);
}

static void test_exec_errors(void **state)
{
	char dir[] = "/tmp/pk_command_XXXXXX", path[64];
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/script", dir);
	write_script(path, "#!/no/such/interpreter\n", 0755);
	/* found, so it can only fail late */
	assert_int_equal(pk_command_find(path, &err), 0);
	fails_to_start(path, PK_EXIT_NOT_FOUND);
	/* somebody is still writing it */
	fd = open(path, O_WRONLY | O_CLOEXEC);
	fails_to_start(path, PK_EXIT_NOT_EXECUTABLE);
	close(fd);
	fails_to_start("/no/such/program", PK_EXIT_NOT_FOUND);
	fails_to_start(dir, PK_EXIT_NOT_EXECUTABLE);
	unlink(path);
	rmdir(dir);
}

static void finds(const char *name, int exit_code)
{
	memset(&err, 0, sizeof(err));
	assert_int_equal(pk_command_find(name, &err) < 0, exit_code != 0);
	assert_int_equal(err.exit_code, exit_code);
	if (exit_code && *name)
		assert_non_null(strstr(err.msg, name));
}

static void test_find(void **state)
{
	char dir[] = "/tmp/pk_command_XXXXXX", path[64], *old = strdup(getenv("PATH"));

	(void)state;
	finds("sh", 0);
	finds("/bin/sh", 0);
	finds("no-such-program", PK_EXIT_NOT_FOUND);
	finds("./no-such-program", PK_EXIT_NOT_FOUND);
	finds("/etc/passwd/x", PK_EXIT_NOT_FOUND);
	finds("", PK_EXIT_NOT_FOUND);
	finds("/tmp", PK_EXIT_NOT_EXECUTABLE);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/thing", dir);
	write_script(path, "", 0644);
	finds(path, PK_EXIT_NOT_EXECUTABLE);
	setenv("PATH", dir, 1);
	finds("thing", PK_EXIT_NOT_EXECUTABLE);
	chmod(path, 0755);
	finds("thing", 0);
	/* an empty entry is the working directory */
	assert_int_equal(chdir(dir), 0);
	setenv("PATH", "/nowhere:", 1);
	finds("thing", PK_EXIT_NOT_FOUND);
	setenv("PATH", ":/nowhere", 1);
	finds("thing", 0);
	setenv("PATH", old, 1);
	assert_int_equal(chdir("/"), 0);
	unlink(path);
	rmdir(dir);
	free(old);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_is_held_back),
		TEST(test_never_released_never_runs),
		TEST(test_dies_with_its_recorder),
		TEST(test_exit_codes),
		TEST(test_signals_are_put_back),
		TEST(test_descriptors),
		TEST(test_own_descriptors_are_not_inherited),
		TEST(test_stdout_to_stderr),
		TEST(test_exec_errors),
		TEST(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
