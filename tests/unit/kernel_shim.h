/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stand-ins for the few things of the kernel that the module's pure files use,
 * so that the same files compile in unit tests, under sanitizers too.
 *
 * local_t is what it is in the kernel: indivisible against interrupts of the
 * same CPU, here signal handlers of the same thread, without any ordering
 * between threads. With PK_SHIM_STEPS, each access to a local_t and each
 * barrier() first calls pk_shim_step(): a test can interrupt the code there.
 */
#ifndef PK_KERNEL_SHIM_H
#define PK_KERNEL_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <linux/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#define S64_MAX INT64_MAX

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

#ifndef noinline
#define noinline __attribute__((noinline))
#endif

#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))

/* Position of the highest bit; @x is not 0. */
static inline unsigned long __fls(unsigned long x)
{
	return 63 - (unsigned long)__builtin_clzl(x);
}

/* May sleep here; tests do not. */
static inline void cond_resched(void)
{
}

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define BUILD_BUG_ON(condition) _Static_assert(!(condition), #condition)

#define READ_ONCE(x)	    __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, value) __atomic_store_n(&(x), (value), __ATOMIC_RELAXED)

#define smp_load_acquire(p)	    __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define smp_store_release(p, value) __atomic_store_n((p), (value), __ATOMIC_RELEASE)
#define smp_mb()		    __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_rmb()		    __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_wmb()		    __atomic_thread_fence(__ATOMIC_RELEASE)

#ifdef PK_SHIM_STEPS
void pk_shim_step(void);
#else
static inline void pk_shim_step(void)
{
}
#endif

static inline void barrier(void)
{
	pk_shim_step();
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

typedef struct {
	long value;
} local_t;

static inline long local_read(const local_t *l)
{
	pk_shim_step();
	return __atomic_load_n(&l->value, __ATOMIC_RELAXED);
}

static inline void local_set(local_t *l, long value)
{
	pk_shim_step();
	__atomic_store_n(&l->value, value, __ATOMIC_RELAXED);
}

static inline long local_add_return(long n, local_t *l)
{
	pk_shim_step();
	return __atomic_add_fetch(&l->value, n, __ATOMIC_RELAXED);
}

static inline void local_add(long n, local_t *l)
{
	local_add_return(n, l);
}

static inline void local_inc(local_t *l)
{
	local_add_return(1, l);
}

static inline void local_dec(local_t *l)
{
	local_add_return(-1, l);
}

static inline long local_inc_return(local_t *l)
{
	return local_add_return(1, l);
}

/* Returns what was there, as in the kernel. */
static inline long local_cmpxchg(local_t *l, long old, long value)
{
	pk_shim_step();
	__atomic_compare_exchange_n(&l->value, &old, value, false, __ATOMIC_RELAXED,
				    __ATOMIC_RELAXED);
	return old;
}

typedef struct {
	s64 counter;
} atomic64_t;

static inline s64 atomic64_read(const atomic64_t *v)
{
	return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);
}

static inline void atomic64_add(s64 n, atomic64_t *v)
{
	__atomic_add_fetch(&v->counter, n, __ATOMIC_RELAXED);
}

static inline bool atomic64_try_cmpxchg(atomic64_t *v, s64 *old, s64 value)
{
	return __atomic_compare_exchange_n(&v->counter, old, value, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

/* Returns what was there, as in the kernel. */
static inline s64 atomic64_cmpxchg(atomic64_t *v, s64 old, s64 value)
{
	__atomic_compare_exchange_n(&v->counter, &old, value, false, __ATOMIC_SEQ_CST,
				    __ATOMIC_SEQ_CST);
	return old;
}

#endif
