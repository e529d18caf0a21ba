// SPDX-License-Identifier: GPL-2.0-or-later
/* "mm/filemap: Convert tracepoint mm_filemap_add_to_page_cache to folios", 5.16. */
#include <trace/events/filemap.h>

static void pk_callback(void *data, struct folio *folio)
{
}

void pk_probe(void);
void pk_probe(void)
{
	check_trace_callback_type_mm_filemap_add_to_page_cache(pk_callback);
}
