// SPDX-License-Identifier: GPL-2.0-or-later
/* JSON writer: a parser reads back what was written, whatever the text holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>
#include <cmocka.h>
#include <cjson/cJSON.h>

#include "base/json.h"

static struct pk_strbuf out;

static struct pk_json start(unsigned int lines)
{
	pk_strbuf_deinit(&out);
	return pk_json_of(&out, lines);
}

/* The text of the value that was written last, on its own. */
static const char *written_string(const char *text)
{
	struct pk_json j = start(0);

	pk_json_string(&j, NULL, text);
	return out.data;
}

static void test_layout(void **state)
{
	struct pk_json j = start(1);

	(void)state;
	pk_json_object(&j, NULL);
	pk_json_u64(&j, "n", UINT64_MAX);
	pk_json_array(&j, "list");
	pk_json_bool(&j, NULL, true);
	pk_json_null(&j, NULL);
	pk_json_double(&j, NULL, 0.25);
	pk_json_end(&j);
	pk_json_object(&j, "empty");
	pk_json_end(&j);
	pk_json_end(&j);
	assert_string_equal(out.data, "{\n"
				      "  \"n\": 18446744073709551615,\n"
				      "  \"list\": [true, null, 0.25],\n"
				      "  \"empty\": {}\n"
				      "}\n");
	assert_false(pk_strbuf_failed(&out));
}

static void test_special_numbers(void **state)
{
	struct pk_json j = start(0);

	(void)state;
	pk_json_array(&j, NULL);
	pk_json_double(&j, NULL, NAN);
	pk_json_double(&j, NULL, INFINITY);
	pk_json_double(&j, NULL, -1e300);
	pk_json_string(&j, NULL, NULL);
	pk_json_end(&j);
	assert_string_equal(out.data, "[null, null, -1e+300, null]\n");
}

static const struct {
	const char *text, *read_back;
} texts[] = {
	{ "", "" },
	{ "plain", "plain" },
	{ "\"quoted\\\"", "\"quoted\\\"" },
	{ "line\nfeed\ttab\x01\x1f\x7f", "line\nfeed\ttab\x01\x1f\x7f" },
	{ "</script><a & b>", "</script><a & b>" },
	{ "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x94\xa5", "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x94\xa5" },
	/* not UTF-8: a stray byte, cut off, overlong, surrogate, too high */
	{ "a\xff z", "a\xef\xbf\xbd z" },
	{ "a\x80", "a\xef\xbf\xbd" },
	{ "a\xe2\x82", "a\xef\xbf\xbd\xef\xbf\xbd" },
	{ "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd" },
	{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	{ "\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
};

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct pk_json j = start(i % 3);
		const cJSON *item;
		cJSON *root;

		pk_json_object(&j, NULL);
		pk_json_string(&j, texts[i].text, texts[i].text);
		pk_json_end(&j);
		root = cJSON_Parse(out.data);
		if (!root)
			fail_msg("not JSON: %s", out.data);
		item = root->child;
		assert_string_equal(item->string, texts[i].read_back);
		assert_string_equal(item->valuestring, texts[i].read_back);
		cJSON_Delete(root);
	}
}

/* Every single byte, and every pair of them, is valid JSON without control characters. */
static void test_all_bytes(void **state)
{
	char text[3] = "";

	(void)state;
	for (int a = 1; a < 256; a++) {
		for (int b = 0; b < 256; b++) {
			cJSON *item;

			text[0] = (char)a;
			text[1] = (char)b;
			item = cJSON_Parse(written_string(text));
			assert_true(cJSON_IsString(item));
			cJSON_Delete(item);
			for (const char *c = out.data; *c; c++)
				assert_true((unsigned char)*c >= 0x20);
		}
	}
}

static void test_depth(void **state)
{
	struct pk_json j = start(0);

	(void)state;
	for (int i = 0; i < PK_JSON_MAX_DEPTH; i++)
		pk_json_array(&j, NULL);
	for (int i = 0; i < PK_JSON_MAX_DEPTH; i++)
		pk_json_end(&j);
	assert_false(pk_strbuf_failed(&out));
	pk_json_end(&j);
	assert_true(pk_strbuf_failed(&out));

	j = start(0);
	for (int i = 0; i <= PK_JSON_MAX_DEPTH; i++)
		pk_json_array(&j, NULL);
	assert_true(pk_strbuf_failed(&out));
}

static int teardown(void **state)
{
	(void)state;
	pk_strbuf_deinit(&out);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),	  cmocka_unit_test(test_special_numbers),
		cmocka_unit_test(test_texts),	  cmocka_unit_test(test_all_bytes),
		cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
