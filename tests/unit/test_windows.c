// SPDX-License-Identifier: GPL-2.0-or-later
/* Recording in windows by a child process, and the hottest stacks of a window. */
/* link: tests/unit/record_fixture.c */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "analysis/hottest.h"
#include "profile/reader.h"
#include "record/windows.h"
#include "record_fixture.h"
#include "source/fake.h"

static struct pk_fake script;
static char engine_arg[64], tmp[32];

static int setup(void **state)
{
	(void)state;
	strcpy(tmp, "/tmp/pk-test-XXXXXX");
	assert_non_null(mkdtemp(tmp));
	setenv("TMPDIR", tmp, 1);
	pk_fake_init(&script);
	script.info.t0_ns = 1000;
	script.info.period_ns = 1000000;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pk_fake_deinit(&script);
	/* nothing is left behind */
	assert_int_equal(rmdir(tmp), 0);
	return 0;
}

static struct pk_record_config config(void)
{
	return (struct pk_record_config){
		.engine = &pk_source_fake,
		.engine_arg = pk_fake_arg(&script, engine_arg),
		.source = { .period_ns = 1000000,
			    .sources = 1u << PKPROF_SRC_CPU | 1u << PKPROF_SRC_TASK },
		.duration_ns = 3600ULL * 1000000000,
	};
}

static void add(unsigned int cpu, const void *rec)
{
	assert_int_equal(pk_fake_add(&script, cpu, rec), 0);
}

/* Three samples in one stack, one in another. */
static void add_samples(void)
{
	add(0, make_comm(1500, 7, "worker"));
	add(0, make_stack(PKPROF_STACK_KERNEL, 1, 0, 3));
	add(0, make_stack(PKPROF_STACK_KERNEL, 2, 0x100, 2));
	for (uint64_t i = 0; i < 3; i++)
		add(0, make_sample(2000 + i, 7, 1, PKPROF_NO_STACK));
	add(0, make_sample(3000, 7, 2, PKPROF_NO_STACK));
	assert_int_equal(pk_fake_end_round(&script, 4000), 0);
}

static bool readable(const struct pk_windows *w)
{
	struct pollfd fd = { .fd = w->fd, .events = POLLIN };

	return poll(&fd, 1, 20000) == 1;
}

static void read_hottest(const char *path, size_t max, struct pk_hottest *ret)
{
	struct pk_filter filter;
	struct pk_profile p;
	struct pk_model m;
	struct pk_scope s;

	assert_int_equal(pk_profile_load(path, &p, NULL), 0);
	assert_int_equal(p.state, PK_FILE_CLOSED);
	pk_filter_init(&filter);
	assert_int_equal(pk_model_build(&p, NULL, &m, NULL), 0);
	assert_int_equal(pk_scope_init(&m, &filter, &s, NULL), 0);
	assert_int_equal(pk_hottest_init(&s, max, ret), 0);
	pk_scope_deinit(&s);
	pk_filter_deinit(&filter);
	pk_model_deinit(&m);
	pk_profile_deinit(&p);
}

static void test_window(void **state)
{
	struct pk_record_config cfg = config();
	struct pk_err err = { 0 };
	struct pk_hottest hot;
	struct pk_windows w;
	char path[96];

	(void)state;
	add_samples();
	assert_int_equal(pk_windows_open(&w, &cfg, &err), 0);
	assert_true(readable(&w));
	assert_int_equal(pk_windows_take(&w, path, &err), 0);
	read_hottest(path, 10, &hot);
	assert_int_equal(hot.nr_samples, 4);
	assert_int_equal(hot.stacks.nr, 2);
	assert_int_equal(hot.stacks.data[0].nr_samples, 3);
	assert_string_equal(hot.stacks.data[0].process, "worker");
	assert_non_null(strstr(hot.stacks.data[0].stack, " < "));
	assert_int_equal(hot.stacks.data[1].nr_samples, 1);
	pk_hottest_deinit(&hot);
	read_hottest(path, 1, &hot);
	assert_int_equal(hot.nr_samples, 4);
	assert_int_equal(hot.stacks.nr, 1);
	pk_hottest_deinit(&hot);
	/* the engine had no more: so has the child */
	assert_true(readable(&w));
	assert_int_equal(pk_windows_take(&w, path, &err), -EPIPE);
	pk_windows_close(&w);
	pk_windows_close(&w);
}

/* What the recording failed of is told in its own words. */
static void test_refused(void **state)
{
	struct pk_record_config cfg = config();
	struct pk_err err = { 0 };
	struct pk_windows w;
	char path[96];

	(void)state;
	script.fail_start = -EBUSY;
	assert_int_equal(pk_windows_open(&w, &cfg, &err), 0);
	assert_true(readable(&w));
	assert_int_equal(pk_windows_take(&w, path, &err), -EBUSY);
	assert_true(err.msg[0]);
	pk_windows_close(&w);
}

static int take_time(struct pk_fake *f, unsigned int round)
{
	(void)f;
	(void)round;
	usleep(10000);
	return 0;
}

/* It can be ended in the middle of a window. */

static void test_cancelled(void **state)
{
	struct pk_record_config cfg = config();
	struct pk_err err = { 0 };
	struct pk_windows w;

	(void)state;
	for (unsigned int i = 0; i < 20000; i++)
		assert_int_equal(pk_fake_end_round(&script, 4000 + i), 0);
	script.on_round = take_time;
	assert_int_equal(pk_windows_open(&w, &cfg, &err), 0);
	usleep(300000);
	pk_windows_close(&w);
	assert_int_equal(w.pid, 0);
}

static void test_no_folder(void **state)
{
	struct pk_record_config cfg = config();
	struct pk_err err = { 0 };
	struct pk_windows w;

	(void)state;
	setenv("TMPDIR", "/nonexistent", 1);
	assert_int_equal(pk_windows_open(&w, &cfg, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "TMPDIR"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_window, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cancelled, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_folder, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
