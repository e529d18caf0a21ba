// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dumper - reads the ledger over raw netlink, in orderly and in hostile ways.
 *
 *	dumper hostile			requests that must be refused, one line each: what was
 *					asked, the error's number and the kernel's sentence
 *	dumper abort NR			begin so many dumps and leave each after one message
 *	dumper orphan			close the device in the middle of a dump and read on
 *	dumper hold SECONDS		begin a dump, close the device, and keep it unfinished
 *	dumper time THREADS CHANGED	with so many sleeping threads: how long a dump of all
 *					takes, and one of those that were woken since
 *
 * Output: "WORD VALUE..." lines. The exit code is 0 when all went as the contract says.
 */
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "control.h"

#define STACK_BYTES 16384

static struct request ledger_request(uint64_t epoch_ns, uint32_t what)
{
	struct request r = request_of(family, PKPROF_CMD_LEDGER, NLM_F_DUMP);

	put_u64(&r, PKPROF_A_COOKIE, cookie);
	put_u64(&r, PKPROF_A_EPOCH_NS, epoch_ns);
	put_u32(&r, PKPROF_A_LEDGER_WHAT, what);
	return r;
}

static void watch(void)
{
	struct request r = request_of(family, PKPROF_CMD_WATCH, 0);
	const char *text;
	int err;

	put_u64(&r, PKPROF_A_COOKIE, cookie);
	err = ask(&r, &text);
	if (err) {
		fprintf(stderr, "WATCH: %s (%s)\n", strerror(-err), text ? text : "-");
		exit(2);
	}
}

/* --- hostile -------------------------------------------------------------------- */

static int bad;

static void refused(const char *what, const struct request *r, int wanted)
{
	const char *text;
	int err = ask(r, &text);

	printf("%s %d %s\n", what, -err, text ? text : "-");
	bad |= err != -wanted;
}

static void hostile(void)
{
	struct request r = request_of(family, PKPROF_CMD_LEDGER, NLM_F_DUMP);
	uint64_t other = cookie ^ 1;
	const char *text;

	refused("ledger-without-cookie", &r, EINVAL);
	put_u64(&r, PKPROF_A_COOKIE, other);
	refused("ledger-foreign-cookie", &r, EPERM);
	r = request_of(family, PKPROF_CMD_LEDGER, NLM_F_DUMP);
	put(&r, PKPROF_A_COOKIE, &other, 4);
	refused("ledger-short-cookie", &r, EINVAL);
	r = ledger_request(0, 0);
	refused("ledger-not-watching", &r, ENOENT);
	r = request_of(family, PKPROF_CMD_WATCH, 0);
	refused("watch-without-cookie", &r, EINVAL);
	put_u64(&r, PKPROF_A_COOKIE, other);
	refused("watch-foreign-cookie", &r, EPERM);
	r = request_of(family, PKPROF_CMD_LEDGER, 0);
	put_u64(&r, PKPROF_A_COOKIE, cookie);
	refused("ledger-not-a-dump", &r, EOPNOTSUPP);
	r = request_of(family, PKPROF_CMD_WATCH, NLM_F_DUMP);
	put_u64(&r, PKPROF_A_COOKIE, cookie);
	refused("watch-a-dump", &r, EOPNOTSUPP);
	watch();
	watch();
	/* any mask, any epoch: an answer */
	for (unsigned int i = 0; i < 64; i++) {
		r = ledger_request(i % 2 ? UINT64_MAX >> i : now_ns(), 1u << i % 32 | i);
		if (ask(&r, &text)) {
			printf("mask-%u refused %s\n", i, text ? text : "-");
			bad = 1;
		}
	}
	printf("masks 64\n");
}

/* --- dumps that are not read to their end ----------------------------------------- */

static int begin_dump(void)
{
	struct request r = ledger_request(0, UINT32_MAX);
	int s = connect_netlink();

	say(s, &r);
	return s;
}

static void abort_dumps(unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		int s = begin_dump();

		/* one message, or none at all */
		if (i % 2 && hear(s) <= 0)
			die("recv");
		close(s);
	}
	printf("aborted %u\n", nr);
}

static void orphan(void)
{
	uint64_t bytes = 0, nr = 0;
	const char *text;
	int s = begin_dump(), err;
	struct request r;

	if (hear(s) <= 0)
		die("recv");
	close(device);
	err = finish(s, &text, &bytes, PKPROF_A_LEDGER_THREAD, &nr);
	printf("orphan %d threads %llu\n", -err, (unsigned long long)nr);
	bad |= err;
	close(s);
	r = ledger_request(0, UINT32_MAX);
	refused("closed-device", &r, EPERM);
}

/* --- how long it takes --------------------------------------------------------------- */

static uint32_t *doors, *passed;

static void *sleeper(void *arg)
{
	uint32_t *door = arg;

	for (uint32_t seen = 0;; seen++) {
		while (__atomic_load_n(door, __ATOMIC_ACQUIRE) == seen)
			syscall(SYS_futex, door, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
		__atomic_fetch_add(passed, 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

/* Stacks are parts of one mapping: tens of thousands would be too many mappings. */
static void make_threads(unsigned int nr)
{
	char *stacks = mmap(NULL, (size_t)nr * STACK_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	pthread_attr_t attr;
	pthread_t thread;

	doors = calloc(nr + 1, sizeof(*doors));
	passed = &doors[nr];
	if (stacks == MAP_FAILED || !doors)
		die("memory");
	for (unsigned int i = 0; i < nr; i++) {
		pthread_attr_init(&attr);
		pthread_attr_setstack(&attr, stacks + (size_t)i * STACK_BYTES, STACK_BYTES);
		errno = pthread_create(&thread, &attr, sleeper, &doors[i]);
		if (errno)
			die("pthread_create");
	}
}

static void wake_threads(unsigned int nr)
{
	uint32_t wanted = *passed + nr;

	for (unsigned int i = 0; i < nr; i++) {
		__atomic_fetch_add(&doors[i], 1, __ATOMIC_RELEASE);
		syscall(SYS_futex, &doors[i], FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	}
	while (__atomic_load_n(passed, __ATOMIC_ACQUIRE) != wanted)
		usleep(1000);
}

static void timed_dump(const char *name, uint64_t epoch_ns, uint32_t what)
{
	struct request r = ledger_request(epoch_ns, what);
	uint64_t from_ns, bytes = 0, nr = 0;
	int s = connect_netlink(), err;
	const char *text;

	from_ns = now_ns();
	say(s, &r);
	err = finish(s, &text, &bytes,
		     what & PKPROF_LEDGER_THREADS ? PKPROF_A_LEDGER_THREAD : PKPROF_A_LEDGER_ALIVE,
		     &nr);
	printf("%s us %llu pieces %llu bytes %llu error %d\n", name,
	       (unsigned long long)(now_ns() - from_ns) / 1000, (unsigned long long)nr,
	       (unsigned long long)bytes, -err);
	bad |= err;
	close(s);
}

static void measure(unsigned int threads, unsigned int changed)
{
	const uint32_t lines = PKPROF_LEDGER_CPUS | PKPROF_LEDGER_PROCESSES | PKPROF_LEDGER_THREADS;
	uint64_t epoch_ns;

	make_threads(threads);
	watch();
	wake_threads(threads);
	usleep(200000);
	timed_dump("warm-up", 0, lines);
	timed_dump("all", 0, lines);
	timed_dump("all-and-coarse", 0, lines | PKPROF_LEDGER_HISTS | PKPROF_LEDGER_COARSE);
	timed_dump("alive", 0, PKPROF_LEDGER_ALIVE);
	usleep(200000);
	epoch_ns = now_ns();
	usleep(50000);
	timed_dump("nothing", epoch_ns, lines);
	epoch_ns = now_ns();
	wake_threads(changed);
	usleep(50000);
	timed_dump("changed", epoch_ns, lines);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	unsigned int n = argc > 2 ? atoi(argv[2]) : 0;

	find_family();
	open_device();
	if (!strcmp(what, "hostile")) {
		hostile();
	} else if (!strcmp(what, "abort")) {
		watch();
		abort_dumps(n);
	} else if (!strcmp(what, "orphan")) {
		watch();
		orphan();
	} else if (!strcmp(what, "hold")) {
		watch();
		begin_dump();
		close(device);
		printf("holding\n");
		fflush(stdout);
		sleep(n);
	} else if (!strcmp(what, "time") && argc > 3) {
		measure(n, atoi(argv[3]));
	} else {
		fprintf(stderr, "usage: dumper hostile|abort NR|orphan|hold SECONDS|time THREADS CHANGED\n");
		return 2;
	}
	return bad;
}
