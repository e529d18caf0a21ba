// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of sources and losses, lists of CPUs. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "record/cpu_list.h"
#include "source/names.h"
#include "source/source.h"

static void test_all_have_names(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < PKPROF_NR_SOURCES; i++) {
		assert_non_null(pk_source_names[i].name);
		assert_non_null(pk_source_names[i].help);
		for (unsigned int j = 0; j < i; j++)
			assert_string_not_equal(pk_source_name(i), pk_source_name(j));
	}
	for (unsigned int i = 0; i < PKPROF_NR_LOSSES; i++) {
		assert_non_null(pk_loss_names[i].name);
		assert_non_null(pk_loss_names[i].help);
	}
	assert_string_equal(pk_source_name(PKPROF_NR_SOURCES), "?");
	assert_string_equal(pk_loss_name(1000), "?");
}

static void test_sources_there_and_back(void **state)
{
	struct pk_err err;

	(void)state;
	for (uint32_t mask = 0; mask < 1u << PKPROF_NR_SOURCES; mask++) {
		struct pk_strbuf text = { 0 };
		uint32_t got;

		pk_sources_format(mask, &text);
		assert_int_equal(pk_sources_parse(text.data ? text.data : "", &got, &err), 0);
		assert_int_equal(got, mask);
		pk_strbuf_deinit(&text);
	}
	assert_int_equal(pk_sources_parse("cpu,nosuch", &(uint32_t){ 0 }, &err), -EINVAL);
	assert_int_equal(err.exit_code, PK_EXIT_USAGE);
	assert_non_null(strstr(err.msg, "'nosuch'"));
	assert_int_equal(pk_sources_parse("cp", &(uint32_t){ 0 }, &err), -EINVAL);
	assert_int_equal(pk_sources_parse("cpus", &(uint32_t){ 0 }, &err), -EINVAL);
}

static void test_engines(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < pk_nr_source_engines; i++)
		assert_ptr_equal(pk_source_find(pk_source_engines[i]->name), pk_source_engines[i]);
	assert_null(pk_source_find("nosuch"));
}

static void parses(const char *text, const char *cpus)
{
	pk_cpu_set s = { 0 };
	struct pk_err err;

	assert_int_equal(pk_cpu_list_parse(text, &s, &err), 0);
	for (unsigned int cpu = 0; cpu < 100; cpu++) {
		char word[8];

		snprintf(word, sizeof(word), " %u ", cpu);
		assert_int_equal(pk_cpu_set_has(&s, cpu), strstr(cpus, word) != NULL);
	}
	pk_vec_deinit(&s);
}

static void refuses(const char *text)
{
	pk_cpu_set s = { 0 };
	struct pk_err err = { 0 };

	assert_int_equal(pk_cpu_list_parse(text, &s, &err), -EINVAL);
	assert_int_equal(err.exit_code, PK_EXIT_USAGE);
	assert_non_null(strstr(err.msg, text));
	pk_vec_deinit(&s);
}

static void test_cpu_lists(void **state)
{
	(void)state;
	parses("0", " 0 ");
	parses("0,2-4", " 0  2  3  4 ");
	parses("63-64,8", " 63  64  8 ");
	parses("7-7", " 7 ");
	refuses("");
	refuses("x");
	refuses("1,");
	refuses(",1");
	refuses("3-1");
	refuses("1-");
	refuses("-1");
	refuses(" 1");
	refuses("1 2");
	refuses("70000");
	refuses("99999999999999999999");
}

static void test_cpus_of_this_machine(void **state)
{
	pk_cpu_set s = { 0 };
	struct pk_err err = { 0 };

	(void)state;
	assert_int_equal(pk_cpu_list_parse("0", &s, &err), 0);
	assert_int_equal(pk_cpu_set_check(&s, &err), 0);
	assert_int_equal(pk_cpu_list_parse("60000", &s, &err), 0);
	assert_int_equal(pk_cpu_set_check(&s, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "60000"));
	pk_vec_deinit(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_have_names),
		cmocka_unit_test(test_sources_there_and_back),
		cmocka_unit_test(test_engines),
		cmocka_unit_test(test_cpu_lists),
		cmocka_unit_test(test_cpus_of_this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
