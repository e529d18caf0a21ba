// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzer of demangling. Input: a linkage name. The result must be bounded and
 * free of control characters.
 */
/* folders: base profile model symbol */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "symbol/demangle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct pk_strbuf out = { 0 };
	char *name = malloc(len + 1);

	memcpy(name, data, len);
	name[len] = '\0';
	pk_demangle(name, &out);
	if (pk_strbuf_failed(&out) || out.len > len + 4096 + 8)
		abort();
	for (size_t i = 0; i < out.len; i++)
		if ((unsigned char)out.data[i] < ' ')
			abort();
	pk_strbuf_deinit(&out);
	free(name);
	return 0;
}
