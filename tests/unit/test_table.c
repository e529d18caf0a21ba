// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables and how the views show them: alignment, units, terminals of any width, JSON. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <cjson/cJSON.h>

#include "base/utf8.h"
#include "view/json_view.h"
#include "view/text.h"

static const struct pk_column columns[] = {
	{ "pid", "pid", PK_COL_COUNT, PK_COL_KEY },
	{ "n", "samples", PK_COL_COUNT, 0 },
	{ "secret", "secret", PK_COL_TEXT, PK_COL_HIDDEN },
	{ "ns", "time", PK_COL_NS, 0 },
	{ "share", "share", PK_COL_RATIO, PK_COL_BAR },
	{ "error", "±", PK_COL_RATIO, PK_COL_ERROR },
	{ "rare", "rare", PK_COL_COUNT, PK_COL_IF_ANY },
	{ "path", "file", PK_COL_TEXT, PK_COL_BASENAME },
	{ "args", "command", PK_COL_TEXT, PK_COL_ELASTIC },
	{ 0 },
};

static struct pk_table *add_table(struct pk_result *r)
{
	struct pk_table *t = pk_result_table(r, "things", "Things", columns, 0);

	assert_non_null(t);
	assert_int_equal(t->nr_columns, 9);
	assert_int_equal(pk_table_row(t, PK_COUNT(12345), PK_COUNT(1234567), PK_TEXT("x"),
				      PK_COUNT(12500000000), PK_REAL(0.5), PK_REAL(0.0012),
				      PK_COUNT(0), PK_TEXT("/usr/bin/long-name"),
				      PK_TEXT("a command line that goes on and on")),
			 0);
	assert_int_equal(pk_table_row(t, PK_COUNT(7), PK_COUNT(PK_CELL_NONE), PK_TEXT("y"),
				      PK_COUNT(1000000), PK_REAL(NAN), PK_REAL(NAN), PK_COUNT(0),
				      PK_TEXT(NULL), PK_TEXT("short")),
			 0);
	assert_int_equal(pk_table_row(t, PK_COUNT(1)), -EINVAL);
	return t;
}

static void assert_text(const struct pk_table *t, struct pk_text_style style, const char *wanted)
{
	struct pk_strbuf b = { 0 };

	pk_text_table(t, &style, &b);
	assert_false(pk_strbuf_failed(&b));
	pk_strbuf_putc(&b, '\0');
	assert_string_equal(b.data, wanted);
	pk_strbuf_deinit(&b);
}

static void test_text(void **state)
{
	struct pk_result r = { 0 };
	struct pk_table *t = add_table(&r);

	(void)state;
	assert_text(t, (struct pk_text_style){ .unicode = true },
		    "Things\n"
		    "    pid    samples  time s  share %     ±  file       command\n"
		    "  12345  1,234,567   12.50     50.0  0.12  long-name  "
		    "a command line that goes on and on\n"
		    "      7          -    0.00        -     -  -          short\n"
		    "\n");
	t->nr_left_out = 1234;
	/* a wide terminal: a bar, and the elastic column cut to fit */
	assert_text(t, (struct pk_text_style){ .unicode = true, .width = 94 },
		    "Things\n"
		    "    pid    samples  time s  share %              ±  file       command\n"
		    "  12345  1,234,567   12.50     50.0 ████████  0.12  long-name  "
		    "a command line that goes on an…\n"
		    "      7          -    0.00        -              -  -          short\n"
		    "  and 1,234 more; --limit 0 shows all\n"
		    "\n");
	/* a narrow one: no room for bars */
	assert_text(t, (struct pk_text_style){ .unicode = true, .width = 72 },
		    "Things\n"
		    "    pid    samples  time s  share %     ±  file       command\n"
		    "  12345  1,234,567   12.50     50.0  0.12  long-name  a command line th…\n"
		    "      7          -    0.00        -     -  -          short\n"
		    "  and 1,234 more; --limit 0 shows all\n"
		    "\n");
	pk_result_deinit(&r);
}

/* Nothing beyond ASCII where the locale does not allow it. */
static void test_ascii(void **state)
{
	struct pk_result r = { 0 };
	struct pk_table *t = add_table(&r);
	struct pk_text_style style = { .width = 60, .colour = true };
	struct pk_strbuf b = { 0 };

	(void)state;
	pk_text_table(t, &style, &b);
	for (size_t i = 0; i < b.len; i++)
		assert_true((unsigned char)b.data[i] < 0x80);
	pk_strbuf_putc(&b, '\0');
	assert_non_null(strstr(b.data, "+-"));
	assert_non_null(strstr(b.data, "\033[1mThings\033[0m"));
	pk_strbuf_deinit(&b);
	pk_result_deinit(&r);
}

/* At any width no line is longer, as long as the fixed columns fit. */
static void test_widths(void **state)
{
	struct pk_result r = { 0 };
	struct pk_table *t = add_table(&r);

	(void)state;
	for (unsigned int width = 75; width < 120; width++) {
		struct pk_text_style style = { .width = width, .unicode = true };
		struct pk_strbuf b = { 0 };

		pk_text_table(t, &style, &b);
		pk_strbuf_putc(&b, '\0');
		for (char *line = strtok(b.data, "\n"); line; line = strtok(NULL, "\n"))
			assert_true(pk_utf8_columns(line) <= width);
		pk_strbuf_deinit(&b);
	}
	pk_result_deinit(&r);
}

static const struct pk_column record_columns[] = {
	{ "host", "host", PK_COL_TEXT, 0 },
	{ "none", "nothing", PK_COL_TEXT, 0 },
	{ "duration", "duration", PK_COL_NS, 0 },
	{ "rate", "rate", PK_COL_HZ, 0 },
	{ "busy", "busy", PK_COL_RATIO, 0 },
	{ "busy_error", "±", PK_COL_RATIO, PK_COL_ERROR },
	{ "bytes", "memory", PK_COL_BYTES, 0 },
	{ 0 },
};

static void test_record(void **state)
{
	struct pk_result r = { 0 };
	struct pk_table *t = pk_result_table(&r, "one", "One", record_columns, PK_TABLE_RECORD);

	(void)state;
	assert_int_equal(pk_table_row(t, PK_TEXT("db1"), PK_TEXT(NULL), PK_COUNT(2500000),
				      PK_REAL(999.001), PK_REAL(0.0042), PK_REAL(0.0001),
				      PK_COUNT(3 << 20)),
			 0);
	assert_text(t, (struct pk_text_style){ .unicode = true },
		    "One\n"
		    "  host  db1\n"
		    "  duration  2.500 ms     rate  999 Hz    busy  0.42 % ±0.010\n"
		    "  memory    3.000 MiB\n"
		    "\n");
	assert_text(t, (struct pk_text_style){ .unicode = true, .width = 40 },
		    "One\n"
		    "  host  db1\n"
		    "  duration  2.500 ms\n"
		    "  rate      999 Hz\n"
		    "  busy      0.42 % ±0.010\n"
		    "  memory    3.000 MiB\n"
		    "\n");
	pk_result_deinit(&r);
}

static void test_result(void **state)
{
	struct pk_result r = { 0 };
	struct pk_table *detail = pk_result_table(&r, "detail", "Detail", columns, PK_TABLE_DETAIL);
	struct pk_text_style style = { .width = 30 };
	struct pk_strbuf b = { 0 };

	(void)state;
	assert_non_null(detail);
	add_table(&r);
	assert_ptr_equal(pk_result_find(&r, "detail"), detail);
	assert_null(pk_result_find(&r, "nonsense"));
	pk_result_note(&r, "%d words of a sentence that has to be wrapped somewhere.", 10);
	pk_text_result(&r, &style, &b);
	pk_strbuf_putc(&b, '\0');
	assert_null(strstr(b.data, "Detail"));
	assert_non_null(strstr(b.data, "\n  10 words of a sentence that\n  has to be wrapped somewhere.\n"));
	pk_strbuf_deinit(&b);
	pk_result_deinit(&r);
}

static void test_json(void **state)
{
	struct pk_result r = { 0 };
	struct pk_strbuf b = { 0 };
	struct pk_json j = pk_json_of(&b, 2);
	cJSON *root, *rows, *row;

	(void)state;
	add_table(&r);
	pk_result_note(&r, "a \"note\"");
	pk_json_object(&j, NULL);
	pk_json_result(&j, "part", &r);
	pk_json_end(&j);
	pk_strbuf_putc(&b, '\0');
	root = cJSON_Parse(b.data);
	rows = cJSON_GetObjectItem(cJSON_GetObjectItem(root, "part"), "things");
	assert_int_equal(cJSON_GetArraySize(rows), 2);
	row = cJSON_GetArrayItem(rows, 0);
	assert_int_equal(cJSON_GetArraySize(row), 9);
	assert_true(cJSON_GetObjectItem(row, "n")->valuedouble == 1234567);
	assert_true(cJSON_GetObjectItem(row, "share")->valuedouble == 0.5);
	/* people see the last part and no hidden column, programs see all */
	assert_string_equal(cJSON_GetObjectItem(row, "path")->valuestring, "/usr/bin/long-name");
	assert_string_equal(cJSON_GetObjectItem(row, "secret")->valuestring, "x");
	row = cJSON_GetArrayItem(rows, 1);
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(row, "n")));
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(row, "share")));
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(row, "path")));
	row = cJSON_GetObjectItem(cJSON_GetObjectItem(root, "part"), "notes");
	assert_string_equal(cJSON_GetArrayItem(row, 0)->valuestring, "a \"note\"");
	cJSON_Delete(root);
	pk_strbuf_deinit(&b);
	pk_result_deinit(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),   cmocka_unit_test(test_ascii),
		cmocka_unit_test(test_widths), cmocka_unit_test(test_record),
		cmocka_unit_test(test_result), cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
