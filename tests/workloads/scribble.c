// SPDX-License-Identifier: GPL-2.0-or-later
/* cflags: -pthread */
/*
 * scribble - a reader that writes nonsense over all that it shares with the module.
 *
 *	scribble SECONDS
 *
 * Records at 10 kHz with all sources that work. One thread writes random words over every
 * byte of the readers' pages, another moves the tails to and fro by up to 2^63; the rings are
 * read as they are. Tries to make the other pages writable. Then stops, starts anew as an
 * honest reader, and says what came of it, one line each:
 *
 *	words N		written over the readers' pages
 *	protect E E E	mprotect(PROT_WRITE) on info and records, of PROT_EXEC, of the reader's page
 *	changed N	words of the info pages that are not as they were, but the heads
 *	backward N	times that a head went back
 *	stop E		number of the error
 *	balance N	CPUs and sources whose books have less generated than lost
 *	honest N	records of the second session, -1: its rings make no sense
 */
#include <pthread.h>
#include <stddef.h>

#include "session.h"

#define ENOUGH 100 /* records of the honest reader */
#define PERIOD_NS 100000

static volatile int over;
static uint64_t words;

static uint64_t noise(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	return *seed ^= *seed << 17;
}

static void *scribbler(void *arg)
{
	uint64_t seed = 88172645463325252ull;
	const long page = sysconf(_SC_PAGESIZE);

	(void)arg;
	while (!over) {
		for (uint32_t cpu = 0; cpu < session.nr_cpus && cpu < SESSION_MAX_CPUS; cpu++) {
			volatile uint64_t *at = (void *)session.ring[cpu].reader;

			for (long i = 0; at && i < page / 8; i++, words++)
				at[i] = noise(&seed);
		}
	}
	return NULL;
}

static void *mover(void *arg)
{
	uint64_t seed = 0x9e3779b97f4a7c15ull;

	(void)arg;
	while (!over) {
		struct session_ring *r = &session.ring[noise(&seed) % session.nr_cpus % SESSION_MAX_CPUS];
		uint64_t by = 1ull << noise(&seed) % 64;

		if (r->reader)
			__atomic_store_n(&r->reader->tail,
					 noise(&seed) % 2 ? r->info->head + by : r->info->head - by, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* The kernel's page, which only its head may change in. */
static long compare_info(const struct pkprof_ring_info *then, uint64_t *heads)
{
	long bad = 0, backward = 0;

	for (uint32_t cpu = 0; cpu < session.nr_cpus && cpu < SESSION_MAX_CPUS; cpu++) {
		const struct session_ring *r = &session.ring[cpu];
		uint64_t head;

		if (!r->reader)
			continue;
		bad += memcmp(r->info, &then[cpu], offsetof(struct pkprof_ring_info, head)) != 0;
		head = __atomic_load_n(&r->info->head, __ATOMIC_ACQUIRE);
		backward += head < heads[cpu];
		heads[cpu] = head;
	}
	return bad | backward << 32;
}

static int error_of(int ret)
{
	return ret ? errno : 0;
}

static void protect(void)
{
	const struct session_ring *r = &session.ring[0];
	const long page = sysconf(_SC_PAGESIZE);

	printf("protect %d %d %d\n",
	       error_of(mprotect((void *)r->info, page + session.ring_bytes, PROT_READ | PROT_WRITE)),
	       error_of(mprotect((void *)r->info, page, PROT_READ | PROT_EXEC)),
	       error_of(mprotect(r->reader, page, PROT_READ | PROT_WRITE | PROT_EXEC)));
}

static long unbalanced;

static void on_books(const char *attrs, int bytes)
{
	for (const char *at = attrs; bytes >= NLA_HDRLEN;) {
		const struct nlattr *a = (const void *)at;
		struct pkprof_counters c;
		uint64_t lost = 0;

		if (a->nla_len < NLA_HDRLEN)
			return;
		if (a->nla_type == PKPROF_A_COUNTERS) {
			memcpy(&c, at + NLA_HDRLEN, sizeof(c));
			for (int i = 0; i < PKPROF_NR_LOSSES; i++)
				lost += c.lost[i];
			unbalanced += lost > c.generated;
		}
		at += NLA_ALIGN(a->nla_len);
		bytes -= NLA_ALIGN(a->nla_len);
	}
}

static void begin(void)
{
	struct request r = session_request(session_sources(), PERIOD_NS);
	const char *text;
	int err;

	put_u32(&r, PKPROF_A_RING_BYTES, PKPROF_MIN_RING_BYTES);
	err = session_start(&r, &text);
	if (!err)
		err = session_map();
	if (!err)
		return;
	fprintf(stderr, "START: %s %s\n", strerror(-err), text ? text : "-");
	exit(2);
}

static void scribble(unsigned int seconds)
{
	static struct pkprof_ring_info then[SESSION_MAX_CPUS];
	static uint64_t heads[SESSION_MAX_CPUS];
	uint64_t end_ns = now_ns() + seconds * 1000000000ull;
	struct request books = request_of(family, PKPROF_CMD_STATUS, NLM_F_DUMP);
	long bad = 0, backward = 0, seen;
	pthread_t thread[2];
	const char *text;

	for (uint32_t cpu = 0; cpu < session.nr_cpus && cpu < SESSION_MAX_CPUS; cpu++)
		if (session.ring[cpu].reader)
			then[cpu] = *session.ring[cpu].info;
	if (pthread_create(&thread[0], NULL, scribbler, NULL) || pthread_create(&thread[1], NULL, mover, NULL))
		die("pthread_create");
	while (now_ns() < end_ns) {
		seen = compare_info(then, heads);
		bad += (int)seen;
		backward += seen >> 32;
		/* poll() looks at the tails, too */
		session_ask(PKPROF_CMD_MARK, &text);
		usleep(1000);
	}
	printf("stop %d\n", -session_ask(PKPROF_CMD_STOP, &text));
	told = on_books;
	ask(&books, &text);
	told = NULL;
	over = 1;
	pthread_join(thread[0], NULL);
	pthread_join(thread[1], NULL);
	printf("words %llu\nchanged %ld\nbackward %ld\nbalance %ld\n", (unsigned long long)words, bad,
	       backward, unbalanced);
}

/* Until there are enough, or ten seconds are over. */
static void honest(void)
{
	uint64_t end_ns = now_ns() + 10000000000ull;
	const char *text;
	long nr = 0, now = 0;

	session_unmap();
	begin();
	while (nr < ENOUGH && now_ns() < end_ns) {
		now = session_drain(NULL, 1);
		if (now < 0)
			break;
		nr += now;
		usleep(5000);
	}
	printf("honest %ld\n", now < 0 ? -1 : nr);
	session_ask(PKPROF_CMD_STOP, &text);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: scribble SECONDS\n");
		return 2;
	}
	find_family();
	open_device();
	begin();
	protect();
	scribble(atoi(argv[1]));
	honest();
	return 0;
}
