// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Asking Java VMs for the names of their code: what they answer, who is not asked, and, where
 * there is a Java here, one that is.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "record/jvm_attach.h"
#include "record/jvm_maps.h"

static int parse(const char *text, struct pk_err *err)
{
	char copy[256];

	snprintf(copy, sizeof(copy), "%s", text);
	*err = (struct pk_err){ 0 };
	return pk_jvm_parse_answer(copy, strlen(copy), err);
}

static void test_answers(void **state)
{
	struct pk_err err;

	(void)state;
	assert_int_equal(parse("0\n", &err), 0);
	assert_int_equal(parse("0\nsome text\n", &err), 0);
	assert_int_equal(parse("1\njava.lang.IllegalArgumentException: Unknown diagnostic command\n",
			       &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.msg, "Java 17"));
	assert_int_equal(parse("101\nProtocol \x1b mismatch\nmore\n", &err), -EPROTO);
	assert_string_equal(err.msg, "it refused: Protocol ? mismatch");
	assert_int_equal(parse("", &err), -EPROTO);
	assert_int_equal(parse("0", &err), -EPROTO);
	assert_int_equal(parse("00", &err), -EPROTO);
}

/* A process of ours that is no VM. */
static void test_other_process(void **state)
{
	struct pk_err err = { 0 };
	struct pk_jvm jvm;
	pid_t child = fork();

	(void)state;
	if (!child) {
		pause();
		_exit(0);
	}
	assert_int_equal(pk_jvm_open(child, &jvm, &err), -ENOEXEC);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_int_equal(pk_jvm_open(child, &jvm, &err), -ESRCH);
	/* nothing of it is left open */
	assert_int_equal(jvm.process, -1);
	assert_int_equal(jvm.dir, -1);
}

/* Start a VM, and wait until it says something. */
static pid_t start_java(const char *dir, const char *option)
{
	int out[2];
	pid_t child;
	char c;

	assert_int_equal(pipe(out), 0);
	child = fork();
	if (!child) {
		dup2(out[1], 1);
		dup2(out[1], 2);
		close(out[0]);
		execlp("java", "java", option, "-cp", dir, "Wait", NULL);
		_exit(127);
	}
	close(out[1]);
	assert_int_equal(read(out[0], &c, 1), 1);
	close(out[0]);
	return child;
}

static void end(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* As a recording does it: from a sample of it to the result at the end. */
static void ask_by_recording(pid_t child, struct pk_jvm_result *ret)
{
	struct pk_jit_maps jit = { .on = true };
	struct pk_jvm_maps jvm = { .on = true };
	struct pkprof_rec_sample sample = {
		.rec = { .type = PKPROF_REC_SAMPLE, .size = sizeof(sample) },
		.tgid = child,
	};

	pk_jit_maps_add(&jit, child);
	pk_jit_maps_record(&jit, &sample.rec);
	pk_jvm_maps_finish(&jvm, &jit, -1);
	pk_jit_maps_look(&jit, true);
	pk_jvm_maps_result(&jvm, ret);
	assert_int_equal(pk_jit_maps_held(&jit), ret->nr_listed);
	pk_jvm_maps_deinit(&jvm);
	pk_jit_maps_deinit(&jit);
}

static void test_java(void **state)
{
	static const char make[] =
		"printf 'public class Wait { public static void main(String[] a) throws Exception "
		"{ System.out.println(1); Thread.sleep(60000); } }' >Wait.java && javac Wait.java";
	char dir[] = "/tmp/pk-jvm-XXXXXX", line[512];
	struct pk_jvm_result r;
	struct stat st;
	pid_t child;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(line, sizeof(line), "cd %s && { %s; } 2>/dev/null", dir, make);
	if (system(line))
		skip();
	child = start_java(dir, "-Xint");
	ask_by_recording(child, &r);
	end(child);
	assert_int_equal(r.nr, 1);
	assert_int_equal(r.nr_listed, 1);
	assert_int_equal(r.nr_failed, 0);
	snprintf(line, sizeof(line), "/tmp/perf-%d.map", child);
	assert_int_equal(stat(line, &st), 0);
	assert_true(st.st_size > 0);
	unlink(line);
	snprintf(line, sizeof(line), "/tmp/.java_pid%d", child);
	unlink(line);

	child = start_java(dir, "-Xrs");
	ask_by_recording(child, &r);
	/* and it was not ended by that */
	assert_int_equal(waitpid(child, NULL, WNOHANG), 0);
	end(child);
	assert_int_equal(r.nr, 1);
	assert_int_equal(r.nr_listed, 0);
	assert_non_null(strstr(r.failed[0].why, "-Xrs"));
	snprintf(line, sizeof(line), "rm -rf %s", dir);
	assert_int_equal(system(line), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_other_process),
		cmocka_unit_test(test_java),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
