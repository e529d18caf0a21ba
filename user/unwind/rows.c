// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A table of unwind rows; see rows.h. Its check and its look-up are the module's own, so that
 * the two cannot differ.
 */
#include <stdlib.h>

#include "unwind/rows.h"

#include "urows.c" /* kmod */

void pk_rows_release(struct pk_rows_blob *b)
{
	free(b->data);
	*b = (struct pk_rows_blob){ 0 };
}

uint64_t pk_rows_bytes(uint64_t nr_rules, uint64_t nr_pages, uint64_t nr_rows)
{
	return sizeof(struct pkprof_rows) + nr_rules * sizeof(struct pkprof_rule) +
	       (nr_pages + 1) * sizeof(uint32_t) + nr_rows * sizeof(struct pkprof_row);
}

bool pk_rows_valid(const void *data, size_t bytes)
{
	return bytes <= PK_ROWS_MAX_BYTES && !pk_urows_check(data, bytes);
}
