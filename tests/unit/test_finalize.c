// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names and end of a profile: this very process is profiled by hand, named by
 * the child, and the child is killed in all sorts of states.
 */
/* link: tests/unit/profile_fixture.c tests/unit/lines_fixture.c */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include "profile/reader.h"
#include "profile_fixture.h"
#include "record/finalize.h"
#include "record/procfs.h"
#include "runtime/recorded.h"

#define END_NS 5000

/* What a disk says that became read-only meanwhile; 0: it does as it is told. */
static int disk_error;

int ftruncate(int fd, off_t bytes)
{
	if (!disk_error)
		return syscall(SYS_ftruncate, fd, bytes);
	errno = disk_error;
	return -1;
}

static struct {
	char path[64];
	int fd;
	struct pk_writer *w;
	struct pk_files *files;
	struct pk_finalize job;
	struct pk_finalize_result result;
	struct pk_profile p;
	uint64_t bytes;
	uint32_t node;
} env;

/* A function that the sample stands in. */
__attribute__((noinline, noclone)) static void pk_test_finalize_spot(void)
{
	__asm__ volatile("");
}

/* The mapping of our own code, and its file, as the recorder would write them. */
static void write_mapping(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	uintptr_t spot = (uintptr_t)pk_test_finalize_spot;
	struct pk_proc_map m;
	char line[4096];

	while (fgets(line, sizeof(line), f)) {
		struct pk_map_event e = { .time_ns = 1, .tgid = getpid() };
		struct pk_mapping where = { .tgid = getpid() };
		struct pk_file_key key;

		line[strcspn(line, "\n")] = '\0';
		if (pk_proc_parse_map(line, &m) || m.from > spot || m.to <= spot)
			continue;
		key = (struct pk_file_key){ .dev = m.dev, .ino = m.ino };
		where.addr = e.addr = m.from;
		where.len = e.len = m.to - m.from;
		e.file_off = m.file_off;
		assert_int_equal(pk_files_of_maps(env.files, &key, &where, m.name, &e.file), 0);
		assert_true(pk_files_fd(env.files, e.file) >= 0);
		assert_int_equal(pk_writer_map(env.w, &e), 0);
	}
	fclose(f);
}

static int setup(void **state)
{
	struct pk_files_config cfg = { .proc = "/proc", .max_files = 10, .max_held = 10 };
	struct pk_sample_row row = { .time_ns = 1000, .tid = getpid(), .tgid = getpid() };

	(void)state;
	memset(&env, 0, sizeof(env));
	strcpy(env.path, "/tmp/pk_finalize_XXXXXX");
	env.fd = mkostemp(env.path, O_CLOEXEC);
	assert_true(env.fd >= 0);
	assert_int_equal(pk_writer_create(env.fd, "test", &env.w, NULL), 0);
	cfg.writer = env.w;
	assert_int_equal(pk_files_create(&cfg, &env.files), 0);
	write_mapping();
	assert_int_equal(pk_writer_node(env.w, 0, (uintptr_t)pk_test_finalize_spot, &row.ustack),
			 0);
	assert_int_equal(pk_writer_sample(env.w, &row), 0);
	assert_int_equal(pk_writer_flush(env.w), 0);
	env.bytes = lseek(env.fd, 0, SEEK_END);
	assert_int_equal(pk_finalize_start(&env.job, env.fd, END_NS,
					   &(struct pk_finalize_held){ .files = env.files },
					   &(struct pk_finalize_how){ .live = true }, NULL), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pk_files_destroy(env.files);
	pk_writer_destroy(env.w);
	close(env.fd);
	unlink(env.path);
	return 0;
}

static void load(void)
{
	struct pk_err err;

	if (pk_profile_load(env.path, &env.p, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(env.p.state, PK_FILE_CLOSED);
	assert_int_equal(env.p.end_ns, END_NS);
	assert_int_equal(env.p.samples.nr, 1);
}

static bool has_symbol(const char *name)
{
	PK_VEC_FOREACH(&env.p.symbols, s)
		if (!strcmp(pk_strtab_get(&env.p.strings, s->name), name))
			return true;
	return false;
}

/* This program has symbols, and maybe C++'s runtime with the sanitizers. */
static void assert_runtime_is_told(void)
{
	const char *fact = pk_profile_fact(&env.p, PK_RUNTIME_FACT);
	struct pk_runtime_fact f;

	assert_non_null(fact);
	assert_true(pk_runtime_fact_parse(fact, &f));
	assert_true(!strcmp(f.key, "native") || !strcmp(f.key, "c++"));
	assert_int_equal(f.nr_processes, 1);
	assert_int_equal(strtol(f.pids, NULL, 10), getpid());
	assert_int_equal(f.nr_lacks, 0);
	pk_runtime_fact_deinit(&f);
}

static void test_names_are_added(void **state)
{
	(void)state;
	assert_int_equal(pk_finalize_wait(&env.job, env.w, &env.result), 0);
	assert_string_equal(env.result.why, "");
	assert_true(env.result.named);
	assert_int_equal(env.result.stats.nr_addresses, 1);
	assert_int_equal(env.result.stats.nr_named, 1);
	load();
	assert_true(has_symbol("pk_test_finalize_spot"));
	assert_runtime_is_told();
	pk_profile_deinit(&env.p);
}

#define MAX_TRIES 100

static void do_nothing(void)
{
}

/*
 * End the child before it is through, @meanwhile before its end is noticed, and
 * see that the file was closed without names. A child that was quicker than the
 * signal is no case of this: begin anew.
 */
static void assert_closed_without_names(void **state, int sig, void (*meanwhile)(void))
{
	for (int i = 0; i < MAX_TRIES; i++) {
		kill(env.job.pid, sig);
		meanwhile();
		assert_int_equal(pk_finalize_wait(&env.job, env.w, &env.result), 0);
		if (!env.result.named)
			break;
		teardown(state);
		setup(state);
	}
	assert_false(env.result.named);
	assert_string_not_equal(env.result.why, "");
	load();
	assert_int_equal(env.p.symbols.nr, 0);
	pk_profile_deinit(&env.p);
}

static void test_child_is_killed(void **state)
{
	assert_closed_without_names(state, SIGKILL, do_nothing);
	assert_non_null(strstr(env.result.why, "killed"));
}

static void test_child_crashes(void **state)
{
	assert_closed_without_names(state, SIGABRT, do_nothing);
	assert_non_null(strstr(env.result.why, "signal 6"));
}

/* As if it had written half of a chunk when it died. */
static void write_rubbish(void)
{
	char rubbish[3000];

	memset(rubbish, 0x5a, sizeof(rubbish));
	assert_int_equal(pwrite(env.fd, rubbish, sizeof(rubbish), env.bytes), sizeof(rubbish));
}

static void test_child_leaves_a_torn_chunk(void **state)
{
	assert_closed_without_names(state, SIGKILL, write_rubbish);
}

/* Which file it was and what to do about it is said, and that it is the output. */
static void test_disk_becomes_read_only(void **state)
{
	const struct pk_err *err;

	(void)state;
	pk_finalize_cancel(&env.job);
	disk_error = EROFS;
	assert_int_equal(pk_finalize_wait(&env.job, env.w, &env.result), -EROFS);
	disk_error = 0;
	err = pk_writer_error(env.w);
	assert_int_equal(err->code, -EROFS);
	assert_int_equal(err->exit_code, PK_EXIT_OUTPUT);
	assert_non_null(strstr(err->msg, "test"));
	assert_non_null(strstr(err->msg, strerror(EROFS)));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_names_are_added),
		TEST(test_child_is_killed),
		TEST(test_child_crashes),
		TEST(test_child_leaves_a_torn_chunk),
		TEST(test_disk_becomes_read_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
