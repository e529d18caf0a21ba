// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The list of files that were mapped of late: what is found again, under which identity, and what
 * is not believed.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "record/recent.h"

static char dir[] = "/tmp/pk-recent-XXXXXX";
static char list[64];

/* What was given out. */
static struct pk_file_key opened[2 * PK_RECENT_MAX];
static unsigned int nr_opened;

static void on_opened(void *ctx, const struct pk_file_key *key, int fd)
{
	assert_ptr_equal(ctx, dir);
	assert_true(fcntl(fd, F_GETFD) >= 0);
	opened[nr_opened++] = *key;
}

/* A file in the directory; its identity but for the generation, which is @gen. */
static struct pk_file_key note(struct pk_recent *r, const char *name, unsigned int gen)
{
	struct pk_file_key key = { .dev = 8 << 20 | 1, .gen = gen };
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	PK_AUTO_FD int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_int_equal(fstat(fd, &st), 0);
	key.ino = st.st_ino;
	pk_recent_note(r, &key, fd);
	return key;
}

static void load_and_open(void)
{
	struct pk_recent r = { 0 };

	nr_opened = 0;
	pk_recent_load(&r, dir);
	pk_recent_open_all(&r, on_opened, dir);
	assert_false(r.changed);
	pk_recent_deinit(&r);
}

static void save(struct pk_recent *r)
{
	pk_recent_save(r, dir);
	pk_recent_deinit(r);
	*r = (struct pk_recent){ 0 };
}

static void test_found_again(void **state)
{
	struct pk_recent r = { 0 };
	struct pk_file_key a, b;

	(void)state;
	load_and_open();
	assert_int_equal(nr_opened, 0);
	a = note(&r, "a with a blank", 7);
	b = note(&r, "b", 0);
	note(&r, "a with a blank", 7);
	assert_int_equal(r.files.nr, 2);
	save(&r);
	load_and_open();
	assert_int_equal(nr_opened, 2);
	/* what was mapped last is the last one */
	assert_memory_equal(&opened[0], &b, sizeof(b));
	assert_int_equal(opened[1].ino, a.ino);
	assert_int_equal(opened[1].gen, 7);
}

/* Another file by that name, or none. */
static void test_replaced(void **state)
{
	struct pk_recent r = { 0 };
	char path[64], other[64];

	(void)state;
	note(&r, "kept", 1);
	note(&r, "replaced", 1);
	note(&r, "gone", 1);
	note(&r, "other", 1);
	save(&r);
	snprintf(path, sizeof(path), "%s/replaced", dir);
	snprintf(other, sizeof(other), "%s/other", dir);
	assert_int_equal(rename(other, path), 0);
	snprintf(path, sizeof(path), "%s/gone", dir);
	assert_int_equal(unlink(path), 0);
	load_and_open();
	assert_int_equal(nr_opened, 1);
}

static void test_oldest_go(void **state)
{
	struct pk_recent r = { 0 };
	struct pk_file_key key = { 0 };

	(void)state;
	for (unsigned int i = 0; i < PK_RECENT_MAX + 10; i++)
		key = note(&r, "one", i);
	assert_int_equal(key.gen, PK_RECENT_MAX + 9);
	save(&r);
	load_and_open();
	assert_int_equal(nr_opened, PK_RECENT_MAX);
	assert_int_equal(opened[0].gen, 10);
	assert_int_equal(opened[PK_RECENT_MAX - 1].gen, PK_RECENT_MAX + 9);
}

static void write_list(const char *text, mode_t mode)
{
	PK_AUTO_FILE FILE *f = fopen(list, "w");

	fputs(text, f);
	chmod(list, mode);
}

static void test_not_believed(void **state)
{
	struct pk_recent r = { 0 };
	char text[512] = "";
	size_t len;

	(void)state;
	note(&r, "one", 1);
	save(&r);
	PK_AUTO_FILE FILE *f = fopen(list, "r");
	len = fread(text, 1, sizeof(text) - 1, f);
	assert_true(len > 40);
	/* as it was; written by others; of another boot; cut; of nothing that is a path */
	write_list(text, 0600);
	load_and_open();
	assert_int_equal(nr_opened, 1);
	write_list(text, 0666);
	load_and_open();
	assert_int_equal(nr_opened, 0);
	text[0] ^= 1;
	write_list(text, 0600);
	load_and_open();
	assert_int_equal(nr_opened, 0);
	text[0] ^= 1;
	for (size_t cut = 0; cut < len - 2; cut++) {
		char end = text[cut];

		text[cut] = 0;
		write_list(text, 0600);
		load_and_open();
		assert_int_equal(nr_opened, 0);
		text[cut] = end;
	}
	*strrchr(text, '/') = 'x';
	*strchr(text, '/') = 'x';
	write_list(text, 0600);
	load_and_open();
	assert_int_equal(nr_opened, 0);
}

static int set_up(void **state)
{
	(void)state;
	snprintf(list, sizeof(list), "%s/recent", dir);
	return 0;
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -f '%s'/*", dir);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_found_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_replaced, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_oldest_go, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_believed, set_up, tear_down),
	};
	int ret;

	if (!mkdtemp(dir))
		return 1;
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(dir);
	return ret;
}
