/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may do what: open descriptors, their cookies, the one session.
 *
 * In: requests with a cookie, closed descriptors. Out: session starts and
 * stops, each under one mutex, so that any mix of START, STOP, MARK and close
 * is some order of them. A session belongs to the descriptor whose cookie
 * started it and is stopped at the latest when that descriptor is released.
 */
#ifndef PK_CONTROL_H
#define PK_CONTROL_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/uidgid.h>
#include <linux/wait.h>
#include "uapi/pkprof.h"

struct netlink_ext_ack;
struct pk_session;

/**
 * struct pk_handle - an open descriptor of the device
 * @node:	in the list of all, control mutex
 * @cookie:	proof of the right to open; not 0, unique
 * @group:	that the file had when it was opened, whose members may record; or INVALID_GID
 * @lock:	guards the pointer @session for those who may not take the mutex
 *		(mmap() holds the address space's lock already)
 * @session:	the last one this descriptor started, referenced, or NULL
 * @watches:	it keeps the ledger attached, by one reference; control mutex
 * @sources:	whose sums it watches; likewise
 * @epoch_ns:	it has what sums were before, 0: nothing yet; likewise
 * @poll:	who waits in poll(), epoll included
 */
struct pk_handle {
	struct list_head node;
	u64 cookie;
	kgid_t group;
	spinlock_t lock;
	struct pk_session *session;
	bool watches;
	u32 sources;
	u64 epoch_ns;
	wait_queue_head_t poll;
};

/* What STATUS says. Without a session only @state is set. */
struct pk_status {
	u32 state;		/* enum pkprof_state */
	u64 number;
	u64 t0_ns;
	u32 sources;		/* mask of 1 << enum pkprof_source */
	u64 period_ns;
	u64 wait_period_ns;
	u32 ring_bytes;
	u32 ring_stride;	/* bytes between two CPUs' mmap offsets */
	u32 kernel_depth;	/* frames, 0: no kernel stacks */
	u32 owner_pid;		/* initial pid namespace */
	char owner_comm[PKPROF_COMM_LEN];
	bool governed;
	struct pkprof_governor governor;	/* if so */
};

/* Whether the calling task is a member of @group (INVALID_GID: nobody is) or has CAP_PERFMON. */
bool pk_may_record(kgid_t group);
/* Whether the kernel was told to keep what it knows to itself. May change to true at any time. */
bool pk_locked_down(void);

/* Context: may sleep. Return: NULL without memory. */
struct pk_handle *pk_handle_create(kgid_t group);
/* Ends the handle's session. Context: last reference to the file is gone. */
void pk_handle_destroy(struct pk_handle *h);

/* The handle's session with a reference, or NULL. Context: task. */
struct pk_session *pk_handle_session(struct pk_handle *h);

/**
 * pk_control_start - make a configured session the running one
 * @s:		reference goes to the descriptor on success only
 *
 * A caller without CAP_SYSLOG gets no kernel stacks, since these are addresses.
 * Return: 0; -EPERM: cookie of no open descriptor, or the caller has no right (any more),
 * or lockdown; -EBUSY: another session runs; or what pk_session_start() says.
 */
int pk_control_start(u64 cookie, struct pk_session *s, const u32 *pids, unsigned int nr_pids,
		     struct netlink_ext_ack *extack, struct pk_status *ret);

/* Return: 0, also when it is stopped already; -EPERM; -ENOENT: no session. */
int pk_control_stop(u64 cookie, struct netlink_ext_ack *extack);

/* Return: 0; -EPERM, as START; -ENOENT: nothing is recorded; -ENOBUFS: no room in the ring. */
int pk_control_mark(u64 cookie, const char *text, u32 len, struct netlink_ext_ack *extack);

void pk_control_status(struct pk_status *ret);

/*
 * The control mutex, for who changes what START and STOP do, too. Only to be tried: its
 * holder may wait for the caller's end.
 */
bool pk_control_trylock(void);
void pk_control_unlock(void);

/**
 * pk_control_counters - the newest session's books of one possible CPU
 * @ret:	room for PKPROF_NR_SOURCES
 * @number_ret:	of the session
 * Return: how many were filled, -ENOENT without a session.
 */
int pk_control_counters(u32 cpu, struct pkprof_counters *ret, u64 *number_ret);

/*
 * Keep the ledger attached, and the sums of just these sources, until the descriptor is
 * closed. Return: 0; -EPERM, as START; -EINVAL: nobody can watch that; -EOPNOTSUPP; or what
 * pk_ledger_get() and pk_watch_settle() say.
 */
int pk_control_watch(u64 cookie, u32 sources, struct netlink_ext_ack *extack);

/**
 * struct pk_reading - what a descriptor may be told
 * @session:	its running session, of which only what passes its filter is to be told
 *		of the ledger; NULL: all
 * @ledger:	there is a ledger to be told
 * @sums:	by source, who has its sums; NULL: nobody, or not for this descriptor
 * @slowest:	no reader has an older epoch
 */
struct pk_reading {
	struct pk_session *session;
	struct pk_session *sums[PKPROF_NR_SOURCES];
	bool ledger, slowest;
};

/**
 * pk_control_read_begin - begin to read for a descriptor
 * @epoch_ns:	its epoch, of the sums too if @sums
 *
 * All of @ret stays until pk_control_read_end(), whoever stops or closes what meanwhile.
 * Return: 0; -EPERM; -ENOENT: it neither watches nor runs a session that tells anything.
 */
int pk_control_read_begin(u64 cookie, u64 epoch_ns, bool sums, struct pk_reading *ret,
			  struct netlink_ext_ack *extack);
void pk_control_read_end(struct pk_reading *r);

#endif
