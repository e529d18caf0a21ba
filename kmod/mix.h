/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A mixing function for counters: neighbours in, independent looking 64 bits out.
 * Pure; any context.
 */
#ifndef PK_MIX_H
#define PK_MIX_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include "kernel_shim.h"	/* tests/unit */
#endif

#define PK_GOLDEN 0x9e3779b97f4a7c15ULL	/* 2^64 / golden ratio, odd */

/* Finalizer of splitmix64 (Steele, Lea, Flood: Fast splittable generators, 2014). */
static inline u64 pk_mix(u64 x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

#endif
