// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Very many threads, all asleep but for what is asked of them.
 *
 *	crowd NR
 *
 * Threads stand in a circle, each waiting on a futex of its own. Commands on the
 * standard input, one a line:
 *
 *	pass HOPS	a token goes that far around the circle, from where it was;
 *			answers "passed HOPS NANOSECONDS"
 *	wake K		K threads in turn wake and sleep again; answers "woke K"
 *
 * Says "ready NR" at first; ends with its input.
 */
#include <linux/futex.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "answer.h"

#define STACK_BYTES	(32UL << 10)

/* One cache line, so that neighbours do not share theirs. */
struct member {
	unsigned int called;	/* futex: 1, it is this thread's turn */
} __attribute__((aligned(64)));

static struct member *members;
static unsigned int nr_members;
static unsigned int begun;	/* threads that stand in the circle */
static long hops;		/* that the token has still to go */
static unsigned int over;	/* futex of main: 1, what was asked is done */

static void futex_wait(unsigned int *word, unsigned int value)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void call_on(unsigned int *word)
{
	__atomic_store_n(word, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void wait_for_call(unsigned int *word)
{
	while (!__atomic_load_n(word, __ATOMIC_ACQUIRE))
		futex_wait(word, 0);
	__atomic_store_n(word, 0, __ATOMIC_RELAXED);
}

static void *member_main(void *arg)
{
	struct member *me = arg, *next = me + 1 == members + nr_members ? members : me + 1;

	__atomic_fetch_add(&begun, 1, __ATOMIC_RELAXED);
	for (;;) {
		wait_for_call(&me->called);
		/* whoever has the token is the only one that looks at hops */
		call_on(hops-- > 0 ? &next->called : &over);
	}
	return NULL;
}

/* Stacks side by side in one mapping: tens of thousands of them are too many mappings. */
static int create_members(void)
{
	char *stacks = mmap(NULL, nr_members * STACK_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	pthread_attr_t attr;
	pthread_t thread;

	members = aligned_alloc(sizeof(*members), nr_members * sizeof(*members));
	if (stacks == MAP_FAILED || !members || pthread_attr_init(&attr))
		return -1;
	memset(members, 0, nr_members * sizeof(*members));
	for (unsigned int i = 0; i < nr_members; i++)
		if (pthread_attr_setstack(&attr, stacks + i * STACK_BYTES, STACK_BYTES) ||
		    pthread_create(&thread, &attr, member_main, &members[i]))
			return -1;
	while (__atomic_load_n(&begun, __ATOMIC_RELAXED) < nr_members)
		usleep(1000);
	return 0;
}

/* Nanoseconds until the token, begun at member @first, is @nr hops further. */
static uint64_t pass(unsigned int first, long nr)
{
	uint64_t since_ns = clock_ns(CLOCK_MONOTONIC);

	hops = nr;
	call_on(&members[first].called);
	wait_for_call(&over);
	return clock_ns(CLOCK_MONOTONIC) - since_ns;
}

int main(int argc, char **argv)
{
	unsigned int at = 0;
	char line[64];
	long nr;

	nr_members = argc > 1 ? strtoul(argv[1], NULL, 0) : 0;
	if (!nr_members || create_members()) {
		fprintf(stderr, "usage: crowd NR; %u of %u threads began\n", begun, nr_members);
		return 2;
	}
	setlinebuf(stdout);
	printf("ready %u\n", nr_members);
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "pass %ld", &nr) == 1) {
			uint64_t ns = pass(at, nr);

			printf("passed %ld %llu\n", nr, (unsigned long long)ns);
			at = (at + nr + 1) % nr_members;
		} else if (sscanf(line, "wake %ld", &nr) == 1) {
			for (long i = 0; i < nr; i++)
				pass(i % nr_members, 0);
			printf("woke %ld\n", nr);
		}
	}
	return 0;
}
