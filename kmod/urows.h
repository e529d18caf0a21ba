/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unwind rows of one file, as uapi/pkprof_rows.h has them: checked once, then looked up.
 *
 * Pure; the tool compiles it too (user/unwind/rows.c), as what it keeps on disk must pass the
 * same checks. After pk_urows_check() no look-up leaves the
 * table, whatever is in it.
 */
#ifndef PK_UROWS_H
#define PK_UROWS_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#endif
#include "uapi/pkprof_rows.h"

static inline const struct pkprof_rule *pk_urows_rules(const struct pkprof_rows *r)
{
	return (const struct pkprof_rule *)(r + 1);
}

static inline const __u32 *pk_urows_pages(const struct pkprof_rows *r)
{
	return (const __u32 *)(pk_urows_rules(r) + r->nr_rules);
}

static inline const struct pkprof_row *pk_urows_rows(const struct pkprof_rows *r)
{
	return (const struct pkprof_row *)(pk_urows_pages(r) + r->nr_pages + 1);
}

/* What it says of CPython, or NULL. Its place is not aligned to 8 bytes. */
struct pk_python_place {
	struct pkprof_python o;
} __attribute__((packed, aligned(4)));

static inline const struct pk_python_place *pk_urows_python(const struct pkprof_rows *r)
{
	return r->flags & PKPROF_ROWS_PYTHON ?
		       (const struct pk_python_place *)(pk_urows_rows(r) + r->nr_rows) :
		       (const struct pk_python_place *)0;
}

/**
 * pk_urows_check - is this a table that can be looked up?
 * @bytes:	that are there
 *
 * Context: may sleep; some milliseconds for the largest ones. Return: 0 or -EINVAL.
 */
int pk_urows_check(const struct pkprof_rows *r, size_t bytes);

/**
 * pk_urows_find - the rule at an offset in the file
 * Return: NULL in a gap. Any context.
 */
const struct pkprof_rule *pk_urows_find(const struct pkprof_rows *r, __u64 off);

#endif
