// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzer of JIT maps. Input: text of a perf-PID.map file. Addresses on a grid
 * are looked up; what comes out must be disjoint and hold them.
 */
/* folders: base profile model symbol */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "symbol/perf_map.h"

#define NR_LOOKUPS 256

struct check {
	const struct pk_cover *c;
	uint64_t last_end;
	uint32_t next;		/* address that must come next */
};

static int check_range(void *ctx, uint64_t start, uint64_t end, uint32_t func)
{
	struct check *check = ctx;

	if (start < check->last_end || start >= end)
		abort();
	for (; check->next < check->c->nr && check->c->addr[check->next] < end; check->next++) {
		uint32_t owner = check->c->owner[check->next];

		if (check->c->addr[check->next] < start ? owner != PK_COVER_NONE : owner != func)
			abort();
	}
	check->last_end = end;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint64_t addr[NR_LOOKUPS];
	struct pk_cover c;
	struct check check = { .c = &c };
	char *text = malloc(len + 1);

	memcpy(text, data, len);
	text[len] = '\0';
	for (unsigned int i = 0; i < NR_LOOKUPS; i++)
		addr[i] = i < 128 ? i * 16 :
			  i < 250 ? 0x7f0000000000 + i * 64 :
				    UINT64_MAX - 255 + i;
	if (pk_cover_init(&c, addr, NR_LOOKUPS) || pk_perf_map_offer(text, len, &c) ||
	    pk_cover_emit(&c, check_range, &check))
		abort();
	pk_cover_deinit(&c);
	free(text);
	return 0;
}
