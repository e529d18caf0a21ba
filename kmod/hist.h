/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Log-linear histograms of times in ns, in the contract's buckets: 8 to each
 * power of two, the middle of a bucket within 1/16 of what is in it.
 *
 * In: values. Out: struct pkprof_hist with the buckets that are not empty. Counting
 * costs a bit scan, a shift and an increment: no division, no table in memory that
 * is not counted in. The same file compiles in the unit tests.
 */
#ifndef PK_HIST_H
#define PK_HIST_H

#ifdef __KERNEL__
#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/types.h>
#else
#include "kernel_shim.h"	/* tests/unit */
#endif
#include "uapi/pkprof.h"

/* Below it each value has a bucket of its own. */
#define PK_HIST_MIN_NS 8

/* Values of the last bucket and above it. */
#define PK_HIST_LAST_EXPONENT 39
#define PK_HIST_MAX_NS ((1ULL << (PK_HIST_LAST_EXPONENT + 1)) - 1)

/* One distribution. The number of values is the sum of the buckets. */
struct pk_hist {
	u32 nr[PKPROF_HIST_BUCKETS];	/* modulo 2^32 */
	u64 sum_ns, max_ns;
};

/*
 * Bucket of @ns, at most PK_HIST_MAX_NS. With the exponent taken of ns | 8, values below 8
 * need no case of their own: their shift is 0, and bucket 8 is what a shift of 0 leaves of 8.
 */
static __always_inline unsigned long pk_hist_bucket_within(u64 ns)
{
	unsigned long shift = __fls(ns | 8) - 3;

	return shift * 8 + (ns >> shift);
}

/* Likewise, of at least PK_HIST_MIN_NS. */
static __always_inline unsigned long pk_hist_bucket_between(u64 ns)
{
	unsigned long shift = __fls(ns) - 3;

	return shift * 8 + (ns >> shift);
}

/* Bucket of any @ns. */
static __always_inline unsigned long pk_hist_bucket(u64 ns)
{
	unsigned long shift = __fls(ns | 8) - 3;

	if (unlikely(shift > PK_HIST_LAST_EXPONENT - 3))
		return PKPROF_HIST_BUCKETS - 1;
	return shift * 8 + (ns >> shift);
}

/* Coarse bucket of each bucket: a power of two, up to PKPROF_HIST_COARSE - 1. */
extern const u8 pk_hist_coarse[PKPROF_HIST_BUCKETS];

/* Smallest value of a bucket, ns. */
u64 pk_hist_bucket_from_ns(unsigned int bucket);

/**
 * pk_hist_tell - write what is not empty of @nr buckets
 * @buckets:	counters, which may change meanwhile; full or coarse
 * @ret:	gets nr_buckets, count and the buckets; room for all of them behind it
 *
 * Return: bytes of *ret that are used.
 */
size_t pk_hist_tell(const u32 *buckets, unsigned int nr, struct pkprof_hist *ret);

#endif
