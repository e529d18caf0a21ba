// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Why a thread is blocked; see cause.h for the order of precedence.
 */
#include "cause.h"

/* What an uninterruptible wait in a call is; upper bits of a row. */
enum pk_deep {
	PK_DEEP_LOCK,		/* lock of the kernel */
	PK_DEEP_DISK,		/* the call works on files */
	PK_DEEP_FILE,		/* on a descriptor: disk if there is data behind it, else a lock */
	PK_DEEP_CHILD,		/* killable: for the child of a vfork */
	PK_DEEP_SAME,		/* whatever an interruptible one is */
};

#define PK_ROW(line, deep) (((line) ^ PKPROF_LINE_OTHER) | (PK_DEEP_##deep << 5))

#define LINE(name) PKPROF_LINE_##name
#define BY_FILE	   PK_ASK_FILE
#define AGAIN	   PK_ASK_AGAIN

#define PK_CALL_BOTH(name, nr64, nr32, line, deep) [nr64] = PK_ROW(line, deep),
#define PK_CALL_64(name, nr64, line, deep)	   [nr64] = PK_ROW(line, deep),
#define PK_CALL_32(name, nr32, line, deep)
const u8 pk_cause_calls_64[PK_NR_CALLS] = {
#include "cause_table.h"
};
#undef PK_CALL_BOTH
#undef PK_CALL_64
#undef PK_CALL_32

#define PK_CALL_BOTH(name, nr64, nr32, line, deep) [nr32] = PK_ROW(line, deep),
#define PK_CALL_64(name, nr64, line, deep)
#define PK_CALL_32(name, nr32, line, deep)	   [nr32] = PK_ROW(line, deep),
const u8 pk_cause_calls_32[PK_NR_CALLS] = {
#include "cause_table.h"
};
#undef PK_CALL_BOTH
#undef PK_CALL_64
#undef PK_CALL_32

const u8 pk_cause_file_lines[PK_NR_FILE_TYPES] = {
	[PK_FILE_UNKNOWN] = PKPROF_LINE_OTHER,
	[PK_FILE_DATA] = PKPROF_LINE_DISK,
	[PK_FILE_SOCKET] = PKPROF_LINE_SOCKET,
	[PK_FILE_PIPE] = PKPROF_LINE_PIPE,
	[PK_FILE_EVENTFD] = PKPROF_LINE_PIPE,
	[PK_FILE_TTY] = PKPROF_LINE_TTY,
	[PK_FILE_EVENTS] = PKPROF_LINE_POLL,
	[PK_FILE_IO_URING] = PKPROF_LINE_AIO,
};

static u8 pk_cause_row(const struct pk_blocked *w)
{
	if (w->call >= PK_NR_CALLS)
		return 0;
	return w->compat ? pk_cause_calls_32[w->call] : pk_cause_calls_64[w->call];
}

static bool pk_sleep_is_deep(u8 sleep)
{
	return sleep == PK_SLEEP_UNINTERRUPTIBLE || sleep == PK_SLEEP_KILLABLE;
}

static u8 pk_cause_of_worker(const struct pk_blocked *w)
{
	if (w->sleep == PK_SLEEP_STOPPED)
		return PKPROF_LINE_STOPPED;
	if (w->sleep == PK_SLEEP_RTLOCK)
		return PKPROF_LINE_RTLOCK;
	if (w->in_iowait)
		return PKPROF_LINE_DISK;
	return pk_sleep_is_deep(w->sleep) ? PKPROF_LINE_KLOCK : PKPROF_LINE_KTHREAD;
}

static u8 pk_cause_of_call(const struct pk_blocked *w)
{
	u8 row = pk_cause_row(w), deep = row >> 5;

	if (deep == PK_DEEP_SAME)
		return pk_cause_row_line(row);
	if (w->in_iowait)
		return PKPROF_LINE_DISK;
	if (!pk_sleep_is_deep(w->sleep))
		return pk_cause_row_line(row);
	switch (deep) {
	case PK_DEEP_DISK:
		return PKPROF_LINE_DISK;
	case PK_DEEP_FILE:
		return PK_ASK_FILE;
	case PK_DEEP_CHILD:
		return w->sleep == PK_SLEEP_KILLABLE ? PKPROF_LINE_CHILD : PKPROF_LINE_KLOCK;
	default:
		return PKPROF_LINE_KLOCK;
	}
}

u8 pk_cause_of(const struct pk_blocked *w)
{
	if (w->kind == PK_KIND_WORKER)
		return pk_cause_of_worker(w);
	if (w->sleep == PK_SLEEP_STOPPED)
		return PKPROF_LINE_STOPPED;
	if (w->sleep == PK_SLEEP_RTLOCK)
		return PKPROF_LINE_RTLOCK;
	if (w->kind == PK_KIND_EXITING)
		return w->in_iowait ? PKPROF_LINE_DISK : PKPROF_LINE_KLOCK;
	if (w->call == PK_CALL_NONE)
		return PKPROF_LINE_FAULT;
	return pk_cause_of_call(w);
}

u8 pk_cause_of_file(const struct pk_blocked *w, enum pk_file_type type)
{
	if (!pk_sleep_is_deep(w->sleep))
		return pk_cause_file_lines[type];
	return type == PK_FILE_DATA ? PKPROF_LINE_DISK : PKPROF_LINE_KLOCK;
}
