// SPDX-License-Identifier: GPL-2.0-or-later
/* Text on its way out: whatever comes in, valid and printable UTF-8 goes out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/utf8.h"

static void assert_codes(const char *text, size_t len, const uint32_t *codes, size_t nr)
{
	const char *at = text, *end = text + len;

	for (size_t i = 0; i < nr; i++) {
		assert_true(at < end);
		assert_int_equal(pk_utf8_next(&at, end), codes[i]);
	}
	assert_ptr_equal(at, end);
	assert_int_equal(pk_utf8_next(&at, end), 0);
	assert_ptr_equal(at, end);
}

#define CODES(text, ...)                                                                           \
	assert_codes(text, sizeof(text) - 1, (const uint32_t[]){ __VA_ARGS__ },                    \
		     sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))
#define BAD PK_UTF8_REPLACEMENT

static void test_next(void **state)
{
	(void)state;
	CODES("aZ~", 'a', 'Z', '~');
	CODES("\xc2\x80\xdf\xbf", 0x80, 0x7ff);
	CODES("\xe0\xa0\x80\xef\xbf\xbd", 0x800, 0xfffd);
	CODES("\xf0\x90\x80\x80\xf4\x8f\xbf\xbd", 0x10000, 0x10fffd);
	/* continuation bytes on their own, bytes that never occur */
	CODES("\x80" "a\xbf\xfe\xff", BAD, 'a', BAD, BAD, BAD);
	/* overlong forms of '/' and of the largest shorter ones */
	CODES("\xc0\xaf", BAD, BAD);
	CODES("\xe0\x9f\xbf", BAD, BAD, BAD);
	CODES("\xf0\x8f\xbf\xbf", BAD, BAD, BAD, BAD);
	/* surrogates, non-characters, beyond the last code point */
	CODES("\xed\xa0\x80", BAD, BAD, BAD);
	CODES("\xef\xbf\xbe", BAD, BAD, BAD);
	CODES("\xef\xbf\xbf", BAD, BAD, BAD);
	CODES("\xf4\x90\x80\x80", BAD, BAD, BAD, BAD);
	/* cut short: at the end, by another character */
	CODES("\xe2\x82", BAD, BAD);
	CODES("\xe2\x82x", BAD, BAD, 'x');
}

/* Every code point survives being written and read. */
static void test_round_trip(void **state)
{
	struct pk_strbuf b = { 0 };

	(void)state;
	for (uint32_t code = 1; code <= 0x10ffff; code += code < 0x3000 ? 1 : 97) {
		const char *at;

		if ((code >= 0xd800 && code <= 0xdfff) || (code & 0xfffe) == 0xfffe)
			continue;
		pk_strbuf_clear(&b);
		pk_utf8_put(&b, code);
		at = b.data;
		assert_int_equal(pk_utf8_next(&at, b.data + b.len), code);
		assert_ptr_equal(at, b.data + b.len);
	}
	pk_strbuf_deinit(&b);
}

static void assert_printable(const char *text, size_t columns, bool unicode, const char *wanted)
{
	struct pk_strbuf b = { 0 };
	size_t used = pk_utf8_put_printable(&b, text, columns, unicode);

	pk_strbuf_putc(&b, '\0');
	assert_string_equal(b.data, wanted);
	assert_int_equal(used, pk_utf8_columns(wanted));
	assert_true(!columns || used <= columns);
	pk_strbuf_deinit(&b);
}

static void test_printable(void **state)
{
	(void)state;
	assert_printable("plain", 0, true, "plain");
	assert_printable("bell\a esc\033[2J tab\t nl\n del\177", 0, true, "bell? esc?[2J tab? nl? del?");
	assert_printable("c1\xc2\x9b" "31m", 0, true, "c1?31m");
	assert_printable("rtl\xe2\x80\xae!", 0, true, "rtl?!");
	assert_printable("\xff", 0, true, "\xef\xbf\xbd");
	assert_printable("\xff", 0, false, "?");
	assert_printable("12345", 5, true, "12345");
	assert_printable("123456", 5, true, "1234…");
	assert_printable("123456", 5, false, "1234~");
	/* a wide character is not cut in half */
	assert_printable("世界世界", 6, true, "世界…");
	assert_printable("e\xcc\x81toile", 4, true, "e\xcc\x81to…");
}

static void test_width(void **state)
{
	(void)state;
	assert_int_equal(pk_utf8_columns(""), 0);
	assert_int_equal(pk_utf8_columns("grüße"), 5);
	assert_int_equal(pk_utf8_columns("世界"), 4);
	assert_int_equal(pk_utf8_columns("e\xcc\x81"), 1);
	assert_int_equal(pk_utf8_columns("😀"), 2);
}

static void test_xml(void **state)
{
	struct pk_strbuf b = { 0 };

	(void)state;
	pk_utf8_put_xml(&b, "<a b=\"c\" d='e'>&amp;]]>\x01\xff</a>");
	pk_strbuf_putc(&b, '\0');
	assert_string_equal(b.data, "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;amp;]]&gt;?\xef\xbf\xbd"
				    "&lt;/a&gt;");
	pk_strbuf_deinit(&b);
}

static void test_json(void **state)
{
	struct pk_strbuf b = { 0 };

	(void)state;
	pk_utf8_put_json(&b, "\"\\/\n</script>]]>&\xe2\x80\xa8\xc3");
	pk_strbuf_putc(&b, '\0');
	assert_string_equal(b.data, "\"\\\"\\\\/\\u000a\\u003c/script\\u003e]]\\u003e\\u0026\\u2028"
				    "\xef\xbf\xbd\"");
	pk_strbuf_deinit(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next),	  cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_printable), cmocka_unit_test(test_width),
		cmocka_unit_test(test_xml),	  cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
