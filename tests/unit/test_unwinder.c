// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The child that makes unwind rows: what it hands to the engine, what becomes of files that
 * have none, of files seen twice, and of the rest when it dies.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "record/unwinder.h"
#include "unwind/rows.h"

/* What the engine was given. */
struct taken {
	atomic_uint nr, nr_bad, nr_vdso;
	atomic_ullong last_ino;
	atomic_uint last_flags;
	atomic_int answer;
};

static struct taken *taken;

static int take_rows(struct pk_source *s, const void *rows, size_t bytes)
{
	const struct pkprof_rows *r = rows;

	(void)s;
	if (!pk_rows_valid(rows, bytes))
		taken->nr_bad++;
	if (r->flags & PKPROF_ROWS_VDSO)
		taken->nr_vdso++;
	taken->last_ino = r->ino;
	taken->last_flags = r->flags;
	taken->nr++;
	return taken->answer;
}

static const struct pk_source_ops engine = { .name = "fake", .take_rows = take_rows };
static struct pk_source source = { &engine };
static struct pk_unwinder u;
static char cache[] = "/tmp/pk-unwinder-XXXXXX";

static int remove_cache(void **state)
{
	DIR *dir = opendir(cache);
	const struct dirent *d;

	(void)state;
	while (dir && (d = readdir(dir)))
		if (d->d_name[0] != '.' && unlinkat(dirfd(dir), d->d_name, 0))
			return -1;
	closedir(dir);
	return rmdir(cache);
}

static int set_up(void **state)
{
	(void)state;
	memset(taken, 0, sizeof(*taken));
	return pk_unwinder_start(&u, &source, cache);
}

static int tear_down(void **state)
{
	(void)state;
	pk_unwinder_stop(&u);
	return 0;
}

static void finish(void)
{
	pk_unwinder_wait(&u, -1, 100000);
	assert_true(pk_unwinder_idle(&u));
}

static void add(const char *path, unsigned int ino, bool gen_known)
{
	const struct pk_file_key key = { .dev = 8 << 20 | 1, .ino = ino, .gen = 7 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	pk_unwinder_add(&u, &key, gen_known, fd);
	close(fd);
}

static void test_rows_of_a_file(void **state)
{
	(void)state;
	add("/proc/self/exe", 1, true);
	finish();
	assert_int_equal(taken->nr, 2);
	assert_int_equal(taken->nr_vdso, 1);
	assert_int_equal(taken->nr_bad, 0);
	assert_int_equal(taken->last_ino, 1);
	assert_int_equal(taken->last_flags, 0);
	assert_int_equal(u.stats.nr_files, 2);
	assert_int_equal(u.stats.nr_tables, 2);
	assert_true(u.stats.table_bytes > 1000);
	/* the same again is not asked for; without its generation it is another one */
	add("/proc/self/exe", 1, true);
	add("/proc/self/exe", 1, false);
	finish();
	assert_int_equal(taken->nr, 3);
	assert_int_equal(taken->last_flags, PKPROF_ROWS_ANY_GEN);
}

static void test_what_is_no_program(void **state)
{
	(void)state;
	add("/proc/self/maps", 1, true);
	add("/dev/null", 2, true);
	finish();
	assert_int_equal(taken->nr, 1);
	assert_int_equal(u.stats.nr_without, 2);
	assert_int_equal(u.stats.nr_deaths, 0);
}

static void test_no_room(void **state)
{
	(void)state;
	taken->answer = -ENOSPC;
	add("/proc/self/exe", 1, true);
	finish();
	/* the vDSO's may have been in time */
	assert_in_range(u.stats.nr_refused, 1, 2);
	assert_int_equal(u.stats.nr_refused + u.stats.nr_tables, 2);
}

/* The child is gone when this returns, but not known to be. */
static void kill_child(void)
{
	siginfo_t info;

	assert_int_equal(kill(u.pid, SIGKILL), 0);
	assert_int_equal(waitid(P_PID, u.pid, &info, WEXITED | WNOWAIT), 0);
}

static void test_the_child_dies(void **state)
{
	(void)state;
	kill_child();
	finish();
	assert_int_equal(u.stats.nr_deaths, 1);
	/* another one goes on with what was not sent */
	assert_int_equal(taken->nr_vdso, 1);
	add("/proc/self/exe", 1, true);
	finish();
	assert_int_equal(taken->last_ino, 1);
	assert_int_equal(u.stats.nr_deaths, 1);
	/* what was on its way is lost, and told */
	for (unsigned int i = 2; i <= 20; i++)
		add("/proc/self/exe", i, true);
	pk_unwinder_work(&u);
	kill_child();
	finish();
	assert_int_equal(u.stats.nr_deaths, 2);
	assert_int_equal(u.stats.nr_tables + u.stats.nr_without, u.stats.nr_files);
	assert_int_equal(u.stats.nr_files, 21);
}

static void test_many_files(void **state)
{
	(void)state;
	for (unsigned int i = 1; i <= 300; i++)
		add("/proc/self/exe", i, true);
	finish();
	assert_int_equal(taken->nr, 301);
	assert_int_equal(u.stats.nr_tables, 301);
}

static void test_engine_without_rows(void **state)
{
	static const struct pk_source_ops none = { .name = "none" };
	struct pk_source s = { &none };
	struct pk_unwinder idle;
	const struct pk_file_key key = { 1, 2, 3 };

	(void)state;
	assert_int_equal(pk_unwinder_start(&idle, &s, cache), 0);
	pk_unwinder_add(&idle, &key, true, 0);
	assert_true(pk_unwinder_idle(&idle));
	pk_unwinder_work(&idle);
	pk_unwinder_stop(&idle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rows_of_a_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_is_no_program, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_room, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_child_dies, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many_files, set_up, tear_down),
		cmocka_unit_test(test_engine_without_rows),
	};

	if (!mkdtemp(cache))
		return 1;
	taken = mmap(NULL, sizeof(*taken), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (taken == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests(tests, NULL, remove_cache);
}
