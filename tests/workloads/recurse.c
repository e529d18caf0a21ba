// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Deep recursion with frame pointers.
 *
 *	recurse DEPTH SECONDS
 *
 * Spins for SECONDS of CPU time in recurse_leaf, below DEPTH frames of
 * recurse_down. Prints "depth DEPTH" and "cpu NANOSECONDS" of recurse_leaf.
 */
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"

static uint64_t leaf_ns;

static WORK void recurse_leaf(uint64_t ns)
{
	uint64_t begin = thread_cpu_ns();

	leaf_ns = spin_until(begin + ns) - begin;
}

static WORK void recurse_down(unsigned int depth, uint64_t ns)
{
	if (depth > 1)
		recurse_down(depth - 1, ns);
	else
		recurse_leaf(ns);
	/* Something to come back for, so that no call becomes a jump. */
	__asm__ volatile("" : : "r"(depth) : "memory");
}

int main(int argc, char **argv)
{
	unsigned int depth;

	if (argc < 3) {
		fprintf(stderr, "usage: recurse DEPTH SECONDS\n");
		return 2;
	}
	depth = strtoul(argv[1], NULL, 0);
	recurse_down(depth, strtod(argv[2], NULL) * NSEC_PER_SEC);
	printf("depth %u\ncpu %llu\n", depth, (unsigned long long)leaf_ns);
	return 0;
}
