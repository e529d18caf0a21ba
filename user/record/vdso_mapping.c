// SPDX-License-Identifier: GPL-2.0-or-later
/* The vdso among anonymous mappings; see vdso_mapping.h. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "record/vdso_mapping.h"

/*
 * Stacks of 64-bit programs end within 16 GiB below the end of user space, and
 * the kernel puts the vdso above the stack; mmap() starts below that gap
 * (STACK_TOP, stack_maxrandom_size and mmap_base() in arch/x86).
 */
#define ABOVE_STACKS 0x7ffc00000000ULL

uint64_t pk_vdso_bytes(void)
{
	PK_AUTO_FILE FILE *f = fopen("/proc/self/maps", "re");
	unsigned long long from, to;
	char line[512];

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, "[vdso]") && sscanf(line, "%llx-%llx", &from, &to) == 2)
			return to - from;
	return 0;
}

bool pk_vdso_resembles(uint64_t addr, uint64_t len, uint64_t vdso_bytes)
{
	return vdso_bytes && len == vdso_bytes && addr >= ABOVE_STACKS;
}
