// SPDX-License-Identifier: GPL-2.0-or-later
/* Parts of a whole in text, and rows and columns that people need not see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/map64.h"
#include "base/utf8.h"
#include "view/json_view.h"
#include "view/parts.h"
#include "view/text.h"

static void assert_bar(const uint64_t *parts, unsigned int width, const char *expected)
{
	struct pk_strbuf b = { 0 };

	pk_parts_bar(parts, "abcd", 4, width, &b);
	assert_string_equal(b.data, expected);
	pk_strbuf_deinit(&b);
}

static void test_bar(void **state)
{
	(void)state;
	assert_bar((uint64_t[]){ 1, 1, 1, 1 }, 8, "aabbccdd");
	assert_bar((uint64_t[]){ 100, 0, 0, 1 }, 8, "aaaaaaaa");
	assert_bar((uint64_t[]){ 0, 0, 0, 0 }, 4, "    ");
	assert_bar((uint64_t[]){ 0, 3, 0, 1 }, 4, "bbbd");
	assert_bar((uint64_t[]){ 1ULL << 62, 1ULL << 62, 1ULL << 62, 1ULL << 62 }, 4, "abcd");
	/* always as wide as it is to be: rounding neither adds nor loses a character */
	for (uint64_t i = 1; i < 2000; i++) {
		uint64_t parts[4] = { pk_hash64(i) % 100, pk_hash64(i + 7777) % 10,
				      pk_hash64(i + 1234567) % 1000, i % 3 };
		struct pk_strbuf b = { 0 };

		pk_parts_bar(parts, "abcd", 4, 16, &b);
		assert_int_equal(b.len, 16);
		assert_null(strchr(b.data, parts[0] ? ' ' : '!'));
		pk_strbuf_deinit(&b);
	}
}

static const struct pk_column columns[] = {
	{ "name", "name", PK_COL_TEXT, 0 },
	{ "total", "total", PK_COL_NS, PK_COL_SPARE | PK_COL_ROW_IF },
	{ "label", "label", PK_COL_TEXT, PK_COL_SCREEN },
	{ "cpu_ns", "cpu", PK_COL_NS, PK_COL_PART_OF('#') },
	{ "disk_ns", "disk", PK_COL_NS, PK_COL_PART_OF('d') },
	{ "poll_ns", "poll", PK_COL_NS, PK_COL_PART_OF('.') },
	{ 0 },
};

static int add(struct pk_table *t, const char *name, uint64_t cpu, uint64_t disk, uint64_t poll)
{
	return pk_table_row(t, PK_TEXT(name), PK_COUNT(cpu + disk + poll), PK_TEXT("seen"),
			    PK_COUNT(cpu), PK_COUNT(disk), PK_COUNT(poll));
}

static void fill(struct pk_result *r)
{
	struct pk_table *t = pk_result_table(r, "rows", "Rows", columns, 0);

	assert_non_null(t);
	assert_int_equal(add(t, "one", 500, 250, 250), 0);
	assert_int_equal(add(t, "nothing", 0, 0, 0), 0);
	assert_int_equal(add(t, "two", 0, 0, 1000), 0);
}

static void test_text(void **state)
{
	struct pk_text_style style = { 0 };
	struct pk_result r = { 0 };
	struct pk_strbuf b = { 0 };

	(void)state;
	fill(&r);
	pk_text_result(&r, &style, &b);
	assert_string_equal(b.data,
			    "Rows\n"
			    "  name  total us  label  where it went     \n"
			    "  one      1.000  seen   ########dddd....  cpu 50% disk 25% poll 25%\n"
			    "  two      1.000  seen   ................  poll 100%\n"
			    "  #=cpu d=disk .=poll\n\n");
	/* a narrow line loses what can be spared, then the ends of names, never the bar */
	pk_strbuf_clear(&b);
	style.width = 50;
	pk_text_result(&r, &style, &b);
	assert_non_null(strstr(b.data, "########dddd...."));
	assert_null(strstr(b.data, "total"));
	for (char *line = strtok(b.data, "\n"); line; line = strtok(NULL, "\n"))
		assert_true(pk_utf8_columns(line) <= 50);
	pk_strbuf_deinit(&b);
	pk_result_deinit(&r);
}

/* Programs get the parts as they are, and every row. */
static void test_json(void **state)
{
	struct pk_result r = { 0 };
	struct pk_strbuf b = { 0 };
	struct pk_json j = pk_json_of(&b, 2);

	(void)state;
	fill(&r);
	pk_json_result(&j, NULL, &r);
	assert_non_null(strstr(b.data, "\"disk_ns\": 250"));
	assert_non_null(strstr(b.data, "\"nothing\""));
	assert_null(strstr(b.data, "label"));
	assert_null(strstr(b.data, "####"));
	pk_strbuf_deinit(&b);
	pk_result_deinit(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bar),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
