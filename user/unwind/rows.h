/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unwind rows of one file as the module takes them (uapi/pkprof_rows.h): one piece of memory.
 */
#ifndef PK_ROWS_H
#define PK_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "urows.h"

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

/* Bytes of a table with so many of each. */
uint64_t pk_rows_bytes(uint64_t nr_rules, uint64_t nr_pages, uint64_t nr_rows);

/* What the module would take, and no longer than what we make. Look-up: urows.h. */
bool pk_rows_valid(const void *data, size_t bytes);

#endif
