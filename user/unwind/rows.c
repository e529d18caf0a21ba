// SPDX-License-Identifier: GPL-2.0-or-later
/* The parts of a table of unwind rows; see rows.h. */
#include <stdlib.h>

#include "unwind/rows.h"

#define PAGE_BYTES (1u << PKPROF_ROWS_PAGE_SHIFT)

void pk_rows_release(struct pk_rows_blob *b)
{
	free(b->data);
	*b = (struct pk_rows_blob){ 0 };
}

const struct pkprof_rule *pk_rows_rules(const struct pkprof_rows *h)
{
	return (const void *)(h + 1);
}

const uint32_t *pk_rows_pages(const struct pkprof_rows *h)
{
	return (const void *)(pk_rows_rules(h) + h->nr_rules);
}

const struct pkprof_row *pk_rows_rows(const struct pkprof_rows *h)
{
	return (const void *)(pk_rows_pages(h) + h->nr_pages + 1);
}

uint64_t pk_rows_bytes(uint64_t nr_rules, uint64_t nr_pages, uint64_t nr_rows)
{
	return sizeof(struct pkprof_rows) + nr_rules * sizeof(struct pkprof_rule) +
	       (nr_pages + 1) * sizeof(uint32_t) + nr_rows * sizeof(struct pkprof_row);
}

static bool rules_are_valid(const struct pkprof_rows *h)
{
	const struct pkprof_rule *rule = pk_rows_rules(h);

	for (uint32_t i = 0; i < h->nr_rules; i++)
		if (rule[i].kind >= PKPROF_NR_RULE_KINDS || rule[i].reg >= PKPROF_NR_REGS)
			return false;
	return true;
}

static bool page_is_valid(const struct pkprof_rows *h, const struct pkprof_row *row, uint32_t from,
			  uint32_t to)
{
	if (from > to || to > h->nr_rows)
		return false;
	for (uint32_t i = from; i < to; i++)
		if (row[i].rule >= h->nr_rules || (i > from && row[i].off <= row[i - 1].off))
			return false;
	return true;
}

bool pk_rows_valid(const void *data, size_t bytes)
{
	const struct pkprof_rows *h = data;
	const struct pkprof_row *row;
	const uint32_t *page;

	if (bytes < sizeof(*h) || bytes > PK_ROWS_MAX_BYTES || h->magic != PKPROF_ROWS_MAGIC ||
	    h->bytes != bytes || pk_rows_bytes(h->nr_rules, h->nr_pages, h->nr_rows) != bytes ||
	    !rules_are_valid(h))
		return false;
	row = pk_rows_rows(h);
	page = pk_rows_pages(h);
	if (page[0] || page[h->nr_pages] != h->nr_rows)
		return false;
	for (uint32_t i = 0; i < h->nr_pages; i++)
		if (!page_is_valid(h, row, page[i], page[i + 1]))
			return false;
	return true;
}

const struct pkprof_rule *pk_rows_find(const struct pkprof_rows *h, uint64_t off)
{
	const struct pkprof_row *row = pk_rows_rows(h);
	uint64_t nr = off >> PKPROF_ROWS_PAGE_SHIFT;
	uint32_t lo, hi;

	if (nr >= h->nr_pages)
		return NULL;
	lo = pk_rows_pages(h)[nr];
	hi = pk_rows_pages(h)[nr + 1];
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (row[mid].off <= off % PAGE_BYTES)
			lo = mid + 1;
		else
			hi = mid;
	}
	/* the last one at or before it, which may be of a page before */
	return lo ? &pk_rows_rules(h)[row[lo - 1].rule] : NULL;
}
