// SPDX-License-Identifier: GPL-2.0-or-later
/* Bounds-checked reading: right values, and nothing behind the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/reader.h"
#include "base/strbuf.h"

/* Heap copies of exact size, so that the sanitizer sees a read too far. */
static struct pk_reader reader_of(const char *bytes, size_t len, void **copy_ret)
{
	*copy_ret = malloc(len ? len : 1);
	memcpy(*copy_ret, bytes, len);
	return pk_reader_of(*copy_ret, len);
}

static void test_fixed(void **state)
{
	void *copy;
	struct pk_reader r = reader_of("\1\4\3\2\xf1\xf8\xf7\xf6\xf5\xf4\xf3\xf2\xf1", 13, &copy);

	(void)state;
	assert_int_equal(pk_reader_u8(&r), 1);
	assert_int_equal(pk_reader_u32(&r), 0xf1020304);
	assert_int_equal(pk_reader_u64(&r), 0xf1f2f3f4f5f6f7f8ULL);
	assert_int_equal(pk_reader_left(&r), 0);
	assert_false(pk_reader_bad(&r));
	assert_int_equal(pk_reader_u8(&r), 0);
	assert_true(pk_reader_bad(&r));
	free(copy);
}

static void test_too_short(void **state)
{
	void *copy;
	struct pk_reader r = reader_of("\1\2\3", 3, &copy);

	(void)state;
	assert_int_equal(pk_reader_u32(&r), 0);
	assert_true(pk_reader_bad(&r));
	/* bad for good, though there are bytes */
	assert_int_equal(pk_reader_left(&r), 0);
	assert_int_equal(pk_reader_u8(&r), 0);
	assert_int_equal(pk_reader_varint(&r), 0);
	assert_null(pk_reader_bytes(&r, 1));
	free(copy);
	r = reader_of("1234567", 7, &copy);
	assert_int_equal(pk_reader_u64(&r) >> 32, 0);
	assert_true(pk_reader_bad(&r));
	free(copy);
}

static void test_bytes(void **state)
{
	void *copy;
	struct pk_reader r = reader_of("abc", 3, &copy);

	(void)state;
	assert_memory_equal(pk_reader_bytes(&r, 2), "ab", 2);
	assert_non_null(pk_reader_bytes(&r, 0));
	assert_int_equal(pk_reader_left(&r), 1);
	assert_null(pk_reader_bytes(&r, (size_t)-1));
	assert_true(pk_reader_bad(&r));
	free(copy);
}

static void test_varints(void **state)
{
	static const int64_t values[] = { 0, 1, -1, 63, 64, -64, -65, 1 << 20, INT32_MAX, INT32_MIN,
					  INT64_MAX, INT64_MIN, INT64_MAX / 2, INT64_MIN / 2 };
	size_t nr = sizeof(values) / sizeof(*values);
	struct pk_strbuf b = { 0 };
	struct pk_reader r;

	(void)state;
	for (size_t i = 0; i < nr; i++) {
		pk_strbuf_svarint(&b, values[i]);
		pk_strbuf_varint(&b, values[i]);
	}
	r = pk_reader_of(b.data, b.len);
	for (size_t i = 0; i < nr; i++) {
		assert_int_equal(pk_reader_svarint(&r), values[i]);
		assert_int_equal(pk_reader_varint(&r), (uint64_t)values[i]);
	}
	assert_false(pk_reader_bad(&r));
	assert_int_equal(pk_reader_left(&r), 0);
	pk_strbuf_deinit(&b);
}

static void check_bad_varint(const char *bytes, size_t len)
{
	void *copy;
	struct pk_reader r = reader_of(bytes, len, &copy);

	assert_int_equal(pk_reader_varint(&r), 0);
	assert_true(pk_reader_bad(&r));
	free(copy);
}

static void test_bad_varints(void **state)
{
	(void)state;
	check_bad_varint("", 0);
	check_bad_varint("\x80", 1);
	check_bad_varint("\xff\xff", 2);
	/* more than 64 bits, and more than ten bytes */
	check_bad_varint("\xff\xff\xff\xff\xff\xff\xff\xff\xff\2", 10);
	check_bad_varint("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\0", 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixed),	cmocka_unit_test(test_too_short),
		cmocka_unit_test(test_bytes),	cmocka_unit_test(test_varints),
		cmocka_unit_test(test_bad_varints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
