// SPDX-License-Identifier: GPL-2.0-or-later
/* "mm/writeback: Add __folio_mark_dirty()" and "Convert tracing writeback_page_template to folios", 5.16 and 5.18. */
#include <linux/mm.h>
#include <linux/writeback.h>
#include <trace/events/writeback.h>

static void pk_dirty(void *data, struct folio *folio, struct address_space *mapping)
{
}

void pk_probe(void);
void pk_probe(void)
{
	check_trace_callback_type_writeback_dirty_folio(pk_dirty);
}
