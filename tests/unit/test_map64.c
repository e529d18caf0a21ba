// SPDX-License-Identifier: GPL-2.0-or-later
/* Hash map: against an array that knows the truth, over many growths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/map64.h"

#define NR 100000

/* Keys with few distinct low bits, as addresses have, and the extremes. */
static uint64_t key_of(uint32_t i)
{
	if (i == 0)
		return 0;
	if (i == 1)
		return UINT64_MAX;
	return (uint64_t)i << (i % 3 ? 12 : 40);
}

static void test_empty(void **state)
{
	struct pk_map64 m = { 0 };

	(void)state;
	assert_int_equal(pk_map64_get(&m, 0), PK_MAP64_NONE);
	assert_int_equal(pk_map64_get(&m, 42), PK_MAP64_NONE);
	pk_map64_clear(&m);
	pk_map64_deinit(&m);
	pk_map64_deinit(&m);
}

static void test_many(void **state)
{
	struct pk_map64 m = { 0 };

	(void)state;
	for (uint32_t i = 0; i < NR; i++) {
		assert_int_equal(pk_map64_get(&m, key_of(i)), PK_MAP64_NONE);
		assert_int_equal(pk_map64_set(&m, key_of(i), i), 0);
		assert_int_equal(m.nr, i + 1);
	}
	for (uint32_t i = 0; i < NR; i++)
		assert_int_equal(pk_map64_get(&m, key_of(i)), i);
	for (uint32_t i = 0; i < NR; i += 7)
		assert_int_equal(pk_map64_set(&m, key_of(i), i + 1), 0);
	assert_int_equal(m.nr, NR);
	for (uint32_t i = 0; i < NR; i++)
		assert_int_equal(pk_map64_get(&m, key_of(i)), i % 7 ? i : i + 1);
	pk_map64_clear(&m);
	assert_int_equal(m.nr, 0);
	for (uint32_t i = 0; i < NR; i++)
		assert_int_equal(pk_map64_get(&m, key_of(i)), PK_MAP64_NONE);
	assert_int_equal(pk_map64_set(&m, 5, 6), 0);
	assert_int_equal(pk_map64_get(&m, 5), 6);
	pk_map64_deinit(&m);
}

static void test_at(void **state)
{
	struct pk_map64 m = { 0 };
	uint32_t *at = pk_map64_at(&m, 9);

	(void)state;
	assert_non_null(at);
	assert_int_equal(*at, PK_MAP64_NONE);
	*at = 3;
	assert_int_equal(*pk_map64_at(&m, 9), 3);
	assert_int_equal(m.nr, 1);
	pk_map64_deinit(&m);
}

/* Each length has its own hash, and so has each single bit. */
static void test_hash_bytes(void **state)
{
	char data[64] = { 0 };
	struct pk_map64 seen = { 0 };

	(void)state;
	for (size_t len = 0; len <= sizeof(data); len++)
		assert_int_equal(pk_map64_set(&seen, pk_hash_bytes(data, len), len), 0);
	for (size_t bit = 0; bit < sizeof(data) * 8; bit++) {
		data[bit / 8] ^= 1 << bit % 8;
		assert_int_equal(pk_map64_set(&seen, pk_hash_bytes(data, sizeof(data)), bit), 0);
		data[bit / 8] ^= 1 << bit % 8;
	}
	assert_int_equal(seen.nr, sizeof(data) + 1 + sizeof(data) * 8);
	assert_int_equal(pk_hash_bytes(NULL, 0), pk_hash_bytes(data, 0));
	pk_map64_deinit(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_at),
		cmocka_unit_test(test_hash_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
