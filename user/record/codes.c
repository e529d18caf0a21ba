// SPDX-License-Identifier: GPL-2.0-or-later
/* Interpreted code; see codes.h. */
#include <errno.h>
#include <string.h>

#include "base/utf8.h"
#include "record/codes.h"

#define MAX_LINE 0xffffffu

void pk_codes_init(struct pk_codes *c, struct pk_writer *w)
{
	*c = (struct pk_codes){ .writer = w };
}

void pk_codes_deinit(struct pk_codes *c)
{
	pk_map64_deinit(&c->by_ring);
	pk_map64_deinit(&c->by_content);
	pk_vec_deinit(&c->known);
	pk_strbuf_deinit(&c->lines);
	pk_strbuf_deinit(&c->text);
}

/* --- lines --------------------------------------------------------------- */

enum {
	CODE_LONG = 14,
	CODE_NO_COLUMNS = 13,
	CODE_ONE_LINE = 10,
	CODE_NONE = 15
};

/* Six bits in a byte, the lowest first; bit 6: there is more. Never leaves the table. */
static uint64_t varint(const uint8_t *table, size_t len, size_t *at)
{
	uint64_t value = 0;
	unsigned int shift = 0;

	while (*at < len) {
		uint8_t byte = table[(*at)++];

		if (shift < 64)
			value |= (uint64_t)(byte & 63) << shift;
		shift += 6;
		if (!(byte & 64))
			break;
	}
	return value;
}

static int64_t svarint(const uint8_t *table, size_t len, size_t *at)
{
	uint64_t value = varint(table, len, at);

	return value & 1 ? -(int64_t)(value >> 1) : (int64_t)(value >> 1);
}

uint32_t pk_code_line(const uint8_t *table, size_t len, uint32_t first_line, uint32_t place)
{
	int64_t line = first_line;
	uint64_t upto = 0;

	for (size_t at = 0; at < len;) {
		unsigned int kind = table[at] >> 3 & 15;

		if (!(table[at] & 128))
			return 0;
		upto += (table[at++] & 7) + 1;
		if (kind == CODE_LONG || kind == CODE_NO_COLUMNS)
			line += svarint(table, len, &at);
		else if (kind >= CODE_ONE_LINE && kind < CODE_NO_COLUMNS)
			line += kind - CODE_ONE_LINE;
		if (line < -(int64_t)UINT32_MAX || line > (int64_t)UINT32_MAX)
			return 0;
		if (place < upto)
			return kind == CODE_NONE || line <= 0 || line > MAX_LINE ? 0 : line;
		/* columns, of which nothing is wanted, up to the next entry */
		while (at < len && !(table[at] & 128))
			at++;
	}
	return 0;
}

/* --- names --------------------------------------------------------------- */

/* Text of characters of @width bytes to a string of the profile. */
static int put_text(struct pk_codes *c, const uint8_t *text, size_t len, unsigned int width,
		    uint32_t *id_ret)
{
	pk_strbuf_clear(&c->text);
	for (size_t i = 0; i + width <= len; i += width) {
		uint32_t code = 0;

		memcpy(&code, text + i, width);
		if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
			code = PK_UTF8_REPLACEMENT;
		pk_utf8_put(&c->text, code);
	}
	if (pk_strbuf_failed(&c->text))
		return -ENOMEM;
	return pk_writer_string(c->writer, c->text.data, c->text.len, id_ret);
}

static int put_new(struct pk_codes *c, const struct pkprof_rec_code *r, uint32_t *id_ret)
{
	const uint8_t *file = r->text + r->name_len, *lines = file + r->file_len;
	struct pk_code x = { .kind = PK_CODE_PYTHON, .first_line = r->first_line };
	struct pk_known_code known = {
		.lines_at = c->lines.len,
		.lines_len = r->lines_len,
		.first_line = r->first_line,
	};
	int ret = put_text(c, r->text, r->name_len, r->name_width, &x.name);

	if (!ret)
		ret = put_text(c, file, r->file_len, r->file_width, &x.file);
	if (!ret)
		ret = pk_writer_code(c->writer, &x, id_ret);
	if (ret)
		return ret;
	pk_strbuf_add(&c->lines, lines, r->lines_len);
	return pk_strbuf_failed(&c->lines) ? -ENOMEM : pk_vec_add(&c->known, known);
}

static uint64_t ring_key(unsigned int cpu, uint32_t id)
{
	return (uint64_t)cpu << 32 | id;
}

/* Without padding; two functions of one hash are one by a chance of 1 in 2^64. */
static uint64_t content_hash(const struct pkprof_rec_code *r)
{
	size_t len = (size_t)r->name_len + r->file_len + r->lines_len;
	uint64_t lens = (uint64_t)r->name_len << 32 | (uint32_t)r->file_len << 16 |
			r->name_width << 8 | r->file_width;

	return pk_hash64(pk_hash_bytes((const char *)r->text, len) ^
			 pk_hash64(lens ^ (uint64_t)r->first_line << 32));
}

int pk_codes_define(struct pk_codes *c, unsigned int cpu, const struct pkprof_rec_code *r)
{
	size_t len = (size_t)r->name_len + r->file_len + r->lines_len;
	uint32_t *at, id;
	int ret;

	if (sizeof(*r) + len > r->rec.size || !r->id || r->id > PKPROF_CODE_MAX_ID ||
	    !r->name_width || r->name_width > 4 || !r->file_width || r->file_width > 4)
		return -EINVAL;
	at = pk_map64_at(&c->by_content, content_hash(r));
	if (!at)
		return -ENOMEM;
	if (*at == PK_MAP64_NONE) {
		ret = put_new(c, r, &id);
		if (ret)
			return ret;
		*at = id;
	}
	return pk_map64_set(&c->by_ring, ring_key(cpu, r->id), *at);
}

uint64_t pk_codes_entry(const struct pk_codes *c, unsigned int cpu, uint64_t ip)
{
	uint64_t run_by = PKPROF_CODE_RUN_BY(PKPROF_CODE_NR_RUN_BY(ip));
	uint32_t id = pk_map64_get(&c->by_ring, ring_key(cpu, PKPROF_CODE_ID(ip)));
	const struct pk_known_code *known;
	uint32_t line = 0;

	if (id == PK_MAP64_NONE || id > c->known.nr)
		return PKPROF_CODE(0, 0) | run_by;
	known = &c->known.data[id - 1];
	if (PKPROF_CODE_PLACE(ip) != PKPROF_CODE_NO_PLACE)
		line = pk_code_line((const uint8_t *)c->lines.data + known->lines_at,
				    known->lines_len, known->first_line, PKPROF_CODE_PLACE(ip));
	return PKPROF_CODE(id, line) | run_by;
}
