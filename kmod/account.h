/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The account of one thread's time: a state machine without a clock, a task or a
 * lock, fed by whoever knows what happened.
 *
 *	        off(PREEMPTED)
 *	      .--------------> runnable --.
 *	running                  ^        | on
 *	  ^   '--> blocked ------'        |
 *	  |  off(line)      wake          |
 *	  '-------------------------------'
 *
 * In: events with their times, one writer at a time. Out: sums by line, which only
 * grow, and snapshots. Invariants: a thread is in exactly one line at any time,
 * so sum(lines) == since_ns - from_ns between two events; time never goes back: an
 * event that is told to be earlier than the one before happens at the same time.
 *
 * A wake-up is a single store, as it is the other half of what a switch costs: what
 * it ends is booked when the thread runs again. Readers see through that.
 *
 * Readers copy while the sequence count is even and unchanged. The same file
 * compiles in the unit tests.
 */
#ifndef PK_ACCOUNT_H
#define PK_ACCOUNT_H

#ifdef __KERNEL__
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/types.h>
#include <asm/barrier.h>
#else
#include "kernel_shim.h"	/* tests/unit */
#endif
#include "hist.h"
#include "uapi/pkprof.h"

/* Sums by line; of a thread, of the dead of a process, of all that are gone. */
struct pk_sums {
	u64 ns[PKPROF_NR_LINES];
	u32 nr[PKPROF_NR_LINES];	/* intervals, modulo 2^32 */
};

/**
 * struct pk_account - one thread
 * @seq:	odd while it is being written
 * @state:	CPU, PREEMPTED, WAKEUP (new, never ran) or, blocked or woken, the line of
 *		what it waits or waited for
 * @call:	line of the last wait that a system call told: what a restarted call waits for
 * @flags:	PK_ACCOUNT_*
 * @since_ns:	begin of @state
 * @woken_ns:	of a blocked thread: since when it is runnable again, 0: it is not
 * @off_ns:	when it was switched out last
 * @from_ns:	begin of the booking
 * @id:		0: not in use
 * @coarse:	by enum pkprof_hist_what
 */
struct pk_account {
	u32 seq;
	u8 state;
	u8 call;
	u8 flags;
	u64 since_ns;
	u64 woken_ns;
	u64 max_runq_ns, max_slice_ns;
	u64 from_ns;
	u64 id;
	struct pk_sums sums;
	u32 coarse[PKPROF_NR_HISTS][PKPROF_HIST_COARSE];
};

#define PK_ACCOUNT_THROTTLED	(1u << 0)	/* switched out because its cgroup's quota was up */

static __always_inline bool pk_line_is_blocked(u8 line)
{
	return line >= PKPROF_LINE_DISK;
}

/* A blocked thread that nobody has woken yet. */
static __always_inline bool pk_account_is_asleep(const struct pk_account *a)
{
	return pk_line_is_blocked(a->state) && !a->woken_ns;
}

/* One instruction, where the compiler makes a volatile increment three. */
static __always_inline void pk_account_write_begin(struct pk_account *a)
{
	asm volatile("incl %0" : "+m"(a->seq) : : "memory", "cc");
	smp_wmb();
}

static __always_inline void pk_account_write_end(struct pk_account *a)
{
	smp_wmb();
	asm volatile("incl %0" : "+m"(a->seq) : : "memory", "cc");
}

/**
 * pk_account_open - begin booking at @from_ns
 * @state:	CPU, PREEMPTED, WAKEUP for a new thread, or a line to be blocked in
 *
 * All of @a but its sequence count is written.
 */
void pk_account_open(struct pk_account *a, u64 id, u8 state, u64 from_ns);

/* Nobody knows what it did up to @now_ns: that is LOST, and it is in its state since then. */
void pk_account_lose(struct pk_account *a, u64 now_ns);

/* It will do nothing any more, nor be read. */
void pk_account_close(struct pk_account *a);

/**
 * pk_account_off - a running thread is switched out
 * @line:	PREEMPTED, or what it waits for
 * Return: how long it ran, ns.
 */
static __always_inline u64 pk_account_off(struct pk_account *a, u8 line, u64 now_ns)
{
	u64 ran_ns;

	if (unlikely((s64)(now_ns - a->since_ns) < 0))
		now_ns = a->since_ns;
	ran_ns = now_ns - a->since_ns;
	pk_account_write_begin(a);
	a->sums.ns[PKPROF_LINE_CPU] += ran_ns;
	a->sums.nr[PKPROF_LINE_CPU]++;
	a->since_ns = now_ns;
	a->state = line;
	pk_account_write_end(a);
	return ran_ns;
}

/* A thread that is asleep becomes runnable. */
static __always_inline void pk_account_wake(struct pk_account *a, u64 now_ns)
{
	WRITE_ONCE(a->woken_ns, now_ns);
}

/**
 * pk_account_on - a thread that is not running is switched in
 * @throttled_ns: part of its time on the run queue that its cgroup's quota took
 * Return: its time on the run queue without that part, ns; 0 for one that was
 * asleep, of whose wake-up nobody told.
 */
static __always_inline u64 pk_account_on(struct pk_account *a, u64 throttled_ns, u64 now_ns)
{
	u64 since_ns = a->since_ns, waited_ns;
	/* of one that runs by our books we missed a switch */
	u8 state = a->state, runq = state == PKPROF_LINE_CPU ? PKPROF_LINE_LOST : state;

	pk_account_write_begin(a);
	if (likely(pk_line_is_blocked(state))) {
		u64 woken_ns = a->woken_ns ?: now_ns;

		if (unlikely((s64)(woken_ns - since_ns) < 0))
			woken_ns = since_ns;
		a->sums.ns[state] += woken_ns - since_ns;
		a->sums.nr[state]++;
		a->woken_ns = 0;
		since_ns = woken_ns;
		runq = PKPROF_LINE_WAKEUP;
	}
	if (unlikely((s64)(now_ns - since_ns) < 0))
		now_ns = since_ns;
	waited_ns = now_ns - since_ns;
	if (unlikely(throttled_ns)) {
		throttled_ns = min(throttled_ns, waited_ns);
		a->sums.ns[PKPROF_LINE_THROTTLED] += throttled_ns;
		a->sums.nr[PKPROF_LINE_THROTTLED]++;
		waited_ns -= throttled_ns;
	}
	a->sums.ns[runq] += waited_ns;
	a->sums.nr[runq]++;
	a->since_ns = now_ns;
	a->state = PKPROF_LINE_CPU;
	pk_account_write_end(a);
	return waited_ns;
}

/* dst += src */
void pk_sums_add(struct pk_sums *dst, const struct pk_sums *src);

/* Lines that are not 0. */
unsigned int pk_sums_nr_lines(const struct pk_sums *sums);

/* They go to @ret. Return: how many. */
unsigned int pk_sums_tell(const struct pk_sums *sums, struct pkprof_ledger_line *ret);

/**
 * pk_account_read - consistent copy
 * @ret:	a copy of @a as of its last event
 * Return: false: it is not in use, or changed all the time.
 */
bool pk_account_read(const struct pk_account *a, struct pk_account *ret);

/* Book what a wake-up of the copied thread left to be booked at its next switch. */
void pk_account_settle(struct pk_account *copy);

/* Since when a thread is on the run queue; 0: it is not. */
u64 pk_account_queued_ns(const struct pk_account *a);

/**
 * pk_account_split - part the present wait on the run queue
 * @copy:	settled
 * @throttled_ns: what the cgroup's quota took of it so far
 * @throttled:	it does so yet
 *
 * A sum must not shrink when the wait is booked in the end, so what is told is
 * booked in the copy up to @read_ns.
 */
void pk_account_split(struct pk_account *copy, u64 throttled_ns, bool throttled, u64 read_ns);

/**
 * pk_account_tell - what a settled copy says, in the contract's words
 * @ret:	all but the task's own data; room for its lines
 * Return: bytes of *ret that are used.
 */
size_t pk_account_tell(const struct pk_account *a, u64 read_ns, struct pkprof_ledger_thread *ret);

#endif
