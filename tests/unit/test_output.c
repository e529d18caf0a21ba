// SPDX-License-Identifier: GPL-2.0-or-later
/* Output files: complete or not there, and an older one is not lost by a failure. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/output.h"

static char folder[] = "/tmp/pkprof-output-XXXXXX";

static int setup(void **state)
{
	(void)state;
	return mkdtemp(folder) && !chdir(folder) ? 0 : -1;
}

static unsigned int nr_files(void)
{
	DIR *d = opendir(".");
	unsigned int nr = 0;

	while (readdir(d))
		nr++;
	closedir(d);
	return nr - 2;
}

static int teardown(void **state)
{
	(void)state;
	unlink("out");
	unlink("link");
	return chdir("/") || rmdir(folder);
}

static void assert_content(const char *path, const char *wanted)
{
	char text[64] = "";
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_int_equal(fread(text, 1, sizeof(text) - 1, f), strlen(wanted));
	fclose(f);
	assert_string_equal(text, wanted);
}

static int write_out(const char *path, const char *text, int rc, struct pk_err *err)
{
	struct pk_output o;
	int code = pk_output_open(path, &o, err);

	if (code)
		return code;
	pk_strbuf_puts(&o.sink.buf, text);
	return pk_output_close(&o, rc, err);
}

static void test_replace(void **state)
{
	struct pk_err err = { 0 };

	(void)state;
	assert_int_equal(write_out("out", "first", 0, &err), 0);
	assert_content("out", "first");
	/* a failure in between: the older file stays, nothing else is left */
	assert_int_equal(write_out("out", "half", -EINVAL, &err), -EINVAL);
	assert_content("out", "first");
	assert_int_equal(nr_files(), 1);
	assert_int_equal(write_out("out", "second", 0, &err), 0);
	assert_content("out", "second");
	assert_int_equal(nr_files(), 1);
}

/* What is no plain file is written into and stays what it is. */
static void test_in_place(void **state)
{
	struct pk_err err = { 0 };
	struct stat st;

	(void)state;
	assert_int_equal(write_out("out", "target", 0, &err), 0);
	assert_int_equal(symlink("out", "link"), 0);
	assert_int_equal(write_out("link", "by link", 0, &err), 0);
	assert_int_equal(lstat("link", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_content("out", "by link");
	assert_int_equal(write_out("/dev/null", "gone", 0, &err), 0);
}

static void test_errors(void **state)
{
	struct pk_err err = { 0 };

	(void)state;
	assert_int_equal(write_out("none/there", "x", 0, &err), -ENOENT);
	assert_int_equal(err.exit_code, PK_EXIT_OUTPUT);
	assert_non_null(strstr(err.msg, "none/there"));
	err = (struct pk_err){ 0 };
	assert_int_equal(write_out("/dev/full", "x", 0, &err), -ENOSPC);
	assert_int_equal(err.exit_code, PK_EXIT_OUTPUT);
	assert_non_null(strstr(err.msg, "/dev/full"));
	assert_non_null(strstr(err.msg, "free some space"));
	/* the reason of the writer is kept */
	err = (struct pk_err){ .code = -EINVAL, .msg = "mine" };
	assert_int_equal(write_out("/dev/full", "x", -EINVAL, &err), -EINVAL);
	assert_string_equal(err.msg, "mine");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_in_place),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
