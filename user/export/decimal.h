/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers as text, for outputs of millions of them: several times as fast as
 * the printf family.
 */
#ifndef PK_DECIMAL_H
#define PK_DECIMAL_H

#include <stdint.h>

#include "base/strbuf.h"

static inline void pk_decimal_put(struct pk_strbuf *out, uint64_t n)
{
	char digits[20], *p = digits + sizeof(digits);

	do {
		*--p = '0' + n % 10;
		n /= 10;
	} while (n);
	pk_strbuf_add(out, p, digits + sizeof(digits) - p);
}

/* @width digits with leading zeros; at most 20. */
static inline void pk_decimal_put_padded(struct pk_strbuf *out, uint64_t n, unsigned int width)
{
	char digits[20];

	for (unsigned int i = width; i-- > 0; n /= 10)
		digits[i] = '0' + n % 10;
	pk_strbuf_add(out, digits, width);
}

/* Hexadecimal digits, padded with blanks to @width of at most 16; 0: not padded. */
static inline void pk_hex_put(struct pk_strbuf *out, uint64_t n, unsigned int width)
{
	char text[16];
	unsigned int at = sizeof(text);

	do {
		text[--at] = "0123456789abcdef"[n & 15];
		n >>= 4;
	} while (n);
	while (sizeof(text) - at < width)
		text[--at] = ' ';
	pk_strbuf_add(out, text + at, sizeof(text) - at);
}

#endif
