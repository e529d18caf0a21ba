/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From readings of the ledger to pieces of accounts, of threads and of CPUs.
 *
 * In: accounts as readings tell them, and the final ones of the dead. What they tell
 * is cumulative. Out, to the writer: pieces, each the difference of two *knots* of one
 * account: instants at which the sums of its lines are known exactly. So the parts of
 * a piece sum up to its length, whatever happened in it.
 *
 * An account that a reading does not tell of is unchanged since the reading before, if
 * it lives until the reading is over; only when it is told again, as changed or as alive, is something written for that
 * time: a thread that sleeps costs nothing. A thread that is never told again, since
 * its final account was lost, is written up to the last time that it was told.
 *
 * Memory: some 60 bytes per account and 16 per line that it used.
 */
#ifndef PK_ACCOUNTS_H
#define PK_ACCOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profile/writer.h"
#include "uapi/pkprof.h"

#define PK_ACCOUNTS_MAX (1u << 20)

struct pk_accounts_stats {
	uint64_t nr_readings;	/* that began */
	uint64_t nr_threads;	/* accounts that were ever told */
	uint64_t nr_deaths;	/* final accounts */
	uint64_t nr_pieces;
	uint64_t nr_mended;	/* pieces of accounts whose sums went back or did not fit */
	uint64_t nr_untold;	/* accounts that found no room here */
	uint64_t ns, lost_ns;	/* all pieces; of it line LOST */
	uint64_t cpu_ns;	/* of it line CPU */
};

struct pk_account;
struct pk_cpu_account;

struct pk_accounts {
	struct pk_writer *writer;
	uint64_t t0_ns;			/* start of the session, or of the ledger where that is
					 * not much earlier: nothing before it counts */
	uint64_t now_ns;		/* begin of the reading in hand */
	uint64_t last_ns[3];		/* of the last ones that were complete, latest first */
	uint64_t cut_ns;		/* where the reading in hand cuts accounts, if it can */
	uint64_t mark_ns;		/* of the latest mark */
	PK_VEC(struct pk_account) threads;
	PK_VEC(struct pk_cpu_account) cpus;
	struct pk_map64 where;		/* id: index into threads */
	size_t nr_closed;		/* threads that are gone, still listed */
	PK_VEC(struct pk_ledger_part) now, before, parts;	/* of the account in hand */
	struct pk_accounts_stats stats;
};

void pk_accounts_init(struct pk_accounts *a, struct pk_writer *w, uint64_t t0_ns);
void pk_accounts_deinit(struct pk_accounts *a);

/* A mark was set: the next reading cuts there what did not change since. */
void pk_accounts_mark(struct pk_accounts *a, uint64_t time_ns);

/*
 * What a reading tells, pk_accounts_begin() first; arguments are as pk_ledger_tell()
 * lets them through. 0, -ENOMEM or the writer's error.
 */
int pk_accounts_begin(struct pk_accounts *a, const struct pkprof_ledger_info *i);
int pk_accounts_thread(struct pk_accounts *a, const struct pkprof_ledger_thread *t);
int pk_accounts_cpu(struct pk_accounts *a, const struct pkprof_ledger_cpu *c);
/* Only of a @complete reading it is said that what it does not tell of is unchanged. */
void pk_accounts_end(struct pk_accounts *a, bool complete);

/* A final account, between readings. Likewise. */
int pk_accounts_death(struct pk_accounts *a, const struct pkprof_ledger_thread *t);

/* After the last reading and the last record: write what is known of the unchanged. */
int pk_accounts_finish(struct pk_accounts *a);

#endif
