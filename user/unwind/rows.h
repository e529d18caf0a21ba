/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unwind rows of one file as the module takes them (uapi/pkprof_rows.h): one piece of memory.
 */
#ifndef PK_ROWS_H
#define PK_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uapi/pkprof_rows.h"

/* Of one table as we make and keep them, ten times the largest seen; the contract allows more. */
#define PK_ROWS_MAX_BYTES (32u << 20)

/*
 * All-zero: none. The owner fills in which file it is, dev, ino, gen and the flag ANY_GEN,
 * before it writes @bytes of @data to the module.
 */
struct pk_rows_blob {
	struct pkprof_rows *data; /* from malloc() */
	size_t bytes;
};

void pk_rows_release(struct pk_rows_blob *b);

/* Where the parts are; of a blob that pk_rows_valid(). */
const struct pkprof_rule *pk_rows_rules(const struct pkprof_rows *h);
const uint32_t *pk_rows_pages(const struct pkprof_rows *h);
const struct pkprof_row *pk_rows_rows(const struct pkprof_rows *h);

/* Bytes of a table with so many of each. */
uint64_t pk_rows_bytes(uint64_t nr_rules, uint64_t nr_pages, uint64_t nr_rows);

/* All that the module checks, and that the rows are in order and the rules possible ones. */
bool pk_rows_valid(const void *data, size_t bytes);

/* The rule for code at an offset in the file, found as the module finds it; NULL: a gap. */
const struct pkprof_rule *pk_rows_find(const struct pkprof_rows *h, uint64_t off);

#endif
