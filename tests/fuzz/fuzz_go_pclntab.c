// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzer of Go's function table. Input: the table. Addresses all over what it
 * is about are looked up; what is found must hold them and have its name in the
 * table. Where in a file the table is, is the matter of fuzz_elf.
 */
/* folders: base profile model symbol */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "symbol/go_pclntab.h"

#define NR_LOOKUPS 256

static void look_up(const struct pk_go_pclntab *t, uint64_t svma)
{
	const char *end = (const char *)t->data + t->len;
	struct pk_func f;

	if (!pk_go_pclntab_find(t, svma, &f))
		return;
	if (f.start > svma || svma >= f.end || f.name < (const char *)t->data || f.name >= end ||
	    !f.name[0] || !memchr(f.name, '\0', end - f.name) ||
	    strlen(f.name) > PK_MAX_SYMBOL_NAME)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct pk_go_pclntab t;
	uint64_t start, end;

	if (!pk_go_pclntab_init(&t, data, len) || !pk_go_pclntab_range(&t, &start, &end))
		return 0;
	for (uint64_t i = 0; i < NR_LOOKUPS; i++) {
		look_up(&t, start + (end - start) / NR_LOOKUPS * i);
		look_up(&t, start + i);
		look_up(&t, end - i);
		look_up(&t, i * (UINT64_MAX / NR_LOOKUPS));
	}
	return 0;
}
