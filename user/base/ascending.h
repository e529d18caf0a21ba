/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers in ascending order: to sort them with qsort(), and to look for one. */
#ifndef PK_ASCENDING_H
#define PK_ASCENDING_H

#include <stddef.h>
#include <stdint.h>

static inline int pk_compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Index of the first of @nr ascending numbers that is not below @value; @nr: all are. */
static inline size_t pk_lower_u64(const uint64_t *numbers, size_t nr, uint64_t value)
{
	size_t lo = 0, hi = nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (numbers[mid] < value)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

#endif
