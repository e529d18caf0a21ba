// SPDX-License-Identifier: GPL-2.0-or-later
/* Layout of flame graphs: places, what is left out, colours that text can be read on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <math.h>

#include "export/flame_layout.h"

/* A tree written down as (depth, label, self) in preorder; labels are bases of that name. */
static struct pk_profile profile;
static struct pk_model model;

static void add_call(struct pk_calltree *t, uint32_t depth, const char *name, uint64_t self)
{
	struct pk_call *c = pk_vec_push(&t->calls);
	uint32_t parent = depth ? t->calls.nr - 2 : 0, id;

	assert_non_null(c);
	assert_int_equal(pk_strtab_intern_z(&profile.strings, name, &id), 0);
	while (parent && t->calls.data[parent].depth != depth - 1)
		parent--;
	c->parent = parent;
	c->depth = depth;
	c->self = c->total = self;
	if (depth) {
		c->label = model.frames.nr + t->bases.nr;
		assert_int_equal(pk_vec_add(&t->bases, id), 0);
		if (depth > t->max_depth)
			t->max_depth = depth;
	}
}

static void sum_up(struct pk_calltree *t)
{
	for (size_t i = t->calls.nr; i-- > 1;) {
		t->calls.data[t->calls.data[i].parent].total += t->calls.data[i].total;
		t->calls.data[t->calls.data[i].parent].nr_below += t->calls.data[i].nr_below + 1;
	}
}

static int setup(void **state)
{
	(void)state;
	assert_int_equal(pk_profile_init(&profile), 0);
	model.profile = &profile;
	return pk_vec_push(&model.frames) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	pk_vec_deinit(&model.frames);
	pk_profile_deinit(&profile);
	return 0;
}

static struct pk_calltree example(void)
{
	struct pk_calltree t = { .model = &model };

	add_call(&t, 0, "all", 0);
	add_call(&t, 1, "a", 10);
	add_call(&t, 2, "a1", 500);
	add_call(&t, 2, "a2", 2);
	add_call(&t, 3, "a2x", 3);
	add_call(&t, 2, "a3", 85);
	add_call(&t, 1, "b", 4);
	add_call(&t, 1, "c", 396);
	sum_up(&t);
	return t;
}

static void deinit(struct pk_calltree *t)
{
	pk_calltree_deinit(t);
}

static void assert_box(const struct pk_flame_layout *l, size_t i, const char *name, uint64_t x,
		       uint64_t total)
{
	const struct pk_flame_box *b = &l->boxes.data[i];

	assert_true(i < l->boxes.nr);
	assert_string_equal(pk_calltree_name(l->tree, l->labels.data[b->label]), name);
	assert_int_equal(b->x, x);
	assert_int_equal(b->total, total);
}

static void test_all_shown(void **state)
{
	struct pk_calltree t = example();
	struct pk_flame_layout l;

	(void)state;
	assert_int_equal(pk_flame_layout_init(&t, 0, &l), 0);
	assert_int_equal(l.boxes.nr, 8);
	assert_int_equal(l.max_depth, 3);
	assert_int_equal(l.nr_narrow, 0);
	assert_box(&l, 0, "all", 0, 1000);
	assert_box(&l, 1, "a", 0, 600);
	assert_box(&l, 2, "a1", 0, 500);
	assert_box(&l, 3, "a2", 500, 5);
	assert_box(&l, 4, "a2x", 500, 3);
	assert_box(&l, 5, "a3", 505, 85);
	assert_box(&l, 6, "b", 600, 4);
	assert_box(&l, 7, "c", 604, 396);
	pk_flame_layout_deinit(&l);
	deinit(&t);
}

/* What is left out leaves no gap, takes its subtree with it and is counted. */
static void test_narrow(void **state)
{
	struct pk_calltree t = example();
	struct pk_flame_layout l;

	(void)state;
	assert_int_equal(pk_flame_layout_init(&t, 0.0051, &l), 0);
	assert_int_equal(l.boxes.nr, 5);
	assert_int_equal(l.max_depth, 2);
	assert_int_equal(l.nr_narrow, 3);
	assert_int_equal(l.narrow_weight, 9);
	assert_box(&l, 1, "a", 0, 600);
	assert_int_equal(l.boxes.data[1].narrow, 5);
	assert_int_equal(l.boxes.data[0].narrow, 4);
	assert_box(&l, 3, "a3", 500, 85);
	assert_box(&l, 4, "c", 600, 396);
	assert_int_equal(l.labels.nr, 5);
	pk_flame_layout_deinit(&l);
	deinit(&t);
}

static void test_empty(void **state)
{
	struct pk_calltree t = { .model = &model };
	struct pk_flame_layout l;

	(void)state;
	add_call(&t, 0, "all", 0);
	assert_int_equal(pk_flame_layout_init(&t, 0.1, &l), 0);
	assert_int_equal(l.boxes.nr, 1);
	assert_box(&l, 0, "all", 0, 0);
	pk_flame_layout_deinit(&l);
	deinit(&t);
}

/* Relative luminance and contrast: WCAG 2.1, "relative luminance", "contrast ratio". */
static double luminance(uint32_t colour)
{
	static const double weight[] = { 0.0722, 0.7152, 0.2126 };
	double sum = 0;

	for (int i = 0; i < 3; i++) {
		double c = (colour >> (8 * i) & 255) / 255.0;

		sum += weight[i] * (c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
	}
	return sum;
}

static void test_colours(void **state)
{
	double text = luminance(0x16181d);

	(void)state;
	for (int kind = 0; kind < PK_FLAME_NR_KINDS; kind++) {
		for (unsigned int shade = 0; shade < PK_FLAME_NR_SHADES; shade++) {
			double back = luminance(pk_flame_colour(kind, shade));

			/* level AAA of WCAG */
			assert_true((back + 0.05) / (text + 0.05) >= 7);
		}
	}
	/* hues tell the kinds apart: warm, blue, green */
	for (unsigned int shade = 0; shade < PK_FLAME_NR_SHADES; shade++) {
		uint32_t user = pk_flame_colour(PK_FLAME_USER, shade);
		uint32_t kernel = pk_flame_colour(PK_FLAME_KERNEL, shade);
		uint32_t jit = pk_flame_colour(PK_FLAME_JIT, shade);

		assert_true((user >> 16) > (user & 255));
		assert_true((kernel & 255) > (kernel >> 16));
		assert_true((jit >> 8 & 255) > (jit >> 16) && (jit >> 8 & 255) > (jit & 255));
	}
}

static void test_shades(void **state)
{
	unsigned int seen = 0;
	char name[32];

	(void)state;
	assert_int_equal(pk_flame_shade("main"), pk_flame_shade("main"));
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "function_%d", i);
		assert_true(pk_flame_shade(name) < PK_FLAME_NR_SHADES);
		seen |= 1u << pk_flame_shade(name);
	}
	assert_int_equal(seen, (1u << PK_FLAME_NR_SHADES) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_shown), cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_empty),	  cmocka_unit_test(test_colours),
		cmocka_unit_test(test_shades),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
