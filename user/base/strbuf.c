// SPDX-License-Identifier: GPL-2.0-or-later
/* Growing byte buffer; see strbuf.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/vec.h"

void pk_strbuf_deinit(struct pk_strbuf *b)
{
	free(b->data);
	*b = (struct pk_strbuf){ 0 };
}

/* With a NUL behind them. */
static bool reserve(struct pk_strbuf *b, size_t more)
{
	if (b->failed || pk_vec_grow((void **)&b->data, &b->cap, b->len + more + 1, 1))
		b->failed = true;
	return !b->failed;
}

int pk_strbuf_reserve(struct pk_strbuf *b, size_t more)
{
	return reserve(b, more) ? 0 : -ENOMEM;
}

void pk_strbuf_add(struct pk_strbuf *b, const void *data, size_t len)
{
	if (!reserve(b, len))
		return;
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void pk_strbuf_puts(struct pk_strbuf *b, const char *text)
{
	pk_strbuf_add(b, text, strlen(text));
}

void pk_strbuf_putc(struct pk_strbuf *b, char c)
{
	pk_strbuf_add(b, &c, 1);
}

void pk_strbuf_vprintf(struct pk_strbuf *b, const char *fmt, va_list ap)
{
	va_list again;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (len < 0)
		b->failed = true;
	if (len < 0 || !reserve(b, len))
		return;
	vsnprintf(b->data + b->len, len + 1, fmt, ap);
	b->len += len;
}

void pk_strbuf_printf(struct pk_strbuf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	pk_strbuf_vprintf(b, fmt, ap);
	va_end(ap);
}

void pk_strbuf_u32(struct pk_strbuf *b, uint32_t v)
{
	unsigned char bytes[4] = { v, v >> 8, v >> 16, v >> 24 };

	pk_strbuf_add(b, bytes, sizeof(bytes));
}

void pk_strbuf_u64(struct pk_strbuf *b, uint64_t v)
{
	pk_strbuf_u32(b, v);
	pk_strbuf_u32(b, v >> 32);
}

void pk_strbuf_varint(struct pk_strbuf *b, uint64_t v)
{
	unsigned char bytes[10];
	size_t n = 0;

	/* most numbers are small, and columns of samples are made of them */
	if (v < 0x80 && b->len + 1 < b->cap && !b->failed) {
		b->data[b->len++] = (char)v;
		b->data[b->len] = '\0';
		return;
	}
	do {
		bytes[n++] = (v & 0x7f) | (v > 0x7f ? 0x80 : 0);
		v >>= 7;
	} while (v);
	pk_strbuf_add(b, bytes, n);
}

void pk_strbuf_svarint(struct pk_strbuf *b, int64_t v)
{
	pk_strbuf_varint(b, ((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}
