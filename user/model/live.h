/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ledger, live: from two readings of it to a picture of the time between.
 *
 *	pk_live_model_begin(&l);
 *	pk_live_read(source, pk_live_model_epoch(&l), PK_LIVE_WHAT, &pk_live_model_visitor, &l, err);
 *	pk_live_model_end(&l);	// l.picture, from the second time on
 *
 * In: readings as source/ledger.h tells them, each with the epoch of the one before.
 * Out: for each process and thread the ns of each line within one interval that is
 * common to all, (from_ns, to_ns]: the instants at which the two readings began.
 *
 * Invariants: a living thread's lines sum to its life within the interval, to the ns;
 * over consecutive pictures nothing is counted twice and nothing is left out. What a
 * thread did while it was being read, behind to_ns, is the next picture's: its time is
 * cut there as if the lines had been spread evenly since from_ns.
 */
#ifndef PK_LIVE_H
#define PK_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map64.h"
#include "base/vec.h"
#include "source/ledger.h"
#include "uapi/pkprof.h"

/* What a reading must ask for. */
#define PK_LIVE_WHAT                                                                               \
	(PKPROF_LEDGER_CPUS | PKPROF_LEDGER_PROCESSES | PKPROF_LEDGER_THREADS |                    \
	 PKPROF_LEDGER_ALIVE)

/* Where time went, and how often. */
struct pk_live_amount {
	uint64_t ns[PKPROF_NR_LINES];
	uint64_t nr_switches;	/* times switched in */
	uint64_t nr_runq;	/* waits on the run queue */
};

struct pk_live_thread {
	uint64_t id;		/* of the account: the same thread in all pictures */
	uint32_t tid, tgid;	/* initial pid namespace */
	uint64_t start_ns;	/* CLOCK_MONOTONIC */
	char comm[PKPROF_COMM_LEN];
	bool kthread;
	uint8_t state;		/* enum pkprof_line at to_ns, as far as it is known */
	struct pk_live_amount amount;
};

struct pk_live_process {
	uint32_t tgid;
	bool exited;		/* the one row of all processes that are gone; tgid 0 */
	bool kthread;
	char comm[PKPROF_COMM_LEN];
	uint32_t nr_threads;	/* alive */
	struct pk_live_amount amount;	/* of the living and the dead */
	struct pk_live_amount gone;	/* of these, threads that died */
};

/* All CPUs; ns are sums over them. */
struct pk_live_system {
	unsigned int nr_cpus, nr_online;
	uint64_t busy_ns, idle_ns, offline_ns;
	uint64_t steal_ns, softirq_ns, irq_ns, iowait_ns;	/* the kernel's own books */
	uint64_t nr_switches;
	unsigned int nr_processes, nr_threads;
	uint64_t nr_overflow;		/* tasks that found no account, since ever */
	uint64_t overflow_cpu_ns;	/* their CPU time within the interval */
};

struct pk_live_picture {
	uint64_t from_ns, to_ns;	/* CLOCK_MONOTONIC; equal: there is no picture */
	struct pk_live_system system;
	PK_VEC(struct pk_live_process) processes;	/* any order, the exited at last */
	PK_VEC(struct pk_live_thread) threads;		/* the living, any order */
};

/* The model's own: an account as it was told last, and what it was at the last instant. */
struct pk_live_account {
	struct pk_live_thread thread;	/* amount: of the last interval */
	uint64_t since_ns;
	struct pk_live_amount told;	/* lines up to since_ns */
	uint64_t knot_ns;
	struct pk_live_amount knot;	/* lines up to knot_ns */
	unsigned int told_in, alive_in;	/* number of the reading */
	bool is_new;			/* knot_ns is where it begins */
};

/* The model's own: a process. The first one is the sum of those that are gone. */
struct pk_live_group {
	struct pk_live_process process;
	uint64_t start_ns;		/* of the leader, 0: not known */
	uint64_t dead_start_ns;		/* likewise, of the process that dead is of */
	struct pk_live_amount dead;	/* as told last: threads that are gone */
	struct pk_live_amount high;	/* booked up to the last instant */
	struct pk_live_amount sum;	/* of this reading */
	struct pk_live_amount living;	/* the interval's, of threads that live */
	struct pk_live_amount buried;	/* high, when it was not seen any more */
	/* numbers of readings */
	unsigned int alive_in, continued_in, confirmed_in, replaced_in, buried_in, dead_in;
	bool known;			/* in an earlier reading */
};

struct pk_live_model {
	struct pk_live_picture picture;		/* of the last interval */
	/* the rest is the model's own */
	PK_VEC(struct pk_live_account) accounts;
	PK_VEC(struct pk_live_group) groups;
	PK_VEC(struct pkprof_ledger_cpu) cpus, cpus_before;	/* by CPU */
	struct pk_map64 by_id, by_tgid;
	struct pkprof_ledger_info info, info_before;
	uint64_t at_ns;				/* of the last complete reading, 0: none */
	unsigned int reading;			/* counts readings */
	size_t nr_gone;				/* accounts, in this reading */
};

/* All-zero is a model without any reading. */
void pk_live_model_deinit(struct pk_live_model *l);
void pk_live_model_begin(struct pk_live_model *l);
/* Its context is the model. */
extern const struct pk_ledger_visitor pk_live_model_visitor;
/*
 * The reading is complete: makes the picture. 0; -ENOMEM; -EPROTO: it had no info.
 * After an error of it or of the reading the model must start anew.
 */
int pk_live_model_end(struct pk_live_model *l);
/* The epoch to ask the next reading for. */
static inline uint64_t pk_live_model_epoch(const struct pk_live_model *l)
{
	return l->at_ns;
}

/* Sum over lines: the time that the threads lived. */
uint64_t pk_live_amount_total(const struct pk_live_amount *a);

/* What rows are sorted by: enum pkprof_line, or one of these. */
#define PK_LIVE_BY_SWITCHES PKPROF_NR_LINES
#define PK_LIVE_BY_TOTAL    (PKPROF_NR_LINES + 1)

uint64_t pk_live_amount_value(const struct pk_live_amount *a, unsigned int key);
/* Largest value first, then by pid. */
void pk_live_picture_sort_processes(struct pk_live_picture *p, unsigned int key);
void pk_live_picture_sort_threads(struct pk_live_picture *p, unsigned int key);

#endif
