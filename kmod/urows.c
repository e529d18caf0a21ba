// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unwind rows of one file, see urows.h. Rows are half as large as an offset in the file
 * would make them, as each page of 64 KB has an index of its own.
 */
#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/sched.h>
#define PK_BREATHE() cond_resched()
#else
#include <errno.h>
#define PK_BREATHE() ((void)0)
#endif
#include "urows.h"

#define PK_PYTHON_FAR	 (1LL << 32)	/* bytes, within one mapped file */
#define PK_PYTHON_FAR_IN (1u << 24)	/* within one structure */
#define PK_ROWS_PAGE_BYTES (1u << PKPROF_ROWS_PAGE_SHIFT)

/* Head and sizes. Sums of products of 32 bits do not overflow 64. */
static bool pk_urows_check_sizes(const struct pkprof_rows *r, size_t bytes)
{
	__u64 need;

	if (bytes < sizeof(*r) || bytes > PKPROF_ROWS_MAX_BYTES || r->magic != PKPROF_ROWS_MAGIC ||
	    r->bytes != bytes)
		return false;
	need = sizeof(*r) + (__u64)r->nr_rules * sizeof(struct pkprof_rule) +
	       ((__u64)r->nr_pages + 1) * sizeof(__u32) +
	       (__u64)r->nr_rows * sizeof(struct pkprof_row);
	if (r->flags & PKPROF_ROWS_PYTHON)
		need += sizeof(struct pkprof_python);
	return need == bytes;
}

static bool pk_urows_check_rules(const struct pkprof_rows *r)
{
	const struct pkprof_rule *rule = pk_urows_rules(r);
	__u32 i;

	for (i = 0; i < r->nr_rules; i++) {
		if ((rule[i].kind & ~PKPROF_RULE_EVAL) >= PKPROF_NR_RULE_KINDS ||
		    rule[i].reg >= PKPROF_NR_REGS)
			return false;
	}
	return true;
}

static bool pk_urows_check_page(const struct pkprof_rows *r, __u32 from, __u32 to)
{
	const struct pkprof_row *row = pk_urows_rows(r);
	__u32 i;

	if (from > to || to > r->nr_rows || to - from > PK_ROWS_PAGE_BYTES)
		return false;
	for (i = from; i < to; i++) {
		if (row[i].rule >= r->nr_rules || (i > from && row[i].off <= row[i - 1].off))
			return false;
	}
	return true;
}

/* That no offset leads far away keeps user addresses from wrapping. */
static bool pk_urows_check_python(const struct pkprof_rows *r)
{
	const struct pk_python_place *place = pk_urows_python(r);
	const struct pkprof_python *o;
	struct pkprof_python copy;
	const __u16 *offset;

	if (!place)
		return true;
	copy = place->o;
	o = &copy;
	if (o->flags & ~PKPROF_PYTHON_MAX_FLAGS || o->runtime > PK_PYTHON_FAR ||
	    o->runtime < -PK_PYTHON_FAR || o->interpreters > PK_PYTHON_FAR_IN ||
	    o->interpreter_next > PK_PYTHON_FAR_IN || o->interpreter_threads > PK_PYTHON_FAR_IN ||
	    o->kind_shift > 24 || o->reserved[0] || o->reserved[1] || o->reserved[2])
		return false;
	for (offset = &o->thread_next; offset <= &o->bytes_data; offset++) {
		if (*offset > PKPROF_PYTHON_MAX_OFFSET)
			return false;
	}
	return true;
}

int pk_urows_check(const struct pkprof_rows *r, size_t bytes)
{
	const __u32 *page;
	__u32 i;

	if (!pk_urows_check_sizes(r, bytes) || !pk_urows_check_rules(r) ||
	    !pk_urows_check_python(r))
		return -EINVAL;
	page = pk_urows_pages(r);
	if (page[0] || page[r->nr_pages] != r->nr_rows)
		return -EINVAL;
	for (i = 0; i < r->nr_pages; i++) {
		if (!pk_urows_check_page(r, page[i], page[i + 1]))
			return -EINVAL;
		PK_BREATHE();
	}
	return 0;
}

/* How many of rows [from, to) begin at or before @off. */
static __u32 pk_urows_upto(const struct pkprof_row *row, __u32 from, __u32 to, __u16 off)
{
	while (from < to) {
		__u32 middle = from + (to - from) / 2;

		if (row[middle].off <= off)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

const struct pkprof_rule *pk_urows_find(const struct pkprof_rows *r, __u64 off)
{
	const struct pkprof_row *row = pk_urows_rows(r);
	const __u32 *page = pk_urows_pages(r);
	__u64 nr = off >> PKPROF_ROWS_PAGE_SHIFT;
	__u32 after;

	if (nr >= r->nr_pages)
		return NULL;
	/* the row that is sought may begin in an earlier page */
	after = pk_urows_upto(row, page[nr], page[nr + 1], (__u16)off);
	if (!after)
		return NULL;
	return pk_urows_rules(r) + row[after - 1].rule;
}
