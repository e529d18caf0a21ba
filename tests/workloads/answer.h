/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What programs of known answer say of their threads, one line each:
 *
 *	answer NAME TID LINE WAITED_NS LIFE_NS
 *
 * NAME is the case; LINE the name of the ledger's line that its waits belong to.
 * WAITED_NS is the time by the thread's own clock inside the calls that wait, LIFE_NS
 * that from its first statement to its last. Not more than WAITED_NS can have been
 * waited there, and with what the thread had of CPU and run queue it is not less:
 * so a starved guest makes the answer wider, never wrong.
 */
#ifndef PK_WORKLOAD_ANSWER_H
#define PK_WORKLOAD_ANSWER_H

#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

struct answer {
	const char *name, *line;
	uint64_t from_ns, waited_ns;
};

static inline void answer_begin(struct answer *a, const char *name, const char *line)
{
	*a = (struct answer){ name, line, clock_ns(CLOCK_MONOTONIC), 0 };
}

/* Around each call that waits: waited_ns += now - begin, written so that it reads well. */
#define ANSWER_WAIT(a, call)                                                        \
	({                                                                          \
		uint64_t answer_since_ns = clock_ns(CLOCK_MONOTONIC);               \
		__typeof__(call) answer_ret = (call);                               \
		(a)->waited_ns += clock_ns(CLOCK_MONOTONIC) - answer_since_ns;      \
		answer_ret;                                                         \
	})

/* By one write, since many processes have the same output. Returns 0, or -1. */
static inline int answer_end(const struct answer *a)
{
	char text[160];
	int len = snprintf(text, sizeof(text), "answer %s %ld %s %llu %llu\n", a->name,
			   syscall(SYS_gettid), a->line, (unsigned long long)a->waited_ns,
			   (unsigned long long)(clock_ns(CLOCK_MONOTONIC) - a->from_ns));

	return write(STDOUT_FILENO, text, len) == len ? 0 : -1;
}

/*
 * Be another process from here on: what it took to start this program, from a slow
 * disk maybe, is not part of the answer. Returns in the child; the first process
 * ends as that does.
 */
static inline void answer_apart(void)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid)
		return;
	_exit(pid > 0 && waitpid(pid, &status, 0) == pid && !status ? 0 : 1);
}

#endif
