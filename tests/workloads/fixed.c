// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A fixed amount of work, 20 frames deep or more, for measuring what watching it costs.
 *
 *	fixed MILLIONS [MORE]
 *
 * Runs MILLIONS of millions of loop turns, 10,000 below each walk down the chain; that under MORE
 * frames of a recursion.
 * Prints "turns NUMBER".
 */
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"

#define TURNS	10000

static WORK void fixed_leaf(void)
{
	for (unsigned int i = 0; i < TURNS; i++)
		__asm__ volatile("" : : : "memory");
}

/* Functions level_1 to level_19, each calling the one before. */
#define LEVEL(n, callee)                                                                           \
	static WORK void level_##n(void)                                                           \
	{                                                                                          \
		callee();                                                                          \
		__asm__ volatile("" : : : "memory");                                               \
	}
LEVEL(1, fixed_leaf)
LEVEL(2, level_1)
LEVEL(3, level_2)
LEVEL(4, level_3)
LEVEL(5, level_4)
LEVEL(6, level_5)
LEVEL(7, level_6)
LEVEL(8, level_7)
LEVEL(9, level_8)
LEVEL(10, level_9)
LEVEL(11, level_10)
LEVEL(12, level_11)
LEVEL(13, level_12)
LEVEL(14, level_13)
LEVEL(15, level_14)
LEVEL(16, level_15)
LEVEL(17, level_16)
LEVEL(18, level_17)
LEVEL(19, level_18)

static WORK void walk(unsigned long long walks, unsigned long more)
{
	if (more)
		walk(walks, more - 1);
	else
		for (unsigned long long i = 0; i < walks; i++)
			level_19();
	__asm__ volatile("" : : : "memory");
}

int main(int argc, char **argv)
{
	unsigned long long walks;

	if (argc < 2) {
		fprintf(stderr, "usage: fixed MILLIONS [MORE]\n");
		return 2;
	}
	walks = strtoull(argv[1], NULL, 0) * (1000000 / TURNS);
	walk(walks, argc > 2 ? strtoul(argv[2], NULL, 0) : 0);
	printf("turns %llu\n", walks * TURNS);
	return 0;
}
