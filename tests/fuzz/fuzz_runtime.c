// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzer of the search for language runtimes in an ELF file: symbols, sections,
 * texts and the versions that are taken from them. Input: an ELF file, which is
 * looked at as a program. What comes out goes to terminals and into profiles.
 */
/* folders: base profile model symbol runtime */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "runtime/table.h"

#define BUDGET_BYTES (1u << 20)

static void use(const struct pk_elf *e)
{
	struct pk_runtime_file f = { 0 };
	uint64_t budget = BUDGET_BYTES;
	struct pk_evidence ev;

	pk_evidence_of(e, &budget, &ev);
	pk_runtime_look(&ev, true, &f);
	if (budget > BUDGET_BYTES || f.runtime >= PK_NR_RUNTIMES ||
	    strnlen(f.version, sizeof(f.version)) == sizeof(f.version) ||
	    strnlen(f.evidence, sizeof(f.evidence)) == sizeof(f.evidence))
		abort();
	for (const char *c = f.version; *c; c++)
		if (*c <= ' ' || *c >= 0x7f)
			abort();
	if (!f.runtime != !f.evidence[0])
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	int fd = memfd_create("input", MFD_CLOEXEC);
	struct pk_elf e;

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	if (pk_elf_open(fd, &e))
		return 0;
	use(&e);
	pk_elf_close(&e);
	return 0;
}
