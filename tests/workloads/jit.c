// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A just-in-time compiler in small: writes two functions into memory, names
 * them in /tmp/perf-PID.map, and spends 70 and 30 % of its time in them.
 *
 *	jit SECONDS [MODE]
 *
 * MODE: "late" writes the map after a third of the time, "gone" also removes it before it ends.
 * "dump" names them in /tmp/jit-PID.dump instead, with times and code, and after half of the time
 * puts a third function in the place of the first; the dump is removed, too.
 *
 * SIGTERM ends it early. Prints "NAME NANOSECONDS" of CPU time in each function.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
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

#define DISTANCE 4096 /* of the functions */

typedef void (*jit_fn)(void);

static volatile sig_atomic_t over;

static void end(int signal)
{
	(void)signal;
	over = 1;
}

/* The caller that the stacks are to show. */
static WORK void run(jit_fn function)
{
	function();
	asm volatile("" : : : "memory"); /* no jump instead of the call */
}

static int write_code(unsigned char *memory)
{
	if (mprotect(memory, 2 * DISTANCE, PROT_READ | PROT_WRITE))
		return -1;
	memcpy(memory, code, sizeof(code));
	memcpy(memory + DISTANCE, code, sizeof(code));
	return mprotect(memory, 2 * DISTANCE, PROT_READ | PROT_EXEC);
}

static int write_map(const char *path, const unsigned char *memory)
{
	FILE *map = fopen(path, "w");

	if (!map)
		return -1;
	fprintf(map, "%lx %zx jit_hot\n%lx %zx jit_warm\n", (unsigned long)memory, sizeof(code),
		(unsigned long)memory + DISTANCE, sizeof(code));
	return fclose(map);
}

/* As the specification of perf's jitdump has it. */
struct dump_head {
	uint32_t magic, version, bytes, machine, pad, pid;
	uint64_t time_ns, flags;
};

struct dump_load {
	uint32_t kind, bytes;
	uint64_t time_ns;
	uint32_t pid, tid;
	uint64_t vma, addr, size, index;
};

static int begin_dump(const char *path)
{
	struct dump_head head = {
		.magic = 0x4a695444,
		.version = 1,
		.bytes = sizeof(head),
		.machine = 62,
		.pid = getpid(),
		.time_ns = clock_ns(CLOCK_MONOTONIC),
	};
	int fd = open(path, O_CREAT | O_TRUNC | O_RDWR, 0600);

	if (fd < 0 || write(fd, &head, sizeof(head)) != sizeof(head))
		return -1;
	/* so that it is found */
	if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED)
		return -1;
	return fd;
}

static int dump_function(int fd, const unsigned char *at, const char *name)
{
	static uint64_t index;
	struct dump_load load = {
		.bytes = sizeof(load) + strlen(name) + 1 + sizeof(code),
		.time_ns = clock_ns(CLOCK_MONOTONIC),
		.pid = getpid(),
		.tid = getpid(),
		.vma = (uintptr_t)at,
		.addr = (uintptr_t)at,
		.size = sizeof(code),
		.index = index++,
	};
	size_t len = strlen(name) + 1;

	return write(fd, &load, sizeof(load)) == sizeof(load) &&
			       write(fd, name, len) == (ssize_t)len &&
			       write(fd, code, sizeof(code)) == sizeof(code)
		       ? 0
		       : -1;
}

/*
 * Spend CPU time until @until_ns or a signal, of ten calls seven in the function at @memory and
 * three in the one after it, and add to @hot_ns and @warm_ns what was spent in each: it is measured,
 * as a processor (an emulated one by a quarter) may be faster with the same code in another place.
 * The order does not repeat: the round of a fixed one can take as long as a sampler's period does,
 * and then the samples see the same part of it again and again.
 */
static void spend(uint64_t until_ns, const unsigned char *memory, uint64_t *hot_ns,
		  uint64_t *warm_ns)
{
	uint64_t random = 88172645463325252u; /* xorshift, Marsaglia 2003 */
	uint64_t now_ns = thread_cpu_ns(), before_ns;

	while (now_ns < until_ns && !over) {
		bool is_hot;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		is_hot = random % 10 < 7;
		run((jit_fn)(is_hot ? memory : memory + DISTANCE));
		before_ns = now_ns;
		now_ns = thread_cpu_ns();
		*(is_hot ? hot_ns : warm_ns) += now_ns - before_ns;
	}
}

static int with_dump(uint64_t total_ns, unsigned char *memory)
{
	uint64_t first_ns = 0, warm_ns = 0, next_ns = 0;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/tmp/jit-%d.dump", getpid());
	fd = begin_dump(path);
	if (fd < 0 || dump_function(fd, memory, "dump_first") ||
	    dump_function(fd, memory + DISTANCE, "dump_warm"))
		return 1;
	spend(total_ns / 2, memory, &first_ns, &warm_ns);
	if (write_code(memory) || dump_function(fd, memory, "dump_next"))
		return 1;
	spend(total_ns, memory, &next_ns, &warm_ns);
	unlink(path);
	printf("dump_first %" PRIu64 "\ndump_warm %" PRIu64 "\ndump_next %" PRIu64 "\n", first_ns,
	       warm_ns, next_ns);
	return 0;
}

static int with_map(uint64_t total_ns, unsigned char *memory, bool late, bool gone)
{
	uint64_t hot_ns = 0, warm_ns = 0;
	char path[64];

	snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
	if (late)
		spend(total_ns / 3, memory, &hot_ns, &warm_ns);
	if (write_map(path, memory))
		return 1;
	spend(total_ns, memory, &hot_ns, &warm_ns);
	if (gone)
		unlink(path);
	printf("jit_hot %" PRIu64 "\njit_warm %" PRIu64 "\n", hot_ns, warm_ns);
	return 0;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 2 ? argv[2] : "";
	uint64_t total_ns;
	unsigned char *memory;

	if (argc < 2) {
		fprintf(stderr, "usage: jit SECONDS [late|gone|dump]\n");
		return 2;
	}
	signal(SIGTERM, end);
	total_ns = strtod(argv[1], NULL) * NSEC_PER_SEC;
	memory = mmap(NULL, 2 * DISTANCE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		      0);
	if (memory == MAP_FAILED || write_code(memory))
		return 1;
	if (!strcmp(mode, "dump"))
		return with_dump(total_ns, memory);
	return with_map(total_ns, memory, !strcmp(mode, "late") || !strcmp(mode, "gone"),
			!strcmp(mode, "gone"));
}
