/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operations on files that are on their way, and those that are told one by one.
 *
 * In: who is in which operation; what source block and the ledger see meanwhile: requests
 * that the operation submits, their ends, waits of its thread that are over. Out: for those
 * whose turn it is a PKPROF_REC_OP. op_parts.h says how the time is taken apart.
 */
#ifndef PK_VFS_OP_H
#define PK_VFS_OP_H

#include <linux/sched.h>
#include "op_parts.h"
#include "stack.h"
#include "vfs.h"

struct pk_wait_over;

#define PK_VFS_FAULTING 1	/* added to the task: a page fault, which may come within an operation */

/* An operation that a request belongs to: its slot and which of those that had it. */
#define PK_OP_LINK_USED	(1u << 31)
#define PK_OP_LINK_SLOT	14	/* bits */
static_assert(2 * PK_VFS_FLIGHTS <= 1 << PK_OP_LINK_SLOT);

/**
 * struct pk_op_choice - which of those of one kind and bucket are told
 * @slot:	of 2^slot_log2 ns in which the last one was
 * @nr:		that ended since
 */
struct pk_op_choice {
	u32 slot, nr;
};

/* Of one CPU; preemption off. */
struct pk_op_cpu {
	u64 longest_ns[PKPROF_NR_VFS_OPS];
	u32 slot_log2;		/* the governor's */
	struct pk_op_choice choice[PKPROF_NR_VFS_OPS][PKPROF_HIST_BUCKETS];
	struct pk_stack user;	/* scratch; irqs off */
};

static __always_inline u32 pk_op_turn_at(const struct pk_op_cpu *c, u64 now_ns)
{
	return now_ns >> READ_ONCE(c->slot_log2);
}

/**
 * struct pk_op_end - an operation that ended
 * @file:	that it was on, if the caller holds it, else NULL
 * @regs:	of the system call, NULL: a page fault
 * @ret:	what that returned
 * @offset:	of a page fault, bytes
 * @now_ns:	when it ended; 0: pk_vfs_over() is to ask
 */
struct pk_op_end {
	struct file *file;
	struct pt_regs *regs;
	long ret;
	u64 bytes, offset;
	u64 now_ns, length_ns;
	bool failed;
};

/*
 * Write the record of an operation that ended, or count its loss. @nr: how many it stands
 * for. Context: its own task, preemption off.
 */
void pk_op_tell(struct pk_vfs *v, struct pk_op_cpu *cpu, struct pk_vfs_flight *f,
		struct pk_op_end *end, u32 nr);

static __always_inline struct pk_vfs_flight *pk_vfs_flight_of(struct pk_vfs *v, u32 pid, u64 task)
{
	struct pk_vfs_flight *f = v->flights[pid & (PK_VFS_FLIGHTS - 1)];

	if ((u64)atomic64_read(&f[0].task) == task)
		return &f[0];
	if (unlikely((u64)atomic64_read(&f[1].task) == task))
		return &f[1];
	return NULL;
}

static __always_inline struct pk_vfs_flight *pk_vfs_flight_find(struct pk_vfs *v, u64 task)
{
	return pk_vfs_flight_of(v, current->pid, task);
}

static __always_inline struct pk_op_slot *pk_op_slot_of(struct pk_vfs *v,
							const struct pk_vfs_flight *f)
{
	return &v->slots[0][0] + (f - &v->flights[0][0]);
}

/* Begin to take an operation apart. Requests of who had the slot before are not this one's. */
static __always_inline void pk_op_start(struct pk_vfs_flight *f, struct pk_op_slot *slot, u32 at)
{
	u32 turn = (slot->link >> PK_OP_LINK_SLOT) + 1;

	pk_op_parts_begin(&slot->parts, f->first_ns);
	WRITE_ONCE(slot->link, PK_OP_LINK_USED | turn << PK_OP_LINK_SLOT | at);
	f->apart = 1;
}

/* The slot of an operation that is taken apart from now on, if it was not yet. */
static __always_inline struct pk_op_slot *pk_op_apart(struct pk_vfs *v, struct pk_vfs_flight *f)
{
	u32 at = f - &v->flights[0][0];
	struct pk_op_slot *slot = &v->slots[0][0] + at;

	if (!f->apart)
		pk_op_start(f, slot, at);
	return slot;
}

static __always_inline u32 pk_op_submitted_in(struct pk_vfs *v, struct pk_vfs_flight *f, u64 now_ns)
{
	struct pk_op_slot *slot = pk_op_apart(v, f);

	pk_op_parts_submitted(&slot->parts, now_ns);
	return slot->link;
}

/*
 * The current task submits a request at @now_ns. Return: what to tell pk_op_request_over(), 0: it is in no
 * operation. Context: irqs off.
 */
static inline u32 pk_op_submitted(struct pk_vfs *v, u64 now_ns)
{
	struct pk_vfs_flight *f = pk_vfs_flight_find(v, (u64)current);

	if (!f)
		f = pk_vfs_flight_find(v, (u64)current | PK_VFS_FAULTING);
	if (!f || f->pid != current->pid || !in_task())
		return 0;
	return pk_op_submitted_in(v, f, now_ns);
}

/*
 * Likewise, where it is in one as most are: no fault. Else
 * false, and nothing has changed.
 */
static __always_inline bool pk_op_submitted_quick(struct pk_vfs *v, u64 now_ns, u32 *link_ret)
{
	struct pk_vfs_flight *f = v->flights[current->pid & (PK_VFS_FLIGHTS - 1)];

	f += (u64)atomic64_read(&f->task) != (u64)current;
	if (unlikely((u64)atomic64_read(&f->task) != (u64)current || f->pid != current->pid ||
		     !in_task()))
		return false;
	*link_ret = pk_op_submitted_in(v, f, now_ns);
	return true;
}

static __always_inline struct pk_op_slot *pk_op_slot_at(struct pk_vfs *v, u32 link)
{
	return &v->slots[0][0] + (link & ((1u << PK_OP_LINK_SLOT) - 1));
}

/* A request with such a link ended. Context: any. */
static __always_inline void pk_op_request_over(struct pk_vfs *v, u32 link, u64 asked_ns,
					       u64 issued_ns, u64 done_ns)
{
	struct pk_op_slot *slot = pk_op_slot_at(v, link);

	if (likely(READ_ONCE(slot->link) == link))
		pk_op_parts_done(&slot->parts, asked_ns, issued_ns, done_ns);
}

/* A request with such a link was given to the device. Context: any. */
static __always_inline void pk_op_request_sent(struct pk_vfs *v, u32 link, u64 now_ns)
{
	struct pk_op_slot *slot = pk_op_slot_at(v, link);

	if (likely(READ_ONCE(slot->link) == link))
		WRITE_ONCE(slot->parts.sent_ns, now_ns);
}

/* The current task begins, or ceases, to wait for a lock. Context: any. */
void pk_op_locking(struct pk_vfs *v, bool begins);

/* A page was missing at @now_ns, or will be. Context: task, preemption off. */
void pk_op_missed(struct pk_vfs *v, struct pk_vfs_flight *f, u64 now_ns);

/* On while there is somebody to take apart; whose. */
extern struct pk_vfs *pk_op_vfs;

/* @p, which is switched in, may be in an operation, as far as a few instructions can tell. */
static __always_inline bool pk_op_is_on(const struct pk_vfs *v, const struct task_struct *p)
{
	const struct pk_vfs_flight *f = v->flights[p->pid & (PK_VFS_FLIGHTS - 1)];

	return atomic64_read(&f[0].task) || atomic64_read(&f[1].task);
}

/*
 * A wait of @p is over: it is switched in. Nobody to take apart is fine. Context: the ledger's sched_switch probe, run-queue
 * lock held, irqs off.
 */
void pk_op_wait_over(struct task_struct *p, const struct pk_wait_over *w);

#endif
