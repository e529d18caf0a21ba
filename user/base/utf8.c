// SPDX-License-Identifier: GPL-2.0-or-later
/* Text on its way out; see utf8.h. */
#include <string.h>

#include "base/cleanup.h"
#include "base/utf8.h"

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Smallest code point that needs this many bytes: less is an overlong form. */
static const uint32_t least_of_bytes[] = { 0, 0, 0x80, 0x800, 0x10000 };

static bool is_forbidden(uint32_t code)
{
	return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) || (code & 0xfffe) == 0xfffe;
}

uint32_t pk_utf8_next(const char **text, const char *end)
{
	const char *p = *text;
	unsigned char lead;
	unsigned int len;
	uint32_t code;

	if (p >= end)
		return 0;
	lead = *p;
	*text = p + 1;
	if (lead < 0x80)
		return lead;
	len = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
	if (lead < 0xc2 || lead > 0xf4 || len > (size_t)(end - p))
		return PK_UTF8_REPLACEMENT;
	code = lead & (0x7f >> len);
	for (unsigned int i = 1; i < len; i++) {
		if (!is_continuation(p[i]))
			return PK_UTF8_REPLACEMENT;
		code = code << 6 | (p[i] & 0x3f);
	}
	if (code < least_of_bytes[len] || is_forbidden(code))
		return PK_UTF8_REPLACEMENT;
	*text = p + len;
	return code;
}

void pk_utf8_put(struct pk_strbuf *out, uint32_t code)
{
	char b[4];
	size_t len;

	if (code < 0x80) {
		pk_strbuf_putc(out, (char)code);
		return;
	}
	len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	for (size_t i = len - 1; i > 0; i--, code >>= 6)
		b[i] = (char)(0x80 | (code & 0x3f));
	b[0] = (char)((0xf00 >> len & 0xff) | code);
	pk_strbuf_add(out, b, len);
}

bool pk_utf8_is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}

struct range {
	uint32_t from, to;
};

static bool in_ranges(const struct range *r, size_t nr, uint32_t code)
{
	for (size_t i = 0; i < nr && r[i].from <= code; i++)
		if (code <= r[i].to)
			return true;
	return false;
}

/* The blocks that terminals draw without an advance, and two columns wide (East Asian Width). */
static const struct range zero_width[] = {
	{ 0x300, 0x36f }, { 0x200b, 0x200f }, { 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f },
};
static const struct range double_width[] = {
	{ 0x1100, 0x115f },   { 0x2e80, 0x303e },   { 0x3041, 0xa4cf },   { 0xac00, 0xd7a3 },
	{ 0xf900, 0xfaff },   { 0xfe30, 0xfe6f },   { 0xff00, 0xff60 },   { 0xffe0, 0xffe6 },
	{ 0x1f300, 0x1f64f }, { 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd },
};

unsigned int pk_utf8_width(uint32_t code)
{
	if (code < 0x300)
		return 1;
	if (in_ranges(zero_width, PK_ARRAY_SIZE(zero_width), code))
		return 0;
	return in_ranges(double_width, PK_ARRAY_SIZE(double_width), code) ? 2 : 1;
}

size_t pk_utf8_columns(const char *text)
{
	const char *end = text + strlen(text);
	size_t columns = 0;

	while (text < end)
		columns += pk_utf8_width(pk_utf8_next(&text, end));
	return columns;
}

/* Bytes of printable ASCII that @text begins with, at most @room. */
static size_t plain_prefix(const char *text, const char *end, size_t room)
{
	size_t len = 0;

	while (text + len < end && len < room && text[len] >= ' ' && text[len] < 0x7f)
		len++;
	return len;
}

size_t pk_utf8_put_printable(struct pk_strbuf *out, const char *text, size_t columns, bool unicode)
{
	const char *end = text + strlen(text);
	bool cut = columns && pk_utf8_columns(text) > columns;
	size_t room = cut ? columns - 1 : SIZE_MAX, used = 0;

	while (text < end) {
		size_t plain = plain_prefix(text, end, room - used);
		unsigned int width;
		uint32_t code;

		/* most text is nothing else, and there may be gigabytes of it */
		pk_strbuf_add(out, text, plain);
		text += plain;
		used += plain;
		code = pk_utf8_next(&text, end);
		width = pk_utf8_width(code);
		if (!code || used + width > room)
			break;
		if (pk_utf8_is_control(code) || (!unicode && code == PK_UTF8_REPLACEMENT))
			code = '?';
		pk_utf8_put(out, code);
		used += width;
	}
	if (cut) {
		pk_strbuf_puts(out, unicode ? "…" : "~");
		used++;
	}
	return used;
}

void pk_utf8_put_xml(struct pk_strbuf *out, const char *text)
{
	const char *end = text + strlen(text);

	while (text < end) {
		uint32_t code = pk_utf8_next(&text, end);

		switch (code) {
		case '<':
			pk_strbuf_puts(out, "&lt;");
			break;
		case '>':
			pk_strbuf_puts(out, "&gt;");
			break;
		case '&':
			pk_strbuf_puts(out, "&amp;");
			break;
		case '"':
			pk_strbuf_puts(out, "&quot;");
			break;
		case '\'':
			pk_strbuf_puts(out, "&#39;");
			break;
		default:
			pk_utf8_put(out, pk_utf8_is_control(code) ? '?' : code);
		}
	}
}

void pk_utf8_put_json(struct pk_strbuf *out, const char *text)
{
	const char *end = text + strlen(text);

	pk_strbuf_putc(out, '"');
	while (text < end) {
		uint32_t code = pk_utf8_next(&text, end);

		if (code == '"' || code == '\\') {
			pk_strbuf_putc(out, '\\');
			pk_strbuf_putc(out, (char)code);
		} else if (code == '<' || code == '>' || code == '&' || pk_utf8_is_control(code)) {
			pk_strbuf_printf(out, "\\u%04x", code);
		} else {
			pk_utf8_put(out, code);
		}
	}
	pk_strbuf_putc(out, '"');
}
