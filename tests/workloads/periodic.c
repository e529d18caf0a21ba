// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Strictly periodic waits, each thread's in a function of its own: stacks whose sums
 * are known, of the kind that a periodic sampler gets wrong.
 *
 *	periodic SECONDS PERIOD_NS
 *
 * 24 threads named "per-00" to "per-23"; thread i waits until multiples of
 * PERIOD_NS * (88 + i) / 100, and computes for a moment in between. A third of them
 * wait in nanosleep, a third in a futex, a third in poll. Thread "per-never" waits
 * for the end. Prints for each "stack FUNCTION TID WAITED_NS".
 */
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "answer.h"

#define NR_THREADS 24

static uint64_t period_ns, begin_ns, end_ns;

static struct timespec until(uint64_t ns)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	uint64_t left = ns > now ? ns - now : 1;

	return (struct timespec){ left / NSEC_PER_SEC, left % NSEC_PER_SEC };
}

/* Inline: the library's function has no frame, and with it ours would be missed. */
static inline __attribute__((always_inline)) void call(long nr, const void *a, long b, const void *c,
						       const void *d)
{
	register const void *r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = 0;

	__asm__ volatile("syscall"
			 : "+a"(nr)
			 : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
}

static inline __attribute__((always_inline)) void wait_until(unsigned int i, uint64_t ns)
{
	struct timespec left = until(ns);
	unsigned int word = 0;

	if (i % 3 == 0)
		call(SYS_nanosleep, &left, 0, NULL, NULL);
	else if (i % 3 == 1)
		call(SYS_futex, &word, FUTEX_WAIT_PRIVATE, NULL, &left);
	else
		call(SYS_ppoll, NULL, 0, &left, NULL);
}

/* One function for each thread, so that each has its stack. */
#define WAITER(i)                                                   \
	static WORK void wait_##i(uint64_t ns)                      \
	{                                                           \
		wait_until(i, ns);                                  \
		__asm__ volatile("" : : "i"(0x5000 + i) : "memory"); \
	}
#define EACH(x)                                                                        \
	x(0) x(1) x(2) x(3) x(4) x(5) x(6) x(7) x(8) x(9) x(10) x(11) x(12) x(13) x(14) \
	x(15) x(16) x(17) x(18) x(19) x(20) x(21) x(22) x(23)

EACH(WAITER)

#define ADDRESS(i) wait_##i,
static void (*const waiters[NR_THREADS])(uint64_t ns) = { EACH(ADDRESS) };

static WORK void wait_never(void)
{
	unsigned int word = 0;

	while (clock_ns(CLOCK_MONOTONIC) < end_ns)
		call(SYS_futex, &word, FUTEX_WAIT_PRIVATE, NULL, NULL);
}

static void *never_main(void *arg)
{
	prctl(PR_SET_NAME, "per-never");
	printf("never %ld\n", syscall(SYS_gettid));
	wait_never();
	return arg;
}

static void *periodic_main(void *arg)
{
	unsigned int i = (void (*const *)(uint64_t))arg - waiters;
	uint64_t own_ns = period_ns * (88 + i) / 100, next_ns = begin_ns + own_ns, waited_ns = 0;
	char name[16];

	snprintf(name, sizeof(name), "per-%02u", i);
	prctl(PR_SET_NAME, name);
	for (; next_ns < end_ns; next_ns += own_ns) {
		uint64_t since_ns = clock_ns(CLOCK_MONOTONIC);

		waiters[i](next_ns);
		waited_ns += clock_ns(CLOCK_MONOTONIC) - since_ns;
	}
	printf("stack wait_%u %ld %llu\n", i, syscall(SYS_gettid), (unsigned long long)waited_ns);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[NR_THREADS], never;

	if (argc < 3) {
		fprintf(stderr, "usage: periodic SECONDS PERIOD_NS\n");
		return 2;
	}
	period_ns = strtoull(argv[2], NULL, 0);
	begin_ns = clock_ns(CLOCK_MONOTONIC);
	end_ns = begin_ns + (uint64_t)(strtod(argv[1], NULL) * NSEC_PER_SEC);
	if (pthread_create(&never, NULL, never_main, NULL))
		return 1;
	for (unsigned int i = 0; i < NR_THREADS; i++)
		if (pthread_create(&threads[i], NULL, periodic_main, (void *)&waiters[i]))
			return 1;
	for (unsigned int i = 0; i < NR_THREADS; i++)
		pthread_join(threads[i], NULL);
	/* the one that never wakes ends with the process */
	return fflush(stdout) ? 1 : 0;
}
