/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One capture session: its configuration, its rings, its books, its owner.
 *
 * Life: created stopped by START (all memory allocated up front, for all
 * possible CPUs), sources attached in table order, detached in reverse at
 * STOP or when the owner's descriptor dies, freed when the last mapping and
 * the descriptor are gone. Handlers get the session as their data pointer and
 * may use it until their source's detach() has returned.
 */
#ifndef PK_SESSION_H
#define PK_SESSION_H

#include <linux/types.h>
#include <linux/cpumask.h>
#include <linux/kref.h>
#include <linux/irq_work.h>
#include <linux/wait.h>
#include "uapi/pkprof.h"
#include "ring.h"
#include "books.h"
#include "filter.h"
#include "stack.h"

/* What START asked for, checked and completed with defaults. */
struct pk_config {
	u32 sources;		/* mask of 1 << enum pkprof_source */
	u64 period_ns;		/* between two samples of one CPU */
	u32 ring_bytes;		/* per CPU, power of two */
	u32 kernel_depth;	/* frames, 0: no kernel stacks */
	u32 user_depth;		/* frames, 0: no user stacks */
	cpumask_var_t cpus;	/* sampled CPUs; task events come from all */
};

/* What one CPU owns. Written on that CPU with preemption disabled. */
struct pk_cpu {
	struct pk_ring ring;
	void *ring_mem;			/* vmalloc_user(), mapped by the reader */
	struct pk_books books[PKPROF_NR_SOURCES];
	struct pk_stack_table stacks[2];	/* by enum pkprof_stack_kind; irqs off */
	struct irq_work wake;		/* not hard: wakes poll() */
	struct pk_session *session;
};

/**
 * struct pk_session - one capture session
 * @cfg:	constant after start
 * @filter:	which processes are recorded
 * @cpu:	array of nr_cpu_ids pointers, NULL where the CPU is impossible
 * @t0_ns:	CLOCK_MONOTONIC at start, origin of the sampling grid
 * @seed:	random, for stack hashes and grid jitter
 * @state:	enum pkprof_state, under the session mutex
 * @poll:	readers in poll()
 */
struct pk_session {
	struct kref ref;
	u64 number;
	u64 cookie;
	struct pk_config cfg;
	struct pk_filter filter;
	struct pk_cpu **cpu;
	u64 t0_ns;
	u64 seed;
	u32 state;
	u32 attached;		/* mask of sources whose attach() succeeded */
	u32 owner_pid;
	char owner_comm[PKPROF_COMM_LEN];
	wait_queue_head_t poll;
};

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

#endif
