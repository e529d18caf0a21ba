/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Growing byte buffer, for text and for encoders. An allocation failure is
 * remembered; check pk_strbuf_failed() once at the end.
 */
#ifndef PK_STRBUF_H
#define PK_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pk_strbuf {
	char *data;		/* NUL after the last byte once anything was added */
	size_t len, cap;	/* bytes */
	bool failed;
};

void pk_strbuf_deinit(struct pk_strbuf *b);
static inline void pk_strbuf_clear(struct pk_strbuf *b)
{
	b->len = 0;
	if (b->data)
		b->data[0] = '\0';
}
static inline bool pk_strbuf_failed(const struct pk_strbuf *b)
{
	return b->failed;
}
/* Room for so many bytes behind what is there, for who writes them himself. 0 or -ENOMEM. */
int pk_strbuf_reserve(struct pk_strbuf *b, size_t more);
void pk_strbuf_add(struct pk_strbuf *b, const void *data, size_t len);
void pk_strbuf_puts(struct pk_strbuf *b, const char *text);
void pk_strbuf_putc(struct pk_strbuf *b, char c);
void pk_strbuf_printf(struct pk_strbuf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void pk_strbuf_vprintf(struct pk_strbuf *b, const char *fmt, va_list ap);

/* Encoders: little endian fixed, LEB128 unsigned, zigzag LEB128 signed. */
void pk_strbuf_u32(struct pk_strbuf *b, uint32_t v);
void pk_strbuf_u64(struct pk_strbuf *b, uint64_t v);
void pk_strbuf_varint(struct pk_strbuf *b, uint64_t v);
void pk_strbuf_svarint(struct pk_strbuf *b, int64_t v);

#endif
