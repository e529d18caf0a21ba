// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes and reads a block device past the page cache in known proportions, in two
 * functions.
 *
 *	iomix DEVICE ROUNDS
 *
 * Each round writes 12 KB in put_data() and reads 4 KB in get_data(): three bytes to one.
 * Prints "wrote BYTES", "read BYTES" and "ns TIME": how long the calls took, by its own
 * clock.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"

#define PUT_BYTES	12288
#define GET_BYTES	4096
#define PLACES		64

static void *data;

static inline __attribute__((always_inline)) long at(long call, int fd, long bytes, long offset)
{
	register long r10 __asm__("r10") = offset;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(call), "D"(fd), "S"(data), "d"(bytes), "r"(r10)
			 : "rcx", "r11", "memory");
	return ret;
}

/* A leaf without a frame would hide its caller. */
#define FRAME() __asm__ volatile("" : : "r"(__builtin_frame_address(0)))

static WORK int put_data(int fd, long offset)
{
	FRAME();
	return at(SYS_pwrite64, fd, PUT_BYTES, offset) == PUT_BYTES;
}

static WORK int get_data(int fd, long offset)
{
	FRAME();
	return at(SYS_pread64, fd, GET_BYTES, offset) == GET_BYTES;
}

int main(int argc, char **argv)
{
	unsigned long rounds = argc > 2 ? strtoul(argv[2], NULL, 0) : 0;
	int fd = rounds ? open(argv[1], O_RDWR | O_DIRECT) : -1;
	uint64_t from_ns;

	if (!rounds) {
		fprintf(stderr, "usage: iomix DEVICE ROUNDS\n");
		return 2;
	}
	data = aligned_alloc(4096, PUT_BYTES);
	if (fd < 0 || !data) {
		fprintf(stderr, "iomix: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	memset(data, 0, PUT_BYTES);
	from_ns = clock_ns(CLOCK_MONOTONIC);
	for (unsigned long i = 0; i < rounds; i++) {
		long offset = (long)(i % PLACES) * PUT_BYTES;

		if (!put_data(fd, offset) || !get_data(fd, offset)) {
			fprintf(stderr, "iomix: %s: input or output failed\n", argv[1]);
			return 1;
		}
	}
	printf("wrote %lu\nread %lu\nns %llu\n", rounds * PUT_BYTES, rounds * GET_BYTES,
	       (unsigned long long)(clock_ns(CLOCK_MONOTONIC) - from_ns));
	return 0;
}
