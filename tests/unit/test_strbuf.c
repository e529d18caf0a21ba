// SPDX-License-Identifier: GPL-2.0-or-later
/* Growing byte buffer: text, its end, and the encoders' exact bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/strbuf.h"
#include "base/vec.h"

static void test_text(void **state)
{
	struct pk_strbuf b = { 0 };

	(void)state;
	pk_strbuf_add(&b, NULL, 0);
	assert_string_equal(b.data, "");
	pk_strbuf_puts(&b, "abc");
	pk_strbuf_putc(&b, 'd');
	pk_strbuf_printf(&b, "%05d|%s", 42, "x");
	assert_string_equal(b.data, "abcd00042|x");
	assert_int_equal(b.len, 11);
	pk_strbuf_clear(&b);
	assert_int_equal(b.len, 0);
	assert_string_equal(b.data, "");
	pk_strbuf_printf(&b, "%s", "");
	assert_string_equal(b.data, "");
	assert_false(pk_strbuf_failed(&b));
	pk_strbuf_deinit(&b);
	assert_null(b.data);
}

static void test_growth(void **state)
{
	struct pk_strbuf b = { 0 };

	(void)state;
	for (int i = 0; i < 100000; i++) {
		pk_strbuf_putc(&b, 'a' + i % 26);
		assert_int_equal(b.data[b.len], 0);
	}
	for (int i = 0; i < 100000; i++)
		assert_int_equal(b.data[i], 'a' + i % 26);
	pk_strbuf_printf(&b, "%20000d", 1);
	assert_int_equal(b.len, 120000);
	pk_strbuf_deinit(&b);
}

/* More than there is of memory: remembered, harmless, and for good. */
static void test_failure(void **state)
{
	struct pk_strbuf b = { 0 };

	(void)state;
	pk_strbuf_puts(&b, "abc");
	pk_strbuf_add(&b, "x", (size_t)-1 / 2);
	assert_true(pk_strbuf_failed(&b));
	pk_strbuf_puts(&b, "def");
	assert_string_equal(b.data, "abc");
	pk_strbuf_deinit(&b);
}

static void test_vec_overflow(void **state)
{
	PK_VEC(uint64_t) v = { 0 };

	(void)state;
	assert_int_equal(pk_vec_reserve(&v, (size_t)-1), -EOVERFLOW);
	assert_int_equal(pk_vec_reserve(&v, (size_t)-1 / 8), -EOVERFLOW);
	assert_null(v.data);
	assert_int_equal(pk_vec_add(&v, 7), 0);
	assert_int_equal(v.data[0], 7);
	pk_vec_deinit(&v);
}

static const struct {
	uint64_t v;
	const char *bytes;
	size_t len;
} varints[] = {
	{ 0, "\0", 1 },
	{ 1, "\1", 1 },
	{ 127, "\x7f", 1 },
	{ 128, "\x80\1", 2 },
	{ 16383, "\xff\x7f", 2 },
	{ 16384, "\x80\x80\1", 3 },
	{ UINT32_MAX, "\xff\xff\xff\xff\x0f", 5 },
	{ UINT64_MAX, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", 10 },
	{ 1ULL << 63, "\x80\x80\x80\x80\x80\x80\x80\x80\x80\1", 10 },
};

static void test_varints(void **state)
{
	struct pk_strbuf b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(varints) / sizeof(*varints); i++) {
		uint64_t v = varints[i].v;

		pk_strbuf_clear(&b);
		pk_strbuf_varint(&b, v);
		assert_int_equal(b.len, varints[i].len);
		assert_memory_equal(b.data, varints[i].bytes, b.len);
		/* zigzag is the same number for its even or odd half */
		pk_strbuf_clear(&b);
		pk_strbuf_svarint(&b, (int64_t)(v >> 1) ^ -(int64_t)(v & 1));
		assert_int_equal(b.len, varints[i].len);
		assert_memory_equal(b.data, varints[i].bytes, b.len);
	}
	pk_strbuf_deinit(&b);
}

static void test_fixed(void **state)
{
	struct pk_strbuf b = { 0 };

	(void)state;
	pk_strbuf_u32(&b, 0x01020304);
	pk_strbuf_u64(&b, 0xf1f2f3f4f5f6f7f8ULL);
	assert_int_equal(b.len, 12);
	assert_memory_equal(b.data, "\4\3\2\1\xf8\xf7\xf6\xf5\xf4\xf3\xf2\xf1", 12);
	pk_strbuf_deinit(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),   cmocka_unit_test(test_growth),
		cmocka_unit_test(test_failure), cmocka_unit_test(test_vec_overflow),
		cmocka_unit_test(test_varints), cmocka_unit_test(test_fixed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
