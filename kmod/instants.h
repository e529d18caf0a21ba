/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The instants at which waits are sampled, the same for all CPUs.
 *
 * In each stratum [t0 + kP, t0 + (k+1)P), P = 2^p ns, there is exactly one instant,
 * anywhere in it with equal chance, by a keyed hash of k. So the number of instants
 * in a stretch of time, times P, is an unbiased measure of its length, whatever
 * period the load has, and never off by more than 2P. With P = 1 it is the length.
 *
 * All is integer arithmetic on (t0, key, p): additive, without state, the same
 * wherever it is asked. What is asked most, whether a stretch holds any instant at
 * all, is two compares with the neighbours of the present, which each CPU keeps.
 *
 * Times are CLOCK_MONOTONIC in ns. Any context. Compiles in the unit tests.
 */
#ifndef PK_INSTANTS_H
#define PK_INSTANTS_H

#include "mix.h"

/**
 * struct pk_instants - a family of instants, one set for each p
 * @t0_ns:	origin, no instant is before it; not 0
 * @key:	of the hash
 */
struct pk_instants {
	u64 t0_ns;
	u64 key;
};

static inline void pk_instants_init(struct pk_instants *in, u64 t0_ns, u64 seed)
{
	in->t0_ns = t0_ns;
	in->key = pk_mix(seed ^ PK_GOLDEN);
}

/* Where in stratum @k its instant is: 0 .. 2^p - 1. */
static inline u64 pk_instants_jitter(const struct pk_instants *in, u32 p, u64 k)
{
	return p ? pk_mix(in->key + k * PK_GOLDEN + p) >> (64 - p) : 0;
}

static inline u64 pk_instants_at(const struct pk_instants *in, u32 p, u64 k)
{
	return in->t0_ns + (k << p) + pk_instants_jitter(in, p, k);
}

/* Number of instants before @time_ns, which is the index of the first not before it. */
static inline u64 pk_instants_before(const struct pk_instants *in, u32 p, u64 time_ns)
{
	u64 age, k;

	if (time_ns <= in->t0_ns)
		return 0;
	age = time_ns - in->t0_ns;
	k = age >> p;
	return k + (pk_instants_jitter(in, p, k) < age - (k << p));
}

/* Number of instants in [from, to); 0 if there is no such stretch. */
static inline u64 pk_instants_in(const struct pk_instants *in, u32 p, u64 from_ns, u64 to_ns)
{
	if (from_ns >= to_ns)
		return 0;
	return pk_instants_before(in, p, to_ns) - pk_instants_before(in, p, from_ns);
}

/**
 * struct pk_instants_gap - two neighbouring instants, nothing between them
 * @after_ns:	the one, or what is just before the origin
 * @upto_ns:	the other
 * @p:		of the set
 */
struct pk_instants_gap {
	u64 after_ns;
	u64 upto_ns;
	u32 p;
};

/* The gap that @now_ns is in: after_ns < now_ns <= upto_ns, or the first one. */
static inline void pk_instants_gap_at(const struct pk_instants *in, u32 p, u64 now_ns,
				      struct pk_instants_gap *ret)
{
	u64 next = pk_instants_before(in, p, now_ns);

	ret->after_ns = next ? pk_instants_at(in, p, next - 1) : in->t0_ns - 1;
	ret->upto_ns = pk_instants_at(in, p, next);
	ret->p = p;
}

/*
 * Certainly no instant of set @p in [from, to). False also when the gap is of
 * another set or time: then ask pk_instants_in().
 */
static inline bool pk_instants_none(const struct pk_instants_gap *gap, u32 p, u64 from_ns,
				    u64 to_ns)
{
	return from_ns > gap->after_ns && to_ns <= gap->upto_ns && gap->p == p;
}

#endif
