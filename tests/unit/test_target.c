// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where a profile goes: a file is done when the disk has it, whose answer is given here in fsync()'s
 * place; a stream gets all of what was written; a predecessor is kept, and put back.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <cmocka.h>

#include "record/target.h"

static char folder[] = "/tmp/pkprof-target-XXXXXX";

/* What the disk says: errors in the order in which they come, then success. */
static struct {
	const int *answers;
	unsigned int nr, asked;
	int fd;		/* that was asked about last */
} disk;

int fsync(int fd)
{
	disk.fd = fd;
	if (disk.asked++ >= disk.nr)
		return 0;
	errno = disk.answers[disk.asked - 1];
	return -1;
}

/* Whether the file system is read-only by now. */
static unsigned long fs_flags;

int fstatvfs(int fd, struct statvfs *ret)
{
	(void)fd;
	*ret = (struct statvfs){ .f_flag = fs_flags };
	return 0;
}

static void disk_says(const int *answers, unsigned int nr)
{
	disk.answers = answers;
	disk.nr = nr;
	disk.asked = 0;
	disk.fd = -1;
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(folder) && !chdir(folder) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	unlink("out");
	unlink("out.old");
	unlink("pipe");
	return chdir("/") || rmdir(folder);
}

static void open_out(struct pk_target *o, const char *path, const char *text)
{
	struct pk_err err = { 0 };

	assert_int_equal(pk_target_open(o, path, &err), 0);
	assert_int_equal(write(o->fd, text, strlen(text)), strlen(text));
}

static void assert_content(const char *path, const char *wanted)
{
	char text[64] = "";
	int fd = open(path, O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(read(fd, text, sizeof(text) - 1), strlen(wanted));
	close(fd);
	assert_string_equal(text, wanted);
}

static void test_done_when_the_disk_has_it(void **state)
{
	struct pk_target o;
	struct pk_err err = { 0 };
	int fd;

	(void)state;
	disk_says(NULL, 0);
	open_out(&o, "out", "first");
	fd = o.fd;
	assert_int_equal(disk.asked, 0);
	assert_int_equal(pk_target_finish(&o, &err), 0);
	assert_int_equal(disk.asked, 1);
	assert_int_equal(disk.fd, fd);
	pk_target_close(&o);
	assert_content("out", "first");
}

/* The page cache had taken it all. */
static void test_error_of_the_disk(void **state)
{
	static const int errors[] = { EIO, ENOSPC, EDQUOT };

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct pk_target o;
		struct pk_err err = { 0 };

		disk_says(errors + i, 1);
		open_out(&o, "out", "not there");
		assert_int_equal(pk_target_finish(&o, &err), -errors[i]);
		assert_int_equal(err.exit_code, PK_EXIT_OUTPUT);
		assert_non_null(strstr(err.msg, "out"));
		assert_non_null(strstr(err.msg, strerror(errors[i])));
		assert_int_equal(disk.asked, 1);
		pk_target_close(&o);
		unlink("out");
	}
}

/* One that was interrupted is asked again; one that has nothing to flush is no error. */
static void test_answers_that_are_none(void **state)
{
	static const int interrupted[] = { EINTR, EINTR, EIO }, no_disk[] = { EINVAL };
	struct pk_target o;
	struct pk_err err = { 0 };

	(void)state;
	disk_says(interrupted, 2);
	open_out(&o, "out", "a");
	assert_int_equal(pk_target_finish(&o, &err), 0);
	assert_int_equal(disk.asked, 3);
	disk_says(interrupted, 3);
	assert_int_equal(pk_target_finish(&o, &err), -EIO);
	assert_int_equal(disk.asked, 3);
	disk_says(no_disk, 1);
	assert_int_equal(pk_target_finish(&o, &err), 0);
	pk_target_close(&o);
}

/* Whose fsync() says that all is well. */
static void test_read_only_meanwhile(void **state)
{
	struct pk_target o;
	struct pk_err err = { 0 };

	(void)state;
	disk_says(NULL, 0);
	unlink("out");
	open_out(&o, "out", "not there");
	fs_flags = ST_RDONLY;
	assert_int_equal(pk_target_finish(&o, &err), -EROFS);
	fs_flags = 0;
	assert_int_equal(err.exit_code, PK_EXIT_OUTPUT);
	assert_non_null(strstr(err.msg, strerror(EROFS)));
	pk_target_close(&o);
}

/* A pipe has no disk: it is not asked for, and gets all. */
static void test_stream(void **state)
{
	static const int errors[] = { EIO };
	struct pk_target o;
	struct pk_err err = { 0 };
	char text[64] = "";
	int reader;

	(void)state;
	disk_says(errors, 1);
	assert_int_equal(mkfifo("pipe", 0600), 0);
	reader = open("pipe", O_RDONLY | O_NONBLOCK);
	assert_true(reader >= 0);
	open_out(&o, "pipe", "through a pipe");
	assert_int_equal(pk_target_finish(&o, &err), 0);
	assert_int_equal(disk.asked, 0);
	assert_int_equal(read(reader, text, sizeof(text) - 1), strlen("through a pipe"));
	assert_string_equal(text, "through a pipe");
	pk_target_close(&o);
	close(reader);
}

static void test_predecessor(void **state)
{
	struct pk_target o;

	(void)state;
	unlink("out");
	open_out(&o, "out", "old");
	pk_target_close(&o);
	open_out(&o, "out", "new");
	assert_string_equal(o.kept, "out.old");
	assert_content("out.old", "old");
	pk_target_discard(&o);
	pk_target_close(&o);
	assert_content("out", "old");
	assert_int_equal(access("out.old", F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_done_when_the_disk_has_it),
		cmocka_unit_test(test_error_of_the_disk),
		cmocka_unit_test(test_answers_that_are_none),
		cmocka_unit_test(test_read_only_meanwhile),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_predecessor),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
