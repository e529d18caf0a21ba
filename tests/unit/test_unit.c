// SPDX-License-Identifier: GPL-2.0-or-later
/* Quantities as people read and write them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/unit.h"

struct writing {
	uint64_t v;
	const char *text;
};

static void check_all(void (*put)(struct pk_strbuf *out, uint64_t v), const struct writing *w,
		      size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		struct pk_strbuf b = { 0 };

		put(&b, w[i].v);
		assert_string_equal(b.data, w[i].text);
		pk_strbuf_deinit(&b);
	}
}

static const struct writing times[] = {
	{ 0, "0 ns" },
	{ 999, "999 ns" },
	{ 1000, "1.000 us" },
	{ 12345, "12.34 us" },
	{ 999999, "999.9 us" },
	{ 1500000, "1.500 ms" },
	{ 1000000000, "1.000 s" },
	{ 59999999999, "59.99 s" },
	{ 60000000000, "1 min 00 s" },
	{ 3599999999999, "59 min 59 s" },
	{ 3600000000000, "1 h 00 min" },
	{ 86399999999999, "23 h 59 min" },
	{ 86400000000000, "1 d 00 h" },
	{ UINT64_MAX, "213503 d 23 h" },
};
static void put_brief_ns(struct pk_strbuf *out, uint64_t ns)
{
	pk_unit_put_brief_ns(out, ns, "us");
}

static const struct writing brief_times[] = {
	{ 0, "0 ns" },
	{ 999, "999 ns" },
	{ 1000, "1.00 us" },
	{ 9994, "9.99 us" },
	{ 9996, "10.0 us" },
	{ 99940, "99.9 us" },
	{ 99960, "100 us" },
	{ 999499, "999 us" },
	{ 999500, "1.00 ms" },
	{ 1896000000, "1.90 s" },
	{ 4000000000000, "4000 s" },
};
static const struct writing sizes[] = {
	{ 0, "0 B" },
	{ 1023, "1023 B" },
	{ 1024, "1.000 KiB" },
	{ 1536, "1.500 KiB" },
	{ (1 << 20) - 1, "1023 KiB" },
	{ 12345678, "11.77 MiB" },
	{ 1ULL << 60, "1.000 EiB" },
	{ (1ULL << 60) - 1, "1023 PiB" },
	{ UINT64_MAX, "15.99 EiB" },
};
static const struct writing counts[] = {
	{ 0, "0" },
	{ 999, "999" },
	{ 1000, "1,000" },
	{ 123456, "123,456" },
	{ 1234567, "1,234,567" },
	{ UINT64_MAX, "18,446,744,073,709,551,615" },
};

static void test_writing(void **state)
{
	(void)state;
	check_all(pk_unit_put_ns, times, PK_ARRAY_SIZE(times));
	check_all(put_brief_ns, brief_times, PK_ARRAY_SIZE(brief_times));
	check_all(pk_unit_put_bytes, sizes, PK_ARRAY_SIZE(sizes));
	check_all(pk_unit_put_count, counts, PK_ARRAY_SIZE(counts));
}

static void check_pct(uint64_t part, uint64_t whole, const char *text)
{
	struct pk_strbuf b = { 0 };

	pk_unit_put_pct(&b, part, whole);
	assert_string_equal(b.data, text);
	pk_strbuf_deinit(&b);
}

static void test_pct(void **state)
{
	(void)state;
	check_pct(0, 0, "-");
	check_pct(1, 0, "-");
	check_pct(0, 7, "0.0 %");
	check_pct(7, 7, "100.0 %");
	check_pct(1, 8, "12.5 %");
	check_pct(1, 1000, "0.10 %");
	check_pct(1, 100000, "0.001 %");
	check_pct(UINT64_MAX, UINT64_MAX, "100.0 %");
}

static const struct reading {
	const char *text;
	int code;
	uint64_t v;
} durations[] = {
	{ "0", 0, 0 },
	{ "1", 0, 1000000000 },
	{ "1.5", 0, 1500000000 },
	{ ".5s", 0, 500000000 },
	{ "250us", 0, 250000 },
	{ "250 µs", 0, 250000 },
	{ "7ns", 0, 7 },
	{ "100MS", 0, 100000000 },
	{ "2min", 0, 120000000000 },
	{ "1.5h", 0, 5400000000000 },
	{ "2d", 0, 172800000000000 },
	{ "9223372036854775807ns", 0, INT64_MAX },
	{ "9223372036854775808ns", -ERANGE, 0 },
	{ "99999999999999999999999999", -ERANGE, 0 },
	{ "", -EINVAL, 0 },
	{ "s", -EINVAL, 0 },
	{ ".", -EINVAL, 0 },
	{ "1.2.3", -EINVAL, 0 },
	{ "-1", -EINVAL, 0 },
	{ "+1", -EINVAL, 0 },
	{ " 1", -EINVAL, 0 },
	{ "1e3", -EINVAL, 0 },
	{ "0x10", -EINVAL, 0 },
	{ "inf", -EINVAL, 0 },
	{ "nan", -EINVAL, 0 },
	{ "1m", -EINVAL, 0 },
	{ "1s ", -EINVAL, 0 },
	{ "1KiB", -EINVAL, 0 },
}, byte_sizes[] = {
	{ "0", 0, 0 },
	{ "4096", 0, 4096 },
	{ "64K", 0, 65536 },
	{ "64k", 0, 65536 },
	{ "1.5MiB", 0, 1572864 },
	{ "1 GiB", 0, 1 << 30 },
	{ "2T", 0, 2ULL << 40 },
	{ "9223372036854775807", 0, INT64_MAX },
	{ "8388608T", -ERANGE, 0 },
	{ "1KB", -EINVAL, 0 },
	{ "-1K", -EINVAL, 0 },
	{ "K", -EINVAL, 0 },
};

static void check_readings(int (*parse)(const char *text, uint64_t *ret), const struct reading *r,
			   size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		uint64_t v = 0;
		int code = parse(r[i].text, &v);

		if (code != r[i].code || v != r[i].v)
			fail_msg("'%s': %d, %llu", r[i].text, code, (unsigned long long)v);
	}
}

static void test_reading(void **state)
{
	(void)state;
	check_readings(pk_unit_parse_ns, durations, PK_ARRAY_SIZE(durations));
	check_readings(pk_unit_parse_bytes, byte_sizes, PK_ARRAY_SIZE(byte_sizes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writing),
		cmocka_unit_test(test_pct),
		cmocka_unit_test(test_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
