// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How long a reading of the ledger takes, for the deterministic guest.
 *
 *	dumptime			watches, until its input ends
 *
 * A line on the standard input asks for a reading: "all" of everything, "changed" of
 * what has changed since the last one. Answers "read THREADS NANOSECONDS": accounts that
 * were told, and the time from asking to the last of them being checked.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "source/ledger.h"

#define NSEC_PER_SEC 1000000000ULL

struct reading {
	uint64_t now_ns;	/* epoch for the next one */
	unsigned long nr_threads;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

static int take_info(void *ctx, const struct pkprof_ledger_info *i)
{
	((struct reading *)ctx)->now_ns = i->now_ns;
	return 0;
}

static int take_thread(void *ctx, const struct pkprof_ledger_thread *t)
{
	(void)t;
	((struct reading *)ctx)->nr_threads++;
	return 0;
}

static int answer(struct pk_live *live, struct reading *last, uint64_t epoch_ns)
{
	static const struct pk_ledger_visitor visitor = { .info = take_info,
							  .thread = take_thread };
	struct reading r = { 0, 0 };
	struct pk_err err = { 0 };
	uint64_t since_ns = now_ns(), took_ns;

	if (pk_live_read(live, epoch_ns, PKPROF_LEDGER_THREADS, &visitor, &r, &err)) {
		fprintf(stderr, "dumptime: %s\n", err.msg);
		return -1;
	}
	took_ns = now_ns() - since_ns;
	*last = r;
	return printf("read %lu %llu\n", r.nr_threads, (unsigned long long)took_ns) < 0 ? -1 : 0;
}

int main(void)
{
	struct reading last = { 0, 0 };
	struct pk_err err = { 0 };
	struct pk_live *live;
	char line[32];
	int ret = 0;

	if (pk_live_open(NULL, &live, &err)) {
		fprintf(stderr, "dumptime: %s\n", err.msg);
		return 1;
	}
	setlinebuf(stdout);
	printf("watching\n");
	while (!ret && fgets(line, sizeof(line), stdin))
		ret = answer(live, &last, strcmp(line, "changed\n") ? 0 : last.now_ns);
	pk_live_close(live);
	return ret ? 1 : 0;
}
