/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time and work for programs of known answer.
 *
 * A test compares the profile with what the program itself counted, never with what
 * it meant to do: guests are slow and their hosts shared. CPU time of a guest holds
 * the moments in which the host ran something else; those are lost to sampling too
 * (as overruns), but fall on whatever stood there. Shares are therefore told in
 * slices of equal work, which take time only while they run. System calls are made inline, so that the frame pointer
 * chain from kernel time leads through the calling function and not past it.
 */
#ifndef PK_WORKLOAD_CLOCK_H
#define PK_WORKLOAD_CLOCK_H

#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>

#define NSEC_PER_SEC	1000000000ULL
#define NSEC_PER_MSEC	1000000ULL

/*
 * A function that keeps its name. Its frame is kept by -fno-omit-frame-pointer
 * -mno-omit-leaf-frame-pointer -fno-optimize-sibling-calls.
 */
#define WORK __attribute__((noinline, noclone))

static inline __attribute__((always_inline)) uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(SYS_clock_gettime), "D"(clock), "S"(&ts)
			 : "rcx", "r11", "memory");
	return ret ? 0 : ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

static inline __attribute__((always_inline)) uint64_t thread_cpu_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

/* One slice of work: some 100 us in a guest. */
static inline __attribute__((always_inline)) void spin_slice(void)
{
	for (unsigned int i = 0; i < 40000; i++)
		__asm__ volatile("" : : : "memory");
}

/* Spin until the thread's CPU clock reaches @until_ns; returns what it shows. */
static inline __attribute__((always_inline)) uint64_t spin_until(uint64_t until_ns)
{
	uint64_t now = thread_cpu_ns();

	while (now < until_ns) {
		spin_slice();
		now = thread_cpu_ns();
	}
	return now;
}

#endif
