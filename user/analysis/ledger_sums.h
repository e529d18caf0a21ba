/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wait ledger of a scope: what pieces of accounts, as far as the filter leaves
 * them, sum up to by thread, process and in all; beside it the lives that they are
 * to cover and the samples that tell user from kernel time.
 */
#ifndef PK_LEDGER_SUMS_H
#define PK_LEDGER_SUMS_H

#include "analysis/scope.h"
#include "model/ledger.h"

/* A thread's account, or the sum of several. */
struct pk_account {
	uint64_t ns[PKPROF_NR_LINES];
	uint64_t life_ns;	/* of its threads, as far as known from their births and ends */
	uint32_t nr_threads;	/* with an account */
	uint32_t nr_samples, nr_user, nr_softirq;
};

/*
 * The time that the ledger was kept and read for this recording: it is attached somewhat
 * before the first instant and read somewhat before the last one. All figures are of
 * this time only, and what is "at a time" is a mean over it.
 */
struct pk_ledger_kept {
	uint64_t from_ns, to_ns;
	uint64_t ns;	/* that the filter leaves */
};

struct pk_ledger_sums {
	struct pk_ledger_kept kept;
	struct pk_account *thread, *process;	/* by index */
	struct pk_account all;
	uint64_t intervals[PKPROF_NR_LINES];	/* that ended in the scope */
	uint64_t nr_in[PKPROF_NR_LINES];	/* threads that have time in a line */
	uint64_t nr_accounts;	/* threads with an account */
	uint64_t nr_missing;	/* that lived in the scope and have none */
	/*
	 * Line "cpu" of all threads, whatever process and name the filter asks for, and
	 * all CPUs, in the time that was read of all CPUs: a reading takes its time, so
	 * accounts end at somewhat different instants.
	 */
	struct {
		uint64_t from_ns, to_ns;
		uint64_t tasks_cpu_ns;
		/* of tasks that found no room; 0 where it is not known for just this time */
		uint64_t overflow_cpu_ns;
		struct pk_cpu_piece cpus;	/* to_ns: CPUs x wall time */
	} common;
	/* All CPUs that were there; to_ns likewise. */
	struct pk_cpu_piece machine;
	struct pk_cpu_piece *cpu;	/* by number; to_ns: how much time it is of */
	uint32_t nr_cpus;		/* numbers are below it */
};

/* Of possible CPUs most machines have more than there ever are. */
static inline bool pk_ledger_cpu_was_there(const struct pk_cpu_piece *sum)
{
	return sum->offline_ns < sum->to_ns;
}

/* 0 or -ENOMEM; to be deinitialised in any case. */
int pk_ledger_sums_init(const struct pk_scope *s, struct pk_ledger_sums *ret);
void pk_ledger_sums_deinit(struct pk_ledger_sums *l);

struct pk_ledger_kept pk_ledger_kept_of(const struct pk_scope *s);
/* ns of a span that are in it, and that the filter leaves. */
uint64_t pk_ledger_kept_ns(const struct pk_ledger_kept *kept, const struct pk_scope *s,
			   uint64_t from_ns, uint64_t to_ns);

void pk_account_add(struct pk_account *sum, const struct pk_account *more);
static inline uint64_t pk_account_ns(const struct pk_account *a)
{
	return pk_lines_sum_ns(a->ns);
}
static inline uint64_t pk_account_class_ns(const struct pk_account *a, enum pk_line_class class)
{
	return pk_lines_class_ns(a->ns, class);
}
/* Share of user mode in its time on CPUs by its samples, and of softirqs. NAN: no samples. */
double pk_account_user(const struct pk_account *a);
double pk_account_softirq(const struct pk_account *a);

/* Whether the file has a ledger at all. */
bool pk_ledger_is_in(const struct pk_profile *p);

#endif
