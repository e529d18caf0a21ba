// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Many distinct stacks: walks of a fixed depth through eight functions that call
 * each other, each walk chosen by one of STACKS seeds.
 *
 *	forest SECONDS [STACKS [DEPTH]]		default 10000 stacks of 21 frames
 *
 * Runs for SECONDS of CPU time. Prints "walks NUMBER".
 */
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"

typedef void (*tree_fn)(unsigned int seed, unsigned int depth);

static WORK void tree_next(unsigned int seed, unsigned int depth);

static WORK void tree_leaf(unsigned int seed)
{
	for (unsigned int i = 0; i < 8000 + seed % 1000; i++)
		__asm__ volatile("" : : : "memory");
}

#define TREE(n)                                                                                    \
	static WORK void tree_##n(unsigned int seed, unsigned int depth)                           \
	{                                                                                          \
		tree_next(seed * 1664525 + n, depth);                                              \
		__asm__ volatile("" : : : "memory");                                               \
	}
TREE(0)
TREE(1)
TREE(2)
TREE(3)
TREE(4)
TREE(5)
TREE(6)
TREE(7)

static const tree_fn trees[] = { tree_0, tree_1, tree_2, tree_3, tree_4, tree_5, tree_6, tree_7 };

/* Every second frame is this one; the others are chosen by the seed's bits. */
static WORK void tree_next(unsigned int seed, unsigned int depth)
{
	if (depth < 2)
		tree_leaf(seed);
	else
		trees[seed >> 29](seed, depth - 2);
	__asm__ volatile("" : : : "memory");
}

int main(int argc, char **argv)
{
	unsigned int stacks = argc > 2 ? strtoul(argv[2], NULL, 0) : 10000;
	unsigned int depth = argc > 3 ? strtoul(argv[3], NULL, 0) : 21;
	unsigned long long walks = 0;
	uint64_t end_ns;

	if (argc < 2 || !stacks) {
		fprintf(stderr, "usage: forest SECONDS [STACKS [DEPTH]]\n");
		return 2;
	}
	end_ns = thread_cpu_ns() + (uint64_t)(strtod(argv[1], NULL) * NSEC_PER_SEC);
	while (thread_cpu_ns() < end_ns)
		for (int i = 0; i < 64; i++)
			tree_next((walks++ % stacks) * 2654435761u, depth);
	printf("walks %llu\n", walks);
	return 0;
}
