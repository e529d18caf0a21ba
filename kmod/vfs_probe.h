/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What probes of source vfs share: their beginning and end, cells, and operations on their
 * way. Each probe turns preemption off, so that its CPU's sums are its own.
 */
#ifndef PK_VFS_PROBE_H
#define PK_VFS_PROBE_H

#include <linux/fs.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>

#include "compat/task.h"
#include "ftrace_hook.h"
#include "session.h"
#include "tracepoint.h"
#include "tsc_clock.h"
#include "vfs.h"
#include "vfs_op.h"

/* The rows of vfs_hooks.c: each table's ends come before its beginnings. */
extern struct pk_ftrace_table pk_vfs_table;
extern struct pk_tracepoint pk_vfs_tracepoints[];
extern const unsigned int pk_vfs_nr_tracepoints;

/* Those of vfs_cache.c. */
PK_FTRACE_DECLARE(pk_on_fault);
PK_FTRACE_DECLARE(pk_on_faulted);
PK_FTRACE_DECLARE(pk_on_map_pages);
PK_FTRACE_DECLARE(pk_on_missed);
PK_FTRACE_DECLARE(pk_on_ahead);
/* @bytes of @mapping were added to the page cache. Context: as of a tracepoint. */
void pk_vfs_added(void *data, const struct address_space *mapping, size_t bytes);

/* --- a run of a probe: preemption off, timed --- */

/* Reading the kernel's clock twice takes as long as a probe: few runs are timed; a prime. */
#define PK_VFS_TIME_EVERY 251

/**
 * struct pk_vfs_here - what probes use on one CPU
 * @left:	runs until one is timed; those since are not in the books yet
 */
struct pk_vfs_here {
	u32 left;
	struct pk_books *books;
	struct pk_vfs_cell *cells;
	struct pk_op_cpu *ops;
	struct pk_tsc_clock clock;
};
DECLARE_PER_CPU(struct pk_vfs_here, pk_vfs_here);

struct pk_vfs_run {
	struct pk_vfs_here *here;
	u64 entered_ns;
};

/*
 * A frequent probe's usual course makes no call, so that hardly a register has to be saved:
 * it goes only as far as nothing has changed yet, and else begins anew with
 * pk_vfs_enter_again(). Context: preemption off. True: this run is not timed.
 */
static __always_inline bool pk_vfs_enter_quick(struct pk_vfs_here *here)
{
	return likely(--here->left);
}

/*
 * After a quick beginning, with preemption off still: its run is counted. True: it is to be
 * timed, and the whole probe runs once more before pk_vfs_leave().
 */
static __always_inline bool pk_vfs_enter_again(struct pk_vfs_run *r)
{
	r->here = this_cpu_ptr(&pk_vfs_here);
	r->entered_ns = 0;
	if (likely(r->here->left))
		return false;
	r->entered_ns = pk_books_enter_due(r->here->books, &r->here->left, PK_VFS_TIME_EVERY);
	return true;
}

static __always_inline void pk_vfs_enter(struct pk_vfs_run *r)
{
	preempt_disable_notrace();
	__this_cpu_dec(pk_vfs_here.left);
	if (pk_vfs_enter_again(r))
		r->here->left--;
}

static __always_inline void pk_vfs_leave(const struct pk_vfs_run *r)
{
	pk_books_leave(r->here->books, r->entered_ns);
	preempt_enable_notrace();
}

static __always_inline u64 pk_vfs_now_ns(struct pk_vfs_here *here)
{
	return pk_tsc_clock_ns(&here->clock);
}

static __always_inline bool pk_vfs_wants(const struct pk_vfs *v)
{
	return pk_filter_match(&v->session->filter, current->tgid);
}

/* --- cells --- */

/*
 * What comes after it on the same disk may have the same super block; unless it is of the
 * same kind it is another file system.
 */
static __always_inline u64 pk_vfs_fs_key(const struct super_block *sb)
{
	return sb ? (u64)sb ^ (u64)sb->s_type << 16 : 0;
}

/* Or the one that there is. */
u32 pk_vfs_cell_new(struct pk_vfs *v, const struct super_block *sb, u8 op, u8 flags);

/* Of the current process. @sb: NULL: no file system was reached. */
static __always_inline u64 pk_vfs_key_on(const struct super_block *sb, u8 op, u8 flags)
{
	return pk_vfs_key(pk_vfs_fs_key(sb), sb ? sb->s_dev : 0, current->tgid, op, flags);
}

static __always_inline u32 pk_vfs_cell_of(struct pk_vfs *v, const struct super_block *sb, u8 op,
					  u8 flags)
{
	int at = pk_vfs_cell_find(&v->keys, pk_vfs_key_on(sb, op, flags));

	return likely(at >= 0) ? (u32)at : pk_vfs_cell_new(v, sb, op, flags);
}

static __always_inline const struct super_block *pk_vfs_sb_of(const struct file *file)
{
	return file_inode(file)->i_sb;
}

/* One whose end nobody tells, or which has no room to be followed. */
void pk_vfs_count(struct pk_vfs *v, struct pk_vfs_here *here, const struct super_block *sb, u8 op,
		  u8 flags, u64 bytes);

/* --- operations on their way --- */

/* What the call returns is a number of bytes. */
#define PK_VFS_COUNTS_BYTES                                                                  \
	(BIT(PKPROF_VFS_READ) | BIT(PKPROF_VFS_WRITE) | BIT(PKPROF_VFS_SENDFILE) |           \
	 BIT(PKPROF_VFS_COPY) | BIT(PKPROF_VFS_SPLICE))

/* Of the thread, and above it that of its process: one load, where they are neighbours. */
static __always_inline u64 pk_vfs_ids(const struct task_struct *p)
{
	return (u32)p->pid | (u64)p->tgid << 32;
}

/* The task has none. NULL: no room. */
static __always_inline struct pk_vfs_flight *pk_vfs_flight_new(struct pk_vfs *v, u64 task)
{
	struct pk_vfs_flight *f = v->flights[current->pid & (PK_VFS_FLIGHTS - 1)];

	if (likely(!atomic64_read(&f[0].task) && !atomic64_cmpxchg(&f[0].task, 0, task)))
		return &f[0];
	if (!atomic64_read(&f[1].task) && !atomic64_cmpxchg(&f[1].task, 0, task))
		return &f[1];
	return NULL;
}

static __always_inline void pk_vfs_flight_set_op(struct pk_vfs_flight *f, u8 op)
{
	f->op = op;
	f->counts = BIT(op) & PK_VFS_COUNTS_BYTES ? -1 : 0;
}

static __always_inline void pk_vfs_flight_init(struct pk_vfs_flight *f, u64 now_ns, u32 cell, u8 op)
{
	f->first_ns = now_ns;
	f->ids = pk_vfs_ids(current);
	f->sb = NULL;
	f->cell = cell;
	pk_vfs_flight_set_op(f, op);
	f->apart = 0;
	f->locking = 0;
}

/* What the cell was found for: who begins the like of it again need not look for it. */
static __always_inline void pk_vfs_flight_keep(const struct pk_vfs *v, struct pk_vfs_flight *f,
					       const struct super_block *sb)
{
	f->sb = sb;
	f->type = sb->s_type;
	f->dev = sb->s_dev;
	f->round = READ_ONCE(v->round);
}

static __always_inline bool pk_vfs_flight_is_kept(const struct pk_vfs *v,
						  const struct pk_vfs_flight *f,
						  const struct super_block *sb, u8 op)
{
	return f->sb == sb && f->op == op && f->ids == pk_vfs_ids(current) &&
	       f->type == sb->s_type && f->dev == sb->s_dev && f->round == READ_ONCE(v->round);
}

static __always_inline void pk_vfs_flight_drop(struct pk_vfs_flight *f)
{
	smp_store_release(&f->task.counter, 0);
}

/* Its end at @now_ns: booked, told if it is its turn, and no more on its way. */
void pk_vfs_over(struct pk_vfs *v, struct pk_vfs_here *here, struct pk_vfs_flight *f,
		 struct pk_op_end *end);

#endif
