/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text of profiled programs on its way out: names may hold anything, every
 * output takes valid, printable UTF-8 only.
 */
#ifndef PK_UTF8_H
#define PK_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

#define PK_UTF8_REPLACEMENT 0xfffdu

/*
 * The code point at *text, which advances behind it. Bytes that are not UTF-8
 * (also overlong forms, surrogates, the non-characters FFFE and FFFF that XML
 * forbids) yield PK_UTF8_REPLACEMENT, one per byte. At @end: 0, nothing moves.
 */
uint32_t pk_utf8_next(const char **text, const char *end);
void pk_utf8_put(struct pk_strbuf *out, uint32_t code);

/* A control character: C0, DEL, C1, line and direction overrides. */
bool pk_utf8_is_control(uint32_t code);
/* Terminal columns of a code point: 0 combining, 1, 2 wide. */
unsigned int pk_utf8_width(uint32_t code);
/* Columns of a text, as pk_utf8_put_printable() writes it. */
size_t pk_utf8_columns(const char *text);

/*
 * The text without control characters ('?' instead), cut to @columns, the last
 * one then being an ellipsis ("~" without @unicode). 0 columns: not cut.
 * Returns the columns used.
 */
size_t pk_utf8_put_printable(struct pk_strbuf *out, const char *text, size_t columns,
			     bool unicode);
/* Text for XML content and attributes. */
void pk_utf8_put_xml(struct pk_strbuf *out, const char *text);
/*
 * Text as a JSON string with its quotes. Also safe inside XML and script
 * elements: '<', '>', '&' and control characters are written as \uXXXX.
 */
void pk_utf8_put_json(struct pk_strbuf *out, const char *text);

#endif
