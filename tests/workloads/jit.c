// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A just-in-time compiler in small: writes two functions into memory, names
 * them in /tmp/perf-PID.map, and spends 70 and 30 % of its time in them.
 *
 *	jit SECONDS
 *
 * Prints "jit_hot CALLS" and "jit_warm CALLS"; a call of either is the same work.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clock.h"

/*
 * push %rbp; mov %rsp, %rbp; mov $100000, %ecx; 1: dec %ecx; jnz 1b;
 * pop %rbp; ret
 */
static const unsigned char code[] = {
	0x55, 0x48, 0x89, 0xe5, 0xb9, 0xa0, 0x86, 0x01, 0x00, 0xff, 0xc9, 0x75, 0xfc, 0x5d, 0xc3,
};

typedef void (*jit_fn)(void);

static WORK unsigned int run(jit_fn function, unsigned int calls)
{
	for (unsigned int i = 0; i < calls; i++)
		function();
	return calls;
}

int main(int argc, char **argv)
{
	unsigned long hot = 0, warm = 0;
	uint64_t total_ns;
	unsigned char *memory;
	char path[64];
	FILE *map;

	if (argc < 2) {
		fprintf(stderr, "usage: jit SECONDS\n");
		return 2;
	}
	total_ns = strtod(argv[1], NULL) * NSEC_PER_SEC;
	memory = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return 1;
	memcpy(memory, code, sizeof(code));
	memcpy(memory + 4096, code, sizeof(code));
	if (mprotect(memory, 8192, PROT_READ | PROT_EXEC))
		return 1;
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
	map = fopen(path, "w");
	if (!map)
		return 1;
	fprintf(map, "%lx %zx jit_hot\n%lx %zx jit_warm\n", (unsigned long)memory, sizeof(code),
		(unsigned long)memory + 4096, sizeof(code));
	if (fclose(map))
		return 1;
	while (thread_cpu_ns() < total_ns) {
		hot += run((jit_fn)memory, 7);
		warm += run((jit_fn)(memory + 4096), 3);
	}
	printf("jit_hot %lu\njit_warm %lu\n", hot, warm);
	return 0;
}
