// SPDX-License-Identifier: GPL-2.0-or-later
/* Streaming JSON writer; see json.h. */
#include <inttypes.h>
#include <math.h>

#include "base/json.h"
#include "base/utf8.h"

static void new_line(struct pk_json *j)
{
	pk_strbuf_putc(j->out, '\n');
	for (unsigned int i = 0; i < j->depth; i++)
		pk_strbuf_puts(j->out, "  ");
}

/* Everything that precedes a value: comma, line, key. */
static void lead_in(struct pk_json *j, const char *key)
{
	if (j->depth) {
		if (j->filled[j->depth - 1])
			pk_strbuf_putc(j->out, ',');
		if (j->depth <= j->lines)
			new_line(j);
		else if (j->filled[j->depth - 1])
			pk_strbuf_putc(j->out, ' ');
		j->filled[j->depth - 1] = true;
	}
	if (key) {
		pk_utf8_put_json(j->out, key);
		pk_strbuf_puts(j->out, ": ");
	}
}

static void open(struct pk_json *j, const char *key, bool array)
{
	if (j->depth == PK_JSON_MAX_DEPTH) {
		j->out->failed = true;
		return;
	}
	lead_in(j, key);
	pk_strbuf_putc(j->out, array ? '[' : '{');
	j->array[j->depth] = array;
	j->filled[j->depth] = false;
	j->depth++;
}

void pk_json_object(struct pk_json *j, const char *key)
{
	open(j, key, false);
}

void pk_json_array(struct pk_json *j, const char *key)
{
	open(j, key, true);
}

void pk_json_end(struct pk_json *j)
{
	bool lines = j->depth <= j->lines;

	if (!j->depth) {
		j->out->failed = true;
		return;
	}
	j->depth--;
	if (lines && j->filled[j->depth])
		new_line(j);
	pk_strbuf_putc(j->out, j->array[j->depth] ? ']' : '}');
	if (!j->depth)
		pk_strbuf_putc(j->out, '\n');
}

void pk_json_string(struct pk_json *j, const char *key, const char *text)
{
	if (!text) {
		pk_json_null(j, key);
		return;
	}
	lead_in(j, key);
	pk_utf8_put_json(j->out, text);
}

void pk_json_u64(struct pk_json *j, const char *key, uint64_t v)
{
	lead_in(j, key);
	pk_strbuf_printf(j->out, "%" PRIu64, v);
}

void pk_json_double(struct pk_json *j, const char *key, double v)
{
	if (!isfinite(v)) {
		pk_json_null(j, key);
		return;
	}
	lead_in(j, key);
	pk_strbuf_printf(j->out, "%.6g", v);
}

void pk_json_bool(struct pk_json *j, const char *key, bool v)
{
	lead_in(j, key);
	pk_strbuf_puts(j->out, v ? "true" : "false");
}

void pk_json_null(struct pk_json *j, const char *key)
{
	lead_in(j, key);
	pk_strbuf_puts(j->out, "null");
}
