// SPDX-License-Identifier: GPL-2.0-or-later
/* Filters: time, process, comm patterns, phases, and the wall time they leave. */
/* link: tests/unit/model_fixture.c */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/model.h"
#include "model_fixture.h"

/* 0..100 s; a sample each second of tgid 1 (comm "alpha", thread "worker-1") and 2 ("beta"). */
#define S 1000000000ULL

struct world {
	struct pk_profile p;
	struct pk_model m;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct pk_err err = { 0 };

	if (!w)
		return -1;
	fix_init(&w->p);
	w->p.end_ns = 100 * S;
	fix_alive(&w->p, 1, "alpha");
	fix_thread(&w->p, 0, 11, 1, "worker-1");
	fix_alive(&w->p, 2, "beta");
	fix_mark(&w->p, 10 * S, "warm up");
	fix_mark(&w->p, 20 * S, "4 clients");
	fix_mark(&w->p, 50 * S, "pause");
	fix_mark(&w->p, 60 * S, "4 clients");
	for (unsigned int i = 0; i <= 100; i++) {
		fix_sample(&w->p, i * S, 11, 1, 0, 0, 0);
		fix_sample(&w->p, i * S, 2, 2, 0, 0, 0);
	}
	if (pk_model_build(&w->p, NULL, &w->m, &err))
		fail_msg("%s", err.msg);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	pk_model_deinit(&w->m);
	pk_profile_deinit(&w->p);
	free(w);
	return 0;
}

static size_t count(const struct pk_filter *f, const struct world *w)
{
	size_t nr = 0;

	for (size_t i = 0; i < w->p.samples.nr; i++)
		nr += pk_filter_match(f, &w->m, i);
	return nr;
}

static void test_all(void **state)
{
	struct world *w = *state;
	struct pk_filter bare = { .to_ns = UINT64_MAX }, f;

	pk_filter_init(&f);
	assert_int_equal(count(&f, w), 202);
	assert_true(pk_filter_wall_ns(&f, &w->p) == 100 * S);
	pk_filter_deinit(&f);
	assert_int_equal(count(&bare, w), 202);
}

static void test_time(void **state)
{
	struct world *w = *state;
	struct pk_filter f;

	pk_filter_init(&f);
	f.from_ns = 10 * S;
	f.to_ns = 15 * S;
	assert_int_equal(count(&f, w), 10);
	assert_true(pk_filter_wall_ns(&f, &w->p) == 5 * S);
	f.to_ns = 500 * S;
	assert_true(pk_filter_wall_ns(&f, &w->p) == 90 * S);
	f.from_ns = 600 * S;
	assert_int_equal(count(&f, w), 0);
	assert_true(pk_filter_wall_ns(&f, &w->p) == 0);
	pk_filter_deinit(&f);
}

static void test_process_and_comm(void **state)
{
	static const struct {
		const char *pattern;
		size_t nr;
	} cases[] = {
		{ "alpha", 101 },	/* the process of the sampled thread */
		{ "worker-1", 101 },
		{ "work*", 101 },
		{ "*[ae]*a", 202 },
		{ "?eta", 101 },
		{ "bet", 0 },
		{ "BETA", 0 },
		{ "", 0 },
	};
	struct world *w = *state;
	struct pk_filter f, bare = { .to_ns = UINT64_MAX };

	pk_filter_init(&f);
	f.tgid = 2;
	assert_int_equal(count(&f, w), 101);
	f.tgid = 11;	/* a thread is no process */
	assert_int_equal(count(&f, w), 0);
	f.tgid = 0;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bare.comm = f.comm = cases[i].pattern;
		assert_int_equal(count(&f, w), cases[i].nr);
		assert_int_equal(count(&bare, w), cases[i].nr);
	}
	f.comm = "alpha";
	f.tgid = 2;
	assert_int_equal(count(&f, w), 0);
	pk_filter_deinit(&f);
}

static void test_phases(void **state)
{
	struct world *w = *state;
	struct pk_err err = { 0 };
	struct pk_filter f;

	pk_filter_init(&f);
	/* it occurs twice: 20..50 and from 60 to the end, whose last sample counts */
	assert_int_equal(pk_filter_add_phase(&f, &w->p, "4 clients", &err), 0);
	assert_int_equal(f.phases.nr, 2);
	assert_int_equal(count(&f, w), 2 * (30 + 41));
	assert_true(pk_filter_wall_ns(&f, &w->p) == 70 * S);
	assert_int_equal(pk_filter_add_phase(&f, &w->p, "4 clients", &err), 0);
	assert_int_equal(f.phases.nr, 2);
	assert_int_equal(pk_filter_add_phase(&f, &w->p, "warm up", &err), 0);
	assert_int_equal(count(&f, w), 2 * (10 + 30 + 41));
	assert_true(pk_filter_wall_ns(&f, &w->p) == 80 * S);
	f.to_ns = 30 * S;
	assert_int_equal(count(&f, w), 2 * (10 + 10));
	assert_true(pk_filter_wall_ns(&f, &w->p) == 20 * S);
	pk_filter_deinit(&f);
}

/* What of a span is left, as one span. */
static void test_hull(void **state)
{
	static const struct {
		uint64_t from, to, left_from, left_to;
	} cases[] = {
		{ 0, 100, 20, 100 },
		{ 0, 55, 20, 50 },
		{ 25, 30, 25, 30 },
		{ 30, 70, 30, 70 },
		{ 50, 60, 50, 50 },
		{ 55, 65, 60, 65 },
		{ 0, 10, 0, 0 },
	};
	struct world *w = *state;
	uint64_t from, to;
	struct pk_filter f;

	pk_filter_init(&f);
	assert_int_equal(pk_filter_add_phase(&f, &w->p, "4 clients", NULL), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		from = cases[i].from * S;
		to = cases[i].to * S;
		pk_filter_hull(&f, &from, &to);
		assert_int_equal(from, cases[i].left_from * S);
		assert_int_equal(to, cases[i].left_to * S);
	}
	f.from_ns = 40 * S;
	f.to_ns = 55 * S;
	from = 0;
	to = 100 * S;
	pk_filter_hull(&f, &from, &to);
	assert_true(from == 40 * S && to == 50 * S);
	f.phases.nr = 0;
	from = 50 * S;
	pk_filter_hull(&f, &from, &to);
	assert_true(from == 50 * S && to == 50 * S);
	pk_filter_deinit(&f);
}

static void test_unknown_phase(void **state)
{
	struct world *w = *state;
	struct pk_err err = { 0 };
	struct pk_profile none;
	struct pk_filter f;

	pk_filter_init(&f);
	assert_int_equal(pk_filter_add_phase(&f, &w->p, "beta", &err), -ENOENT);
	assert_string_equal(err.msg, "no phase is called \"beta\"; there are: \"warm up\", "
				     "\"4 clients\", \"pause\"");
	assert_int_equal(f.phases.nr, 0);
	fix_init(&none);
	assert_int_equal(pk_filter_add_phase(&f, &none, "x", &err), -ENOENT);
	assert_non_null(strstr(err.msg, "nothing was marked"));
	for (char c = 'a'; c < 'z'; c++)
		fix_mark(&none, c, (const char[]){ c, '\0' });
	assert_int_equal(pk_filter_add_phase(&f, &none, "zz", &err), -ENOENT);
	assert_non_null(strstr(err.msg, "\"j\", ..."));
	pk_profile_deinit(&none);
	pk_filter_deinit(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_process_and_comm),
		cmocka_unit_test(test_phases),
		cmocka_unit_test(test_hull),
		cmocka_unit_test(test_unknown_phase),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
