// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Remembered steps: what is found is what was added last for that very address; a
 * full set makes room; nothing is left when all is forgotten.
 */
/* link: kmod/steps.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "steps.h"

#define TEXT 0xffffffff81000000ULL

static struct pk_steps steps;

static int setup(void **state)
{
	(void)state;
	memset(&steps, 0, sizeof(steps));
	return 0;
}

static void add(u64 ip, bool exact, s16 arg)
{
	pk_steps_add(&steps, pk_step_tag(ip, exact) | pk_step(PK_STEP_SP, arg, 2));
}

static void test_parts(void **state)
{
	static const s16 args[] = { 0, 8, -168, INT16_MAX, INT16_MIN };
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(args); i++) {
		u64 step = pk_step_tag(TEXT + 5, true) | PK_STEP_OWN |
			   pk_step(PK_STEP_BP, args[i], PK_STEP_BP_UNKNOWN);

		assert_int_equal(pk_step_kind(step), PK_STEP_BP);
		assert_int_equal(pk_step_arg(step), args[i]);
		assert_int_equal(pk_step_bp(step), PK_STEP_BP_UNKNOWN);
		assert_true(step & PK_STEP_OWN);
		assert_int_equal(step & PK_STEP_TAG, pk_step_tag(TEXT + 5, true));
	}
}

/* User addresses, and kernel addresses outside its code, have no entry. */
static void test_addresses(void **state)
{
	(void)state;
	assert_true(pk_step_is_for(TEXT));
	assert_true(pk_step_is_for(0xffffffffc0000000ULL));
	assert_true(pk_step_is_for(0xffffffff80000000ULL));
	assert_false(pk_step_is_for(0xffffffff7fffffffULL));
	assert_false(pk_step_is_for(0xffff888081000000ULL));
	assert_false(pk_step_is_for(0x7fff81000000ULL));
	assert_false(pk_step_is_for(0));
}

static void test_found_as_added(void **state)
{
	u64 step;

	(void)state;
	assert_int_equal(pk_step_kind(pk_steps_find(&steps, TEXT, false)), PK_STEP_NONE);
	add(TEXT, false, 24);
	step = pk_steps_find(&steps, TEXT, false);
	assert_int_equal(pk_step_kind(step), PK_STEP_SP);
	assert_int_equal(pk_step_arg(step), 24);
	/* as an address of its own it is another */
	assert_int_equal(pk_step_kind(pk_steps_find(&steps, TEXT, true)), PK_STEP_NONE);
	add(TEXT, true, 16);
	assert_int_equal(pk_step_arg(pk_steps_find(&steps, TEXT, true)), 16);
	assert_int_equal(pk_step_arg(pk_steps_find(&steps, TEXT, false)), 24);
	/* once more: in its own place */
	add(TEXT, false, 32);
	assert_int_equal(pk_step_arg(pk_steps_find(&steps, TEXT, false)), 32);
	assert_int_equal(pk_step_arg(pk_steps_find(&steps, TEXT, true)), 16);
}

/* Half as many as there are entries: each is found as it was added, or not at all. */
static void test_many(void **state)
{
	const u32 nr = PK_STEP_SETS * PK_STEP_WAYS / 2;
	u32 i, found = 0;
	u64 step;

	(void)state;
	for (i = 0; i < nr; i++)
		add(TEXT + 37 * i, i % 2, i % 1000 + 8);
	for (i = 0; i < nr; i++) {
		step = pk_steps_find(&steps, TEXT + 37 * i, i % 2);
		if (!pk_step_kind(step))
			continue;
		assert_int_equal(pk_step_arg(step), i % 1000 + 8);
		found++;
	}
	assert_true(found > nr * 7 / 8);
}

/* The newest is there, however many came before. */
static void test_full_set_makes_room(void **state)
{
	u32 i;

	(void)state;
	for (i = 0; i < 100000; i++) {
		add(TEXT + i, false, i % 100);
		assert_int_equal(pk_step_arg(pk_steps_find(&steps, TEXT + i, false)), i % 100);
	}
}

static void test_forget(void **state)
{
	u32 i;

	(void)state;
	for (i = 0; i < 5000; i++)
		add(TEXT + i, false, 8);
	pk_steps_forget(&steps);
	for (i = 0; i < 5000; i++)
		assert_int_equal(pk_step_kind(pk_steps_find(&steps, TEXT + i, false)), PK_STEP_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_parts, setup),
		cmocka_unit_test_setup(test_addresses, setup),
		cmocka_unit_test_setup(test_found_as_added, setup),
		cmocka_unit_test_setup(test_many, setup),
		cmocka_unit_test_setup(test_full_set_makes_room, setup),
		cmocka_unit_test_setup(test_forget, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
