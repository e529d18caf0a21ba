// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzer of the way from an ELF file to its unwind rows: sections, entries, instructions and
 * expressions. Input: an ELF file. The table that comes out must be one that the module takes,
 * with an answer for each place in the file.
 */
/* folders: base profile model symbol unwind */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "unwind/compile.h"

static void use(const struct pk_rows_blob *b, size_t len)
{
	const struct pkprof_rule *rules = pk_urows_rules(b->data);

	if (!pk_rows_valid(b->data, b->bytes))
		abort();
	for (uint64_t off = 0; off < len + 100; off++) {
		const struct pkprof_rule *r = pk_urows_find(b->data, off);

		if (r && (r < rules || r >= rules + b->data->nr_rules))
			abort();
	}
	for (uint32_t i = 0; i < b->data->nr_rules; i++) {
		const struct pkprof_rule *r = &rules[i];

		if (r->kind == PKPROF_RULE_CFA || r->kind == PKPROF_RULE_CFA_AT) {
			if (!r->ra || r->ra >= PKPROF_SAVED_LOST)
				abort();
		} else if (r->reg || r->ra || r->off || r->add || r->saved[PKPROF_SAVED_BP]) {
			abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	int fd = memfd_create("input", MFD_CLOEXEC);
	struct pk_rows_blob b;
	struct pk_err err = { 0 };

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	if (pk_rows_compile(fd, "input", &b, NULL, &err)) {
		if (!err.code || !*err.msg)
			abort();
		return 0;
	}
	use(&b, len);
	pk_rows_release(&b);
	return 0;
}
