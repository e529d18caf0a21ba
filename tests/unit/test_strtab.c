// SPDX-License-Identifier: GPL-2.0-or-later
/* Interned strings: equal text, equal id; pointers hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/strtab.h"

static uint32_t intern(struct pk_strtab *t, const char *text, size_t len)
{
	uint32_t id;

	assert_int_equal(pk_strtab_intern(t, text, len, &id), 0);
	return id;
}

static void test_empty_is_0(void **state)
{
	struct pk_strtab t;

	(void)state;
	assert_int_equal(pk_strtab_init(&t), 0);
	assert_int_equal(intern(&t, "", 0), 0);
	assert_int_equal(intern(&t, NULL, 0), 0);
	assert_string_equal(pk_strtab_get(&t, 0), "");
	/* ids that were never given out are as good as empty */
	assert_string_equal(pk_strtab_get(&t, 1), "");
	assert_int_equal(pk_strtab_len(&t, UINT32_MAX), 0);
	pk_strtab_deinit(&t);
}

static void test_same_text_same_id(void **state)
{
	struct pk_strtab t;
	uint32_t id;

	(void)state;
	assert_int_equal(pk_strtab_init(&t), 0);
	assert_int_equal(pk_strtab_find(&t, "abc", 3), PK_MAP64_NONE);
	assert_int_equal(intern(&t, "abc", 3), 1);
	assert_int_equal(intern(&t, "abcd", 3), 1);
	assert_int_equal(intern(&t, "abcd", 4), 2);
	assert_int_equal(intern(&t, "a\0b", 3), 3);
	assert_int_equal(intern(&t, "a\0c", 3), 4);
	assert_int_equal(intern(&t, "\0", 1), 5);
	assert_int_equal(pk_strtab_intern_z(&t, "abcd", &id), 0);
	assert_int_equal(id, 2);
	assert_int_equal(pk_strtab_find(&t, "a\0c", 3), 4);
	assert_int_equal(pk_strtab_len(&t, 4), 3);
	assert_string_equal(pk_strtab_get(&t, 1), "abc");
	pk_strtab_deinit(&t);
}

#define NR 20000

static void test_many(void **state)
{
	static char big[200000];
	const char *first;
	struct pk_strtab t;
	char text[32];

	(void)state;
	memset(big, 'b', sizeof(big));
	assert_int_equal(pk_strtab_init(&t), 0);
	assert_int_equal(intern(&t, "first", 5), 1);
	first = pk_strtab_get(&t, 1);
	for (uint32_t i = 0; i < NR; i++) {
		int len = snprintf(text, sizeof(text), "text %u", i);

		assert_int_equal(intern(&t, text, len), i + 2);
		/* larger than a block, in between */
		if (i == NR / 2)
			assert_int_equal(pk_strtab_find(&t, big, sizeof(big)), PK_MAP64_NONE);
	}
	assert_int_equal(intern(&t, big, sizeof(big)), NR + 2);
	assert_int_equal(intern(&t, "behind", 6), NR + 3);
	for (uint32_t i = 0; i < NR; i++) {
		int len = snprintf(text, sizeof(text), "text %u", i);

		assert_int_equal(pk_strtab_find(&t, text, len), i + 2);
		assert_string_equal(pk_strtab_get(&t, i + 2), text);
	}
	assert_memory_equal(pk_strtab_get(&t, NR + 2), big, sizeof(big));
	assert_ptr_equal(pk_strtab_get(&t, 1), first);
	assert_string_equal(first, "first");
	pk_strtab_deinit(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_is_0),
		cmocka_unit_test(test_same_text_same_id),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
