// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Maps of JIT code that the recorder keeps open: of processes that end, write it late or replace
 * it, of programs that give way to others; and what is given up when there are too many.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "record/jit_maps.h"
#include "symbol/perf_map.h"

static pid_t child;
static char map_path[64];

static void write_map(const char *text)
{
	int fd;

	unlink(map_path);
	fd = open(map_path, O_CREAT | O_EXCL | O_WRONLY, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static int setup(void **state)
{
	(void)state;
	child = fork();
	if (!child) {
		pause();
		_exit(0);
	}
	snprintf(map_path, sizeof(map_path), "/tmp/perf-%d.map", child);
	unlink(map_path);
	return 0;
}

static void end_child(void)
{
	if (child <= 0)
		return;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	child = 0;
}

static int teardown(void **state)
{
	(void)state;
	end_child();
	unlink(map_path);
	return 0;
}

static void tell_map(struct pk_jit_maps *m, uint32_t tgid, uint64_t ino)
{
	struct pkprof_rec_map r = {
		.rec = { .type = PKPROF_REC_MAP, .size = sizeof(r), .tid = tgid },
		.tgid = tgid,
		.addr = 0x10000,
		.len = 0x1000,
		.ino = ino,
	};

	pk_jit_maps_record(m, &r.rec);
}

static void tell_sample(struct pk_jit_maps *m, uint32_t tgid)
{
	struct pkprof_rec_sample r = {
		.rec = { .type = PKPROF_REC_SAMPLE, .size = sizeof(r), .tid = tgid },
		.tgid = tgid,
	};

	pk_jit_maps_record(m, &r.rec);
}

static void tell_exec(struct pk_jit_maps *m, uint32_t tgid)
{
	struct pkprof_rec_exec r = {
		.rec = { .type = PKPROF_REC_EXEC, .size = sizeof(r), .tid = tgid },
		.tgid = tgid,
	};

	pk_jit_maps_record(m, &r.rec);
}

static void tell_exit(struct pk_jit_maps *m, uint32_t tgid, uint32_t flags)
{
	struct pkprof_rec_exit r = {
		.rec = { .type = PKPROF_REC_EXIT, .size = sizeof(r), .tid = tgid },
		.tgid = tgid,
		.flags = flags,
	};

	pk_jit_maps_record(m, &r.rec);
}

static void assert_map(const struct pk_jit_maps *m, uint32_t tgid, const char *want)
{
	int fd = pk_jit_maps_fd(m, tgid);
	char *text;
	size_t len;

	if (!want) {
		assert_int_equal(fd, -1);
		return;
	}
	assert_true(fd >= 0);
	assert_int_equal(pk_perf_map_read(fd, &text, &len), 0);
	assert_string_equal(text, want);
	free(text);
}

/* Descriptors of processes cannot be had in this sandbox. */
static void need_dir(void)
{
	uint32_t pid;
	int dir = pk_perf_map_dir(child, &pid);

	if (dir < 0)
		skip();
	assert_int_equal(pid, child);
	close(dir);
}

static void test_ended(void **state)
{
	struct pk_jit_maps m = { .on = true };
	uint32_t tgid = child;

	(void)state;
	need_dir();
	write_map("1000 10 f\n");
	/* a file is nothing to us */
	tell_map(&m, tgid, 5);
	assert_map(&m, tgid, NULL);
	tell_map(&m, tgid, 0);
	tell_map(&m, tgid, 0);
	assert_int_equal(m.all.nr, 1);
	assert_int_equal(pk_jit_maps_held(&m), 1);
	end_child();
	tell_exit(&m, tgid, PKPROF_TASK_GROUP_DEAD);
	unlink(map_path);
	pk_jit_maps_look(&m, true);
	assert_map(&m, tgid, "1000 10 f\n");
	pk_jit_maps_deinit(&m);
}

/* Written after the first sight, and just before the end of a process that had no sample since. */
static void test_late(void **state)
{
	struct pk_jit_maps m = { .on = true };
	uint32_t tgid = child;

	(void)state;
	need_dir();
	tell_map(&m, tgid, 0);
	assert_map(&m, tgid, NULL);
	tell_sample(&m, tgid);
	pk_jit_maps_look(&m, false);
	assert_map(&m, tgid, NULL);
	write_map("1000 10 late\n");
	/* nothing was sampled in it since */
	pk_jit_maps_look(&m, false);
	assert_map(&m, tgid, NULL);
	tell_sample(&m, tgid);
	tell_sample(&m, tgid + 1024);
	pk_jit_maps_look(&m, false);
	assert_map(&m, tgid, "1000 10 late\n");
	write_map("1000 10 replaced\n");
	end_child();
	tell_exit(&m, tgid, 0);
	assert_map(&m, tgid, "1000 10 late\n");
	tell_exit(&m, tgid, PKPROF_TASK_GROUP_DEAD);
	assert_map(&m, tgid, "1000 10 replaced\n");
	pk_jit_maps_deinit(&m);
}

static void test_exec_and_reuse(void **state)
{
	struct pk_jit_maps m = { .on = true };
	uint32_t tgid = child;

	(void)state;
	need_dir();
	write_map("1000 10 f\n");
	tell_map(&m, tgid, 0);
	assert_map(&m, tgid, "1000 10 f\n");
	tell_exec(&m, tgid);
	assert_map(&m, tgid, NULL);
	assert_int_equal(m.all.nr, 0);
	tell_map(&m, tgid, 0);
	tell_exit(&m, tgid, PKPROF_TASK_GROUP_DEAD);
	/* another process of that pid */
	write_map("2000 10 g\n");
	tell_map(&m, tgid, 0);
	assert_map(&m, tgid, "2000 10 g\n");
	assert_int_equal(m.all.nr, 1);
	pk_jit_maps_deinit(&m);
}

/* What is worth least goes first; what was sampled is missed. */
static void test_too_many(void **state)
{
	struct pk_jit_maps m = { .on = true };
	uint32_t none = 0x70000000, tgid = child;

	(void)state;
	need_dir();
	write_map("1000 10 f\n");
	tell_map(&m, tgid, 0);
	tell_sample(&m, tgid);
	for (uint32_t i = 1; i < PK_JIT_MAPS_MAX; i++)
		tell_map(&m, none + i, 0);
	tell_sample(&m, none + 1);
	assert_int_equal(m.all.nr, PK_JIT_MAPS_MAX);
	for (uint32_t i = 0; i < 2 * PK_JIT_MAPS_MAX; i++)
		tell_map(&m, none + 1000 + i, 0);
	assert_int_equal(m.all.nr, PK_JIT_MAPS_MAX);
	assert_int_equal(m.nr_given_up, 0);
	assert_map(&m, tgid, "1000 10 f\n");
	/* all are sampled: of those without a map the oldest goes */
	for (uint32_t i = 0; i < 2 * PK_JIT_MAPS_MAX; i++)
		tell_sample(&m, none + 1000 + i);
	tell_map(&m, none, 0);
	assert_int_equal(m.nr_given_up, 1);
	assert_map(&m, tgid, "1000 10 f\n");
	assert_int_equal(m.all.nr, PK_JIT_MAPS_MAX);
	pk_jit_maps_deinit(&m);
}

/* Records of another machine, and those that are too short. */
static void test_not_ours(void **state)
{
	struct pk_jit_maps m = { 0 };
	struct pkprof_rec rec = { .type = PKPROF_REC_MAP, .size = sizeof(rec) };

	(void)state;
	tell_map(&m, child, 0);
	pk_jit_maps_add(&m, child);
	assert_int_equal(m.all.nr, 0);
	m.on = true;
	for (rec.type = 0; rec.type < PKPROF_NR_RECS; rec.type++)
		pk_jit_maps_record(&m, &rec);
	assert_int_equal(m.all.nr, 0);
	pk_jit_maps_deinit(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_ended, setup, teardown),
		cmocka_unit_test_setup_teardown(test_late, setup, teardown),
		cmocka_unit_test_setup_teardown(test_exec_and_reuse, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_many, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_ours, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
