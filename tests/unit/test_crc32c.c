// SPDX-License-Identifier: GPL-2.0-or-later
/* CRC-32C: the published values, and both ways of computing it agree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/crc32c.h"

/* RFC 3720, B.4, and the check value of the CRC catalogues. */
static void test_known(void **state)
{
	uint8_t data[32];

	(void)state;
	assert_int_equal(pk_crc32c(0, "123456789", 9), 0xe3069283);
	memset(data, 0, sizeof(data));
	assert_int_equal(pk_crc32c(0, data, sizeof(data)), 0x8a9136aa);
	memset(data, 0xff, sizeof(data));
	assert_int_equal(pk_crc32c(0, data, sizeof(data)), 0x62a8ab43);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = i;
	assert_int_equal(pk_crc32c(0, data, sizeof(data)), 0x46dd794e);
	assert_int_equal(pk_crc32c_portable(0, data, sizeof(data)), 0x46dd794e);
	assert_int_equal(pk_crc32c(0, NULL, 0), 0);
}

static void test_agreement(void **state)
{
	uint8_t data[300];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = i * 31 + i / 7;
	for (size_t from = 0; from < 16; from++)
		for (size_t len = 0; from + len <= sizeof(data); len++)
			assert_int_equal(pk_crc32c(0, data + from, len),
					 pk_crc32c_portable(0, data + from, len));
}

static void test_in_pieces(void **state)
{
	static const char text[] = "a text that comes in two pieces, cut anywhere";
	uint32_t whole = pk_crc32c(0, text, sizeof(text));

	(void)state;
	for (size_t cut = 0; cut <= sizeof(text); cut++) {
		uint32_t first = pk_crc32c(0, text, cut);

		assert_int_equal(pk_crc32c(first, text + cut, sizeof(text) - cut), whole);
		assert_int_equal(pk_crc32c_portable(first, text + cut, sizeof(text) - cut), whole);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_agreement),
		cmocka_unit_test(test_in_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
