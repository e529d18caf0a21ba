// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzer of the kernel symbol parser. Input: text of /proc/kallsyms. Each
 * symbol's address and its neighbours are looked up; owners must cover them.
 */
/* folders: base profile model symbol */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "symbol/kallsyms.h"

#define MAX_LOOKUPS 64

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static size_t choose(const struct pk_kallsyms *k, uint64_t *addr)
{
	size_t nr = 0, kept = 0;

	for (size_t i = 0; i < k->syms.nr && nr + 3 <= MAX_LOOKUPS; i++) {
		addr[nr++] = k->syms.data[i].addr - 1;
		addr[nr++] = k->syms.data[i].addr;
		addr[nr++] = k->syms.data[i].addr + 0xffff;
	}
	qsort(addr, nr, sizeof(*addr), compare);
	for (size_t i = 0; i < nr; i++)
		if (!kept || addr[kept - 1] != addr[i])
			addr[kept++] = addr[i];
	return kept;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint64_t addr[MAX_LOOKUPS];
	struct pk_strtab strings;
	struct pk_kallsyms k;
	struct pk_cover c;
	char *text = malloc(len + 1);

	memcpy(text, data, len);
	text[len] = '\0';
	if (pk_kallsyms_parse(text, len, &k))
		return 0;
	if (pk_strtab_init(&strings) || pk_cover_init(&c, addr, choose(&k, addr)))
		abort();
	if (pk_kallsyms_offer(&k, &strings, &c))
		abort();
	pk_cover_settle(&c, NULL);
	for (size_t i = 0; i < c.nr; i++) {
		const struct pk_func *f;

		if (c.owner[i] == PK_COVER_NONE)
			continue;
		f = &c.funcs.data[c.owner[i]];
		if (addr[i] < f->start || addr[i] >= f->end || !*f->name)
			abort();
	}
	pk_cover_deinit(&c);
	pk_strtab_deinit(&strings);
	pk_kallsyms_deinit(&k);
	return 0;
}
