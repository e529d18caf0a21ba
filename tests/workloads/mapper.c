// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Code that comes and goes: dlopen() and dlclose() of a library, and anonymous
 * executable memory, mapped, run, unmapped.
 *
 *	mapper SECONDS [LIBRARY]	default libm.so.6
 *
 * Runs for SECONDS of CPU time. Prints "loads NUMBER" (of the library),
 * "maps NUMBER" (anonymous) and "cpu NANOSECONDS".
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "clock.h"

/* mov $200000, %ecx; 1: dec %ecx; jnz 1b; ret */
static const unsigned char loop_code[] = { 0xb9, 0x40, 0x0d, 0x03, 0x00, 0xff, 0xc9, 0x75, 0xfc, 0xc3 };

static WORK int run_anonymous(void)
{
	void *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int ret = -1;

	if (code == MAP_FAILED)
		return -1;
	memcpy(code, loop_code, sizeof(loop_code));
	if (!mprotect(code, 4096, PROT_READ | PROT_EXEC)) {
		((void (*)(void))code)();
		ret = 0;
	}
	munmap(code, 4096);
	return ret;
}

static WORK int run_library(const char *name)
{
	void *lib = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	double (*function)(double), x = 0.5;

	if (!lib)
		return -1;
	*(void **)&function = dlsym(lib, "cos");
	for (int i = 0; function && i < 2000; i++)
		x = function(x);
	__asm__ volatile("" : : "x"(x));
	return dlclose(lib);
}

int main(int argc, char **argv)
{
	unsigned long loads = 0, maps = 0;
	uint64_t end_ns;

	if (argc < 2) {
		fprintf(stderr, "usage: mapper SECONDS [LIBRARY]\n");
		return 2;
	}
	end_ns = strtod(argv[1], NULL) * NSEC_PER_SEC;
	while (thread_cpu_ns() < end_ns) {
		if (run_library(argc > 2 ? argv[2] : "libm.so.6")) {
			fprintf(stderr, "mapper: %s\n", dlerror());
			return 1;
		}
		loads++;
		if (run_anonymous()) {
			perror("mapper: mmap");
			return 1;
		}
		maps++;
	}
	printf("loads %lu\nmaps %lu\ncpu %llu\n", loads, maps, (unsigned long long)thread_cpu_ns());
	return 0;
}
