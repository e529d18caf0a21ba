/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Streaming JSON writer: values go straight into a buffer, nothing is kept.
 * Keys come in the order of the calls, so equal input gives equal bytes. What
 * does not nest makes the buffer fail.
 */
#ifndef PK_JSON_H
#define PK_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"

#define PK_JSON_MAX_DEPTH 16

struct pk_json {
	struct pk_strbuf *out;
	unsigned int depth;
	unsigned int lines;	/* values nested deeper than this share a line */
	bool array[PK_JSON_MAX_DEPTH], filled[PK_JSON_MAX_DEPTH];
};

static inline struct pk_json pk_json_of(struct pk_strbuf *out, unsigned int lines)
{
	return (struct pk_json){ .out = out, .lines = lines };
}

/* @key: NULL within arrays and for the outermost value. */
void pk_json_object(struct pk_json *j, const char *key);
void pk_json_array(struct pk_json *j, const char *key);
/* Ends the innermost object or array; a line feed follows the outermost. */
void pk_json_end(struct pk_json *j);

void pk_json_string(struct pk_json *j, const char *key, const char *text);	/* NULL: null */
void pk_json_u64(struct pk_json *j, const char *key, uint64_t v);
void pk_json_double(struct pk_json *j, const char *key, double v);	/* not finite: null */
void pk_json_bool(struct pk_json *j, const char *key, bool v);
void pk_json_null(struct pk_json *j, const char *key);

#endif
