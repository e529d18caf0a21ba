/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One capture session: its configuration, its rings, its books, its owner.
 *
 * Life: created by START (all memory allocated up front, for all possible
 * CPUs), sources attached in table order, detached in reverse at STOP or when
 * the owner's descriptor dies, freed when the last mapping and the descriptor
 * are gone. Handlers get the session as their data pointer and may use it until
 * their source's detach() has returned. Who may start and stop: control.h.
 */
#ifndef PK_SESSION_H
#define PK_SESSION_H

#include <linux/types.h>
#include <linux/cpumask.h>
#include <linux/kref.h>
#include <linux/irq_work.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/smp.h>
#include <linux/wait.h>
#include "uapi/pkprof.h"
#include "ring.h"
#include "books.h"
#include "filter.h"
#include "stack.h"

struct netlink_ext_ack;
struct pk_block;
struct pk_python_cpu;
struct pk_governing;
struct pk_rule_memo;
struct pk_spaces;
struct pk_tcp;
struct pk_unix;
struct pk_vfs;
struct pk_waited;

/* What START asked for, checked and completed with defaults. */
struct pk_config {
	u32 sources;		/* mask of 1 << enum pkprof_source; start takes out what it leaves out */
	u32 optional;		/* of them: may be left out, no other one needs them */
	bool sums_only;		/* nobody reads the rings: no records of single things */
	u64 period_ns;		/* between two samples of one CPU */
	u32 ring_bytes;		/* per CPU, power of two */
	u32 kernel_depth;	/* frames, 0: no kernel stacks */
	u32 user_depth;		/* frames, 0: no user stacks */
	cpumask_var_t cpus;	/* sampled CPUs; task events come from all */
	u64 wait_period_ns;	/* of off-CPU instants at first, power of two */
	u32 wait_cap;		/* walks of waits and wakers per second and CPU, 0: no cap */
	u32 io_cap;		/* likewise of submitters of bios */
	u32 budget_ppm;		/* millionths of the CPUs' time, 0: no governor */
};

/*
 * Unless START says otherwise. A stack of 5 s has 1,200 instants, which is 6 % at 95 %;
 * two tasks that answer each other pay 20 instructions per switch for walks.
 */
#define PK_WAIT_PERIOD_NS	(1ULL << 22)
#define PK_WAIT_CAP		PKPROF_DEF_WAIT_CAP

/*
 * For tests: memory that readers are shown is filled with this first, so that a byte of a record
 * or of a dump's piece that nobody wrote can be told from one that is 0.
 */
#define PK_POISON		0xa5
extern bool pk_poison;

/* What one CPU owns. Written on that CPU with preemption disabled. */
struct pk_cpu {
	struct pk_ring ring;
	void *ring_mem;			/* vmalloc_user(), mapped by the reader */
	struct pk_books books[PKPROF_NR_SOURCES];
	struct pk_stack_table stacks[2];	/* by enum pkprof_stack_kind; irqs off */
	struct pk_rule_memo *memo;	/* of user stacks; irqs off, not in an NMI */
	struct pk_python_cpu *python;	/* of user stacks; while stacks are claimed */
	bool stacks_claimed;
	struct irq_work wake;		/* not hard: wakes poll() */
	struct pk_session *session;
};

/**
 * struct pk_session - one capture session
 * @cfg:	constant after start
 * @filter:	which processes are recorded
 * @cpu:	array of nr_cpu_ids pointers, NULL where the CPU is impossible
 * @t0_ns:	CLOCK_MONOTONIC at start, origin of the sampling grid; U64_MAX until all
 *		that was to be attached before it is
 * @end_ns:	CLOCK_MONOTONIC when STOP came, 0: not yet. Detaching takes its time.
 * @seed:	random, for stack hashes and grid jitter
 * @state:	enum pkprof_state; changed under the control mutex
 * @poll:	readers in poll(); the owner's descriptor's, because epoll stays
 *		on it until that is closed. Not used once stopped.
 * @attached:	sources that are; those that the governor has detached are not
 * @coarse:	level of PKPROF_STEP_COARSE; the governor's
 * @rate_shift:	samples are 2^so many periods apart; likewise
 * @hurried:	a mark was set, or a file seen, since poll() last looked
 */
struct pk_session {
	struct kref ref;
	u64 number;
	u64 cookie;
	struct pk_config cfg;
	struct pk_filter filter;
	struct pk_cpu **cpu;
	u64 t0_ns;
	u64 end_ns;
	u64 seed;
	u32 state;
	u32 attached;
	u32 coarse, rate_shift;
	u32 owner_pid;
	char owner_comm[PKPROF_COMM_LEN];
	wait_queue_head_t *poll;
	u32 hurried;
	struct pk_spaces *spaces;	/* NULL: no user stacks are taken */
	struct pk_block *block;	/* NULL: source block was never attached */
	struct pk_tcp *tcp;	/* likewise */
	struct pk_unix *unix_socks; /* likewise */
	struct pk_vfs *vfs;	/* likewise */
	struct pk_governing *governing;	/* NULL: without a budget */
	struct pk_waited *waited;	/* of source sched with block or tcp, likewise */
};

/* Reader's page, info page and records of one CPU, and what lies between two. */
static inline size_t pk_session_ring_bytes(const struct pk_session *s)
{
	return 2 * PAGE_SIZE + s->cfg.ring_bytes;
}

/* A cap of records per second and CPU as it is now; 0: none. Any context. */
static inline u32 pk_session_cap(const struct pk_session *s, u32 cap, u32 otherwise)
{
	u32 coarse = READ_ONCE(s->coarse);

	return coarse ? max((cap ?: otherwise) >> coarse, 1U) : cap;
}

/**
 * pk_session_create - a session with default configuration, without any memory
 * for records. Context: may sleep. Return: NULL without memory.
 */
struct pk_session *pk_session_create(void);

/**
 * pk_session_start - allocate everything and attach the sources of cfg.sources
 * @pids:	processes to record, in the caller's pid namespace
 * @extack:	gets the reason in words
 *
 * Context: control mutex. Return: 0; -ENOMEM; -ESRCH: a pid is gone; or what a
 * source's attach() said. After an error the session can only be put.
 */
int pk_session_start(struct pk_session *s, const u32 *pids, unsigned int nr_pids,
		     struct netlink_ext_ack *extack);

/* Detach all sources: no record is written any more. Context: control mutex. */
void pk_session_stop(struct pk_session *s);

static inline void pk_session_get(struct pk_session *s)
{
	kref_get(&s->ref);
}

/* Context: may sleep. */
void pk_session_put(struct pk_session *s);

/**
 * pk_session_counters - the books of one CPU
 * @ret:	room for PKPROF_NR_SOURCES
 *
 * Skips sources that neither are attached nor ever counted. Exact when stopped.
 * Return: how many were filled.
 */
unsigned int pk_session_counters(const struct pk_session *s, u32 cpu,
				 struct pkprof_counters *ret);

/* Have the reader look now, not when rings fill. Context: process. */
void pk_session_hurry(struct pk_session *s);

/* What poll() is to say: EPOLLIN from a quarter of unread bytes, EPOLLHUP when stopped. */
__poll_t pk_session_poll(struct pk_session *s);

/*
 * Writing records. Preemption must be disabled from begin to end; any
 * context. begin() counts the event as generated; when the ring is full it
 * counts the loss and returns NULL, and end() must not be called.
 * The head is filled; the body up to @size is not cleared.
 */
void *pk_emit_begin(struct pk_session *s, enum pkprof_source src, enum pkprof_rec_type type,
		    u32 size, u32 tid, u64 time_ns);
void pk_emit_end(struct pk_session *s);

/* An event that was generated but for which there is no record to write. */
void pk_emit_lost(struct pk_session *s, enum pkprof_source src, enum pkprof_loss why, u64 nr);

/* This CPU's part of the session; preemption disabled. */
static inline struct pk_cpu *pk_session_this_cpu(struct pk_session *s)
{
	return s->cpu[smp_processor_id()];
}

/*
 * This CPU's stack tables have one user at a time, from the first look-up until the
 * record that names the slots is written: an NMI must not redefine them in between.
 * False: somebody was interrupted there; count LOSS_NESTED. Irqs off or NMI.
 */
static inline bool pk_session_claim_stacks(struct pk_session *s)
{
	struct pk_cpu *c = pk_session_this_cpu(s);

	if (c->stacks_claimed)
		return false;
	WRITE_ONCE(c->stacks_claimed, true);
	barrier();
	return true;
}

static inline void pk_session_release_stacks(struct pk_session *s)
{
	barrier();
	WRITE_ONCE(pk_session_this_cpu(s)->stacks_claimed, false);
}

#endif
