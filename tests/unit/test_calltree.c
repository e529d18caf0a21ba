// SPDX-License-Identifier: GPL-2.0-or-later
/* Call trees and frame weights, against sums made the slow way from the samples. */
/* link: tests/unit/model_fixture.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/calltree.h"
#include "analysis/frame_weights.h"
#include "base/strbuf.h"
#include "model_fixture.h"

#define MS 1000000ULL
#define BASE 0x400000ULL
#define STEP 0x100ULL	/* bytes of a function */

static struct pk_profile profile;
static struct pk_model model;
static struct pk_filter filter;
static struct pk_scope scope;

/* Functions a, b, c, ... of one program. */
static void add_program(uint32_t tgid, const char *comm)
{
	static uint32_t file;
	char name[2] = "a";

	if (!profile.files.nr || !file) {
		file = fix_file(&profile, "/bin/prog");
		for (uint64_t i = 0; i < 8; i++, name[0]++)
			fix_symbol(&profile, PK_SPACE_FILE, file, i * STEP, STEP, name, "/bin/prog");
		fix_sort_symbols(&profile);
	}
	fix_alive(&profile, tgid, comm);
	fix_map(&profile, 0, tgid, BASE, 0x10000, file, 0);
}

static uint32_t stack(const char *letters)
{
	uint64_t addr[32];
	size_t nr = strlen(letters);

	for (size_t i = 0; i < nr; i++)
		addr[i] = BASE + (letters[i] - 'a') * STEP + i;
	return fix_stack(&profile, addr, nr);
}

static void take(uint32_t tid, uint32_t tgid, const char *letters, unsigned int times)
{
	static uint64_t now;
	uint32_t node = *letters ? stack(letters) : 0;

	while (times--)
		fix_sample(&profile, now += MS, tid, tgid, node, 0, PKPROF_SAMPLE_USER);
}

static int setup(void **state)
{
	(void)state;
	fix_init(&profile);
	fix_fact(&profile, "record.period_ns", "1000000");
	add_program(10, "zeta");
	add_program(20, "alpha");
	fix_thread(&profile, 1, 21, 20, "worker");
	take(10, 10, "abc", 5);
	take(10, 10, "abd", 3);
	take(10, 10, "ab", 2);
	take(20, 20, "abc", 1);
	take(21, 20, "abababa", 4);
	take(21, 20, "cba", 7);
	take(20, 20, "", 6);
	pk_filter_init(&filter);
	assert_int_equal(pk_model_build(&profile, NULL, &model, NULL), 0);
	assert_int_equal(pk_scope_init(&model, &filter, &scope, NULL), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pk_scope_deinit(&scope);
	pk_filter_deinit(&filter);
	pk_model_deinit(&model);
	pk_profile_deinit(&profile);
	return 0;
}

/* "name self/total" of all calls, indented by depth. */
static void assert_tree(const struct pk_calltree *t, const char *wanted)
{
	struct pk_strbuf b = { 0 };

	PK_VEC_FOREACH(&t->calls, c) {
		for (uint32_t i = 0; i < c->depth; i++)
			pk_strbuf_putc(&b, ' ');
		pk_strbuf_printf(&b, "%s %u/%u\n", pk_calltree_name(t, c->label),
				 (unsigned int)c->self, (unsigned int)c->total);
	}
	pk_strbuf_putc(&b, '\0');
	assert_string_equal(b.data, wanted);
	pk_strbuf_deinit(&b);
}

static void assert_links(const struct pk_calltree *t)
{
	for (size_t i = 1; i < t->calls.nr; i++) {
		const struct pk_call *c = &t->calls.data[i], *p = &t->calls.data[c->parent];

		assert_true(c->parent < i && i <= c->parent + p->nr_below);
		assert_int_equal(c->depth, p->depth + 1);
		assert_true(c->depth <= t->max_depth);
		assert_true(i + c->nr_below <= c->parent + p->nr_below);
	}
}

static void test_forward(void **state)
{
	struct pk_calltree_opts o = { 0 };
	struct pk_calltree t;

	(void)state;
	assert_int_equal(pk_calltree_init(&scope, &o, &t), 0);
	assert_links(&t);
	assert_tree(&t, "all 0/28\n"
			" alpha 6/18\n"
			"  a 0/5\n"
			"   b 0/5\n"
			"    a 0/4\n"
			"     b 0/4\n"
			"      a 0/4\n"
			"       b 0/4\n"
			"        a 4/4\n"
			"    c 1/1\n"
			"  c 0/7\n"
			"   b 0/7\n"
			"    a 7/7\n"
			" zeta 0/10\n"
			"  a 0/10\n"
			"   b 2/10\n"
			"    c 5/5\n"
			"    d 3/3\n");
	pk_calltree_deinit(&t);
}

static void test_reverse_threads(void **state)
{
	struct pk_calltree_opts o = { .reverse = true, .threads = true };
	struct pk_calltree t;

	(void)state;
	assert_int_equal(pk_calltree_init(&scope, &o, &t), 0);
	assert_links(&t);
	assert_tree(&t, "all 0/28\n"
			" alpha 6/7\n"
			"  c 0/1\n"
			"   b 0/1\n"
			"    a 1/1\n"
			" worker 0/11\n"
			"  a 0/11\n"
			"   b 0/11\n"
			"    a 0/4\n"
			"     b 0/4\n"
			"      a 0/4\n"
			"       b 0/4\n"
			"        a 4/4\n"
			"    c 7/7\n"
			" zeta 0/10\n"
			"  b 0/2\n"
			"   a 2/2\n"
			"  c 0/5\n"
			"   b 0/5\n"
			"    a 5/5\n"
			"  d 0/3\n"
			"   b 0/3\n"
			"    a 3/3\n");
	pk_calltree_deinit(&t);
}

/* Self and total of a frame, one sample after the other. */
static void count_slowly(const char *name, uint64_t *self, uint64_t *total)
{
	*self = *total = 0;
	for (size_t i = 0; i < scope.nr_samples; i++) {
		uint32_t leaf = model.sample_stack[scope.samples[i]];
		bool on = false;

		for (uint32_t n = leaf; n; n = model.nodes.data[n].parent) {
			uint32_t frame = model.nodes.data[n].frame;
			bool is = !strcmp(pk_model_string(&model, model.frames.data[frame].name),
					  name);

			on |= is;
			*self += is && n == leaf;
		}
		*total += on;
	}
}

static void test_frames(void **state)
{
	struct pk_frame_weights w;

	(void)state;
	assert_int_equal(pk_frame_weights_init(&scope, &w), 0);
	assert_int_equal(w.nr_without_stack, 6);
	for (size_t i = 1; i < model.frames.nr; i++) {
		uint64_t self, total;

		count_slowly(pk_model_string(&model, model.frames.data[i].name), &self, &total);
		assert_int_equal(w.self[i], self);
		assert_int_equal(w.total[i], total);
	}
	pk_frame_weights_deinit(&w);
}

static void test_nothing(void **state)
{
	struct pk_calltree_opts o = { 0 };
	struct pk_frame_weights w;
	struct pk_filter none;
	struct pk_calltree t;
	struct pk_scope s;

	(void)state;
	pk_filter_init(&none);
	none.tgid = 4711;
	assert_int_equal(pk_scope_init(&model, &none, &s, NULL), 0);
	assert_int_equal(s.nr_samples, 0);
	assert_int_equal(pk_calltree_init(&s, &o, &t), 0);
	assert_tree(&t, "all 0/0\n");
	assert_int_equal(pk_frame_weights_init(&s, &w), 0);
	pk_frame_weights_deinit(&w);
	pk_calltree_deinit(&t);
	pk_scope_deinit(&s);
	pk_filter_deinit(&none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forward),
		cmocka_unit_test(test_reverse_threads),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
