/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a thread is blocked: which line of the ledger its wait belongs to.
 *
 * In: what kind of thread it is, how it sleeps, in which system call or exception,
 * and where that is a call on a descriptor, what the descriptor is. Out: a line.
 * The knowledge is data: the rows of cause_table.h and the table of file types
 * below. Precedence, first match decides:
 *
 *  1. A kernel thread or a worker of io_uring (whose system call is its creator's):
 *     stopped, RT lock, disk (in_iowait), kernel lock (uninterruptible), else it
 *     has no work.
 *  2. Stopped, traced or frozen.
 *  3. A sleeping spinlock of PREEMPT_RT.
 *  4. On its way out (exit): disk or kernel lock.
 *  5. Waiting for io_uring or AIO: in_iowait is set for network waits there, too.
 *  6. In an exception: page fault, with its file, swap or address space's lock.
 *  7. in_iowait, or uninterruptible in a call on a file: disk (a wait for the
 *     journal does not set in_iowait).
 *  8. Uninterruptible, but a vfork parent's wait for its child is that.
 *  9. Else by system call, for calls on descriptors by type of file; one that was
 *     interrupted and is restarted waits for what it did before.
 *
 * Pure; the same file compiles in the unit tests. Taking this from a task: cause_task.h.
 */
#ifndef PK_CAUSE_H
#define PK_CAUSE_H

#ifdef __KERNEL__
#include <linux/kernel.h>
#include <linux/types.h>
#else
#include "kernel_shim.h"	/* tests/unit */
#endif
#include "uapi/pkprof.h"

enum pk_kind {
	PK_KIND_USER,
	PK_KIND_WORKER,		/* kernel thread, worker of io_uring */
	PK_KIND_EXITING,
};

enum pk_sleep {
	PK_SLEEP_INTERRUPTIBLE,
	PK_SLEEP_KILLABLE,
	PK_SLEEP_UNINTERRUPTIBLE,
	PK_SLEEP_IDLE,		/* uninterruptible, but no load: without work */
	PK_SLEEP_STOPPED,	/* by job control or a tracer, frozen */
	PK_SLEEP_RTLOCK,
};

enum pk_file_type {
	PK_FILE_UNKNOWN,	/* closed meanwhile, or an object of which we know nothing */
	PK_FILE_DATA,		/* regular file, directory, block device */
	PK_FILE_SOCKET,
	PK_FILE_PIPE,		/* and FIFO */
	PK_FILE_EVENTFD,
	PK_FILE_TTY,
	PK_FILE_EVENTS,		/* epoll, inotify, fanotify, signalfd, timerfd, userfaultfd, pidfd, perf;
				 * character devices and files of /proc, which block for news */
	PK_FILE_IO_URING,
	PK_NR_FILE_TYPES
};

/* What a thread was doing when it blocked. */
struct pk_blocked {
	u8 kind;		/* enum pk_kind */
	u8 sleep;		/* enum pk_sleep */
	bool in_iowait;
	bool compat;		/* 32-bit system call */
	u32 call;		/* its number; PK_CALL_NONE: in an exception */
};

#define PK_CALL_NONE 0xffffffffu

/* Instead of a line: it depends on more than pk_blocked says. */
#define PK_ASK_FILE  (PKPROF_NR_LINES + 0)	/* pk_cause_of_file() knows */
#define PK_ASK_AGAIN (PKPROF_NR_LINES + 1)	/* as the last wait in a system call */

/* Return: enum pkprof_line, PK_ASK_FILE or PK_ASK_AGAIN. */
u8 pk_cause_of(const struct pk_blocked *w);

/* The line of a call on a descriptor of @type. */
u8 pk_cause_of_file(const struct pk_blocked *w, enum pk_file_type type);

/* Line of an interruptible wait, by type of file. */
extern const u8 pk_cause_file_lines[PK_NR_FILE_TYPES];

/* How each system call blocks, by its number: PK_CALL_ROW() of cause.c. */
#define PK_NR_CALLS 480
extern const u8 pk_cause_calls_64[PK_NR_CALLS], pk_cause_calls_32[PK_NR_CALLS];

/* Line or PK_ASK_ of an interruptible wait in a call. Rows that are not there are 0: OTHER. */
static __always_inline u8 pk_cause_row_line(u8 row)
{
	return (row & 31) ^ PKPROF_LINE_OTHER;
}

#endif
