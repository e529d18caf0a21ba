// SPDX-License-Identifier: GPL-2.0-or-later
/* Facts with numbers; see facts.h. */
#include <errno.h>

#include "base/strbuf.h"
#include "record/facts.h"

int pk_fact_printf(struct pk_writer *w, const char *key, const char *fmt, ...)
{
	struct pk_strbuf text = { 0 };
	va_list ap;
	int ret = -ENOMEM;

	va_start(ap, fmt);
	pk_strbuf_vprintf(&text, fmt, ap);
	va_end(ap);
	if (!pk_strbuf_failed(&text))
		ret = pk_writer_fact(w, key, text.data ? text.data : "");
	pk_strbuf_deinit(&text);
	return ret;
}

int pk_fact_u64(struct pk_writer *w, const char *key, uint64_t value)
{
	return pk_fact_printf(w, key, "%llu", (unsigned long long)value);
}
