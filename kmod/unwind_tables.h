/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unwind rows of the files of a session, by their identity, under a cap of memory.
 *
 * A file has an entry from its first mapping on, and rows once the reader has brought them;
 * then it keeps these to the session's end. Who found an entry need not look for it again.
 */
#ifndef PK_UNWIND_TABLES_H
#define PK_UNWIND_TABLES_H

#include <linux/types.h>
#include "file_id.h"
#include "uwalk.h"

struct pk_tables;

/* May sleep. @max_bytes: of rows, entries and whatever else is charged. NULL without memory. */
struct pk_tables *pk_tables_create(u64 max_bytes);
/* Nobody walks any more: free all entries; refuse whatever comes. May sleep. */
void pk_tables_close(struct pk_tables *t);
bool pk_tables_closed(const struct pk_tables *t);
/* Closed, or nothing was ever got from them. NULL is fine. */
void pk_tables_destroy(struct pk_tables *t);

/*
 * The entry of a file, made if need be. @flags: PKPROF_ROWS_VDSO or 0. NULL without memory.
 * May sleep.
 */
const struct pk_rows_ref *pk_tables_get(struct pk_tables *t, const struct pk_file_id *id,
					u32 flags);

/* Rows from user memory. May sleep. Return: 0 or as uapi/pkprof_rows.h says. */
int pk_tables_upload(struct pk_tables *t, const void __user *from, size_t bytes);

/* Memory under the same cap. Return: false, and nothing is charged, beyond it. */
bool pk_tables_charge(struct pk_tables *t, size_t bytes);
void pk_tables_uncharge(struct pk_tables *t, size_t bytes);

#endif
