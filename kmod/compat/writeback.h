/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages of the page cache that become dirty and are written back: folios, and what there
 * was before them.
 */
#ifndef PK_COMPAT_WRITEBACK_H
#define PK_COMPAT_WRITEBACK_H

#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/writeback.h>
#include <trace/events/writeback.h>
#include "compat/tracepoint.h"
#include "config.h"

/*
 * pk_written_back(): what a page that is being written back belongs to, and where in it.
 * NULL: it is not being written back, or is of no file. Only what is in the page itself is
 * looked at.
 */
#if HAVE_WRITEBACK_DIRTY_FOLIO
static __always_inline const void *pk_written_back(const struct page *page, u64 *index_ret)
{
	const struct folio *folio = page_folio(page);
	const struct address_space *mapping;

	if (!folio_test_writeback((struct folio *)folio))
		return NULL;
	mapping = READ_ONCE(folio->mapping);
	*index_ret = folio->index + (page - &folio->page);
	/* anonymous memory and the like have a mark in the low bits */
	return (unsigned long)mapping & 3 ? NULL : mapping;
}

#define PK_DIRTY_TRACEPOINT "writeback_dirty_folio"

/* fn(void *data, const void *mapping, u64 index, unsigned int nr_pages) */
#define PK_PROBE_DIRTY(name, fn)                                                             \
	static void name(void *data, struct folio *folio, struct address_space *mapping)     \
	{                                                                                    \
		fn(data, mapping, folio->index, folio_nr_pages(folio));                      \
	}                                                                                    \
	PK_PROBE_CHECK(writeback_dirty_folio, name)
#else
static __always_inline const void *pk_written_back(const struct page *page, u64 *index_ret)
{
	struct page *head = compound_head((struct page *)page);
	const struct address_space *mapping;

	if (!PageWriteback(head))
		return NULL;
	mapping = READ_ONCE(head->mapping);
	*index_ret = head->index + (page - head);
	return (unsigned long)mapping & 3 ? NULL : mapping;
}

#define PK_DIRTY_TRACEPOINT "writeback_dirty_page"

#define PK_PROBE_DIRTY(name, fn)                                                             \
	static void name(void *data, struct page *page, struct address_space *mapping)       \
	{                                                                                    \
		fn(data, mapping, page->index, 1);                                           \
	}                                                                                    \
	PK_PROBE_CHECK(writeback_dirty_page, name)
#endif

#endif
