/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes a table of unwind rows from (offset in the file, rule), given in order of offsets.
 * Equal rules are stored once, rows that change nothing are left out, and the table is built in
 * the memory that it is returned in.
 */
#ifndef PK_ROWS_BUILDER_H
#define PK_ROWS_BUILDER_H

#include "base/vec.h"
#include "unwind/rows.h"

struct pk_rows_builder {
	PK_VEC(struct pkprof_row) rows;
	PK_VEC(struct pkprof_rule) rules;
	PK_VEC(uint32_t) pages; /* first row of each page begun so far */
	uint32_t *slots;	/* hash of rules: index + 1, 0 is free */
	size_t nr_slots;
	uint64_t last_off;    /* of the row added last */
	bool has_last;	      /* which is still there */
	uint64_t nr_replaced; /* rows that became UNKNOWN because there were too many rules */
};

/* All-zero is an empty builder. */
void pk_rows_builder_deinit(struct pk_rows_builder *b);
/*
 * From @off on @rule holds. An @off below one given before is taken for that one; the later rule
 * for the same offset counts. 0, -EFBIG: more than PK_ROWS_MAX_BYTES, -ENOMEM.
 */
int pk_rows_add(struct pk_rows_builder *b, uint64_t off, const struct pkprof_rule *rule);
/*
 * The table; nothing but deinit may follow. @python: NULL, or what it says of CPython, with which
 * flag PYTHON is set. 0 or -ENOMEM.
 */
int pk_rows_finish(struct pk_rows_builder *b, uint32_t flags, const struct pkprof_python *python,
		   struct pk_rows_blob *ret);

#endif
