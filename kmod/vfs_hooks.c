// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Probes of source vfs; which and why is said in source_vfs.c.
 *
 * In: entries of functions, tracepoints. Out: operations on their way, ended ones in cells.
 *
 * Context: task, where nothing that comes by in an interrupt has a part in it; preemptible.
 * What begins within another operation of the same task is only counted.
 */
#include <linux/dcache.h>
#include <linux/fdtable.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/uio.h>

#include "compat/lock.h"
#include "compat/vfs.h"
#include "vfs_async_probe.h"
#include "vfs_probe.h"

#ifdef CONFIG_DYNAMIC_FTRACE

/* --- operations begin and end --- */

/* Tasks of the kernel's own have no system calls that end. */
static __always_inline bool pk_vfs_is_followed(void)
{
	return likely(!(current->flags & (PF_KTHREAD | PF_IO_WORKER | PF_USER_WORKER)));
}

/* Within another operation; or that one was of a task that is gone, whose end was not told. */
static noinline void pk_vfs_begin_within(struct pk_vfs *v, struct pk_vfs_here *here,
					 struct pk_vfs_flight *f, const struct super_block *sb, u8 op,
					 u64 bytes)
{
	if (f->pid == current->pid) {
		/* told at its system call and again at the function that that calls */
		if (op == PKPROF_VFS_FSYNC && f->op == op && f->cell == pk_vfs_cell_of(v, sb, op, 0))
			return;
		pk_vfs_count(v, here, sb, op, PKPROF_VFS_BELOW, bytes);
		return;
	}
	pk_vfs_flight_drop(f);
	pk_vfs_count(v, here, sb, op, 0, bytes);
}

/* @bytes: asked for; counts only where it is not known how many it will be. */
static __always_inline void pk_vfs_begin_on(struct pk_vfs *v, struct pk_vfs_here *here,
					    const struct super_block *sb, u8 op, u64 bytes)
{
	struct pk_vfs_flight *f = v->flights[current->pid & (PK_VFS_FLIGHTS - 1)];
	u64 first = atomic64_read(&f[0].task), second = atomic64_read(&f[1].task);

	if (unlikely(first == (u64)current || second == (u64)current)) {
		pk_vfs_begin_within(v, here, second == (u64)current ? f + 1 : f, sb, op, bytes);
		return;
	}
	if (unlikely(!pk_vfs_is_followed())) {
		pk_vfs_count(v, here, sb, op, 0, bytes);
		return;
	}
	if (unlikely(first || atomic64_cmpxchg(&f[0].task, 0, (u64)current))) {
		if (second || atomic64_cmpxchg(&f[1].task, 0, (u64)current)) {
			pk_vfs_count(v, here, sb, op, 0, bytes);
			return;
		}
		f++;
	}
	pk_vfs_flight_init(f, pk_vfs_now_ns(here),
			   sb ? pk_vfs_cell_of(v, sb, op, 0) : PK_VFS_NO_CELL, op);
	if (sb)
		pk_vfs_flight_keep(v, f, sb);
}

/* The slot of a free pair for one of this kind: who reads and writes in turn finds both kept. */
static __always_inline struct pk_vfs_flight *pk_vfs_slot_for(struct pk_vfs_flight *pair, u8 op)
{
	return pair + (op & 1);
}

/*
 * The usual course: the pair is free, and what the task did last in its slot was of the same
 * kind. False: nothing was done.
 */
static __always_inline bool pk_vfs_begin_quick(struct pk_vfs *v, struct pk_vfs_here *here,
					       const struct super_block *sb, u8 op)
{
	struct pk_vfs_flight *pair = v->flights[current->pid & (PK_VFS_FLIGHTS - 1)];
	struct pk_vfs_flight *f = pk_vfs_slot_for(pair, op);
	s64 free = 0;
	u64 now_ns;

	if (unlikely(v->filtered || atomic64_read(&pair[0].task) | atomic64_read(&pair[1].task)))
		return false;
	if (unlikely(!sb || !pk_vfs_flight_is_kept(v, f, sb, op) ||
		     !pk_tsc_clock_quick(&here->clock, &now_ns) ||
		     !atomic64_try_cmpxchg(&f->task, &free, (u64)current)))
		return false;
	/* who shares the slot may have had it in between: then all of this is to be told anew */
	if (unlikely(f->ids != pk_vfs_ids(current) || f->sb != sb || f->op != op)) {
		pk_vfs_flight_drop(f);
		return false;
	}
	f->first_ns = now_ns;
	f->apart = f->locking = 0;
	return true;
}

static __always_inline void pk_vfs_begin(struct pk_vfs *v, const struct super_block *sb, u8 op,
					 u64 bytes);

static noinline void pk_vfs_begin_any(struct pk_vfs *v, const struct super_block *sb, u8 op,
				      u64 bytes)
{
	struct pk_vfs_run run;

	if (unlikely(pk_vfs_enter_again(&run))) {
		pk_vfs_begin(v, sb, op, bytes);
		pk_vfs_leave(&run);
		return;
	}
	if (likely(pk_vfs_wants(v)))
		pk_vfs_begin_on(v, run.here, sb, op, bytes);
	pk_vfs_leave(&run);
}

/*
 * Nearly as usual: the pair is free, and what the task did last was of another kind, but there
 * is a cell for what it does now. False: nothing was done.
 */
static __always_inline bool pk_vfs_begin_known(struct pk_vfs *v, struct pk_vfs_here *here,
					       const struct super_block *sb, u8 op)
{
	struct pk_vfs_flight *pair = v->flights[current->pid & (PK_VFS_FLIGHTS - 1)];
	struct pk_vfs_flight *f = pk_vfs_slot_for(pair, op);
	u32 cell = PK_VFS_NO_CELL;
	s64 free = 0;
	u64 now_ns;

	if (unlikely(v->filtered || atomic64_read(&pair[0].task) | atomic64_read(&pair[1].task) ||
		     !pk_vfs_is_followed()))
		return false;
	if (sb && unlikely(!pk_vfs_cell_quick(&v->keys, pk_vfs_key_on(sb, op, 0), &cell)))
		return false;
	if (unlikely(!pk_tsc_clock_quick(&here->clock, &now_ns) ||
		     !atomic64_try_cmpxchg(&f->task, &free, (u64)current)))
		return false;
	pk_vfs_flight_init(f, now_ns, cell, op);
	if (sb)
		pk_vfs_flight_keep(v, f, sb);
	return true;
}

/* After a quick beginning, with preemption off still. */
static noinline void pk_vfs_begin_other(struct pk_vfs *v, const struct super_block *sb, u8 op,
					u64 bytes)
{
	struct pk_vfs_here *here = this_cpu_ptr(&pk_vfs_here);

	if (likely(here->left && pk_vfs_begin_known(v, here, sb, op)))
		preempt_enable_notrace();
	else
		pk_vfs_begin_any(v, sb, op, bytes);
}

static __always_inline void pk_vfs_begin(struct pk_vfs *v, const struct super_block *sb, u8 op,
					 u64 bytes)
{
	struct pk_vfs_here *here;

	preempt_disable_notrace();
	here = this_cpu_ptr(&pk_vfs_here);
	if (likely(pk_vfs_enter_quick(here) && pk_vfs_begin_quick(v, here, sb, op)))
		preempt_enable_notrace();
	else
		pk_vfs_begin_other(v, sb, op, bytes);
}

/* The operation on its way, if it began as @first, is @op and on this file system. */
static __always_inline void pk_vfs_reach(struct pk_vfs *v, const struct super_block *sb, u8 first,
					 u8 op)
{
	struct pk_vfs_flight *f;
	struct pk_vfs_run run;

	pk_vfs_enter(&run);
	f = pk_vfs_flight_find(v, (u64)current);
	if (f && f->pid == current->pid && f->op == first && f->cell == PK_VFS_NO_CELL) {
		pk_vfs_flight_set_op(f, op);
		f->sb = NULL;
		f->cell = pk_vfs_cell_of(v, sb, op, 0);
	}
	pk_vfs_leave(&run);
}

static void pk_vfs_call_over(struct pk_vfs *v, struct pt_regs *regs, long ret,
			     struct pk_vfs_flight *f);

/* @now_ns: the end, 0: is to be asked for. */
static noinline void pk_vfs_returned(struct pk_vfs *v, struct pk_vfs_flight *f, struct pt_regs *regs,
				     long ret, u64 now_ns)
{
	struct pk_op_end end = {
		.now_ns = now_ns,
		.regs = regs,
		.ret = ret,
		.bytes = ret > 0 ? ret & f->counts : 0,
		.failed = ret < 0,
	};
	struct pk_vfs_run run;

	if (unlikely(pk_vfs_enter_again(&run))) {
		pk_vfs_call_over(v, regs, ret, f);
		pk_vfs_leave(&run);
		return;
	}
	if (likely(f->pid == current->pid))
		pk_vfs_over(v, run.here, f, &end);
	else
		pk_vfs_flight_drop(f);
	pk_vfs_leave(&run);
}

/*
 * One that succeeded and is not told, its times in order. False: nothing was done, but that the
 * time is known: asked for again it would be in another bucket, and this one never told.
 */
static __always_inline bool pk_vfs_returned_quick(struct pk_vfs_here *here,
						  struct pk_vfs_flight *f, long ret, u64 *now_ret)
{
	struct pk_vfs_cell *c = here->cells + f->cell;
	struct pk_op_choice *choice;
	unsigned long bucket;
	u64 now_ns, took_ns;

	if (unlikely(f->cell == PK_VFS_NO_CELL || ret < 0 || f->pid != current->pid ||
		     !pk_tsc_clock_quick(&here->clock, &now_ns)))
		return false;
	*now_ret = now_ns;
	took_ns = now_ns - f->first_ns;
	if (unlikely(took_ns > PK_HIST_MAX_NS / 2))
		return false;
	bucket = pk_hist_bucket_within(took_ns);
	choice = &here->ops->choice[f->op][bucket];
	if (unlikely(choice->slot != pk_op_turn_at(here->ops, now_ns) ||
		     took_ns > here->ops->longest_ns[f->op]))
		return false;
	choice->nr++;
	pk_vfs_book(c, ret & f->counts, false, now_ns);
	pk_vfs_book_time(c, bucket, took_ns);
	pk_vfs_flight_drop(f);
	return true;
}

/* Apart, so that a call that has to do with no file saves no register. */
static noinline void pk_vfs_call_over(struct pk_vfs *v, struct pt_regs *regs, long ret,
				      struct pk_vfs_flight *f)
{
	struct pk_vfs_here *here;
	u64 now_ns = 0;

	preempt_disable_notrace();
	here = this_cpu_ptr(&pk_vfs_here);
	if (likely(pk_vfs_enter_quick(here) && pk_vfs_returned_quick(here, f, ret, &now_ns)))
		preempt_enable_notrace();
	else
		pk_vfs_returned(v, f, regs, ret, now_ns);
}

/* After each system call of each task: of those that have to do with no file, no more than this. */
static void pk_vfs_sys_exit_probe(void *data, struct pt_regs *regs, long ret)
{
	struct pk_vfs *v = data;
	struct pk_vfs_flight *f = v->flights[current->pid & (PK_VFS_FLIGHTS - 1)];

	if ((u64)atomic64_read(&f[0].task) == (u64)current)
		pk_vfs_call_over(v, regs, ret, f);
	else if ((u64)atomic64_read(&f[1].task) == (u64)current)
		pk_vfs_call_over(v, regs, ret, f + 1);
}

/* --- begins --- */

#define PK_VFS_FILE_HOOK(name, op, bytes)                                                    \
	static __always_inline void name##_hit(void *data, pk_ftrace_regs *regs)             \
	{                                                                                    \
		const struct file *file = (const struct file *)pk_ftrace_arg(regs, 0);       \
									                     \
		pk_vfs_begin(data, pk_vfs_sb_of(file), op, bytes);                           \
	}                                                                                    \
	PK_FTRACE_CALLBACK(name, name##_hit)

#define PK_VFS_DENTRY_HOOK(name, op, arg)                                                    \
	static __always_inline void name##_hit(void *data, pk_ftrace_regs *regs)             \
	{                                                                                    \
		const struct dentry *entry = (const struct dentry *)pk_ftrace_arg(regs, arg);\
									                     \
		pk_vfs_begin(data, entry->d_sb, op, 0);                                      \
	}                                                                                    \
	PK_FTRACE_CALLBACK(name, name##_hit)

static __always_inline u64 pk_vfs_iter_bytes(pk_ftrace_regs *regs)
{
	return iov_iter_count((const struct iov_iter *)pk_ftrace_arg(regs, 1));
}

PK_VFS_FILE_HOOK(pk_on_read, PKPROF_VFS_READ, pk_ftrace_arg(regs, 2))
PK_VFS_FILE_HOOK(pk_on_write, PKPROF_VFS_WRITE, pk_ftrace_arg(regs, 2))
PK_VFS_FILE_HOOK(pk_on_readv, PKPROF_VFS_READ, 0)
PK_VFS_FILE_HOOK(pk_on_writev, PKPROF_VFS_WRITE, 0)
PK_VFS_FILE_HOOK(pk_on_iter_read, PKPROF_VFS_READ, pk_vfs_iter_bytes(regs))
PK_VFS_FILE_HOOK(pk_on_iter_write, PKPROF_VFS_WRITE, pk_vfs_iter_bytes(regs))
PK_VFS_FILE_HOOK(pk_on_fsync, PKPROF_VFS_FSYNC, 0)
PK_VFS_FILE_HOOK(pk_on_readdir, PKPROF_VFS_READDIR, 0)
PK_VFS_FILE_HOOK(pk_on_copy, PKPROF_VFS_COPY, 0)
PK_VFS_DENTRY_HOOK(pk_on_unlink, PKPROF_VFS_UNLINK, PK_VFS_DENTRY_ARG)
PK_VFS_DENTRY_HOOK(pk_on_make, PKPROF_VFS_MAKE, PK_VFS_DENTRY_ARG)
PK_VFS_DENTRY_HOOK(pk_on_link, PKPROF_VFS_MAKE, 0)

/* Of some compilers the system call has vfs_rmdir() inlined, and only this is called. */
static __always_inline void pk_on_may_rmdir_hit(void *data, pk_ftrace_regs *regs)
{
	const struct dentry *entry = (const struct dentry *)pk_ftrace_arg(regs, 1);

	if (!pk_vfs_flight_find(data, (u64)current))
		pk_vfs_begin(data, entry->d_sb, PKPROF_VFS_UNLINK, 0);
}

static __always_inline void pk_on_rename_hit(void *data, pk_ftrace_regs *regs)
{
	const struct renamedata *r = (const struct renamedata *)pk_ftrace_arg(regs, 0);

	pk_vfs_begin(data, r->old_dentry->d_sb, PKPROF_VFS_RENAME, 0);
}

/*
 * The file system of an open file; who calls is in an RCU read section until it is done with
 * it. Another thread may close the file meanwhile, and what was its memory be a file that
 * has no inode yet.
 */
static __always_inline const struct super_block *pk_vfs_sb_of_fd(unsigned int fd)
{
	const struct fdtable *table = rcu_dereference(current->files->fdt);
	const struct file *file = fd < table->max_fds ? rcu_dereference(table->fd[fd]) : NULL;
	const struct inode *inode = file ? READ_ONCE(file->f_inode) : NULL;

	return inode ? inode->i_sb : NULL;
}

/* Compilers have vfs_fsync_range() inlined where it is of data only. */
static __always_inline void pk_on_sys_fsync_hit(void *data, pk_ftrace_regs *regs)
{
	const struct pt_regs *user = (const struct pt_regs *)pk_ftrace_arg(regs, 0);

	rcu_read_lock();
	pk_vfs_begin(data, pk_vfs_sb_of_fd(user->di), PKPROF_VFS_FSYNC, 0);
	rcu_read_unlock();
}

static __always_inline void pk_on_openat_hit(void *data, pk_ftrace_regs *regs)
{
	pk_vfs_begin(data, NULL, PKPROF_VFS_OPEN, 0);
}

/* Where it was made, it has been by now. */
static __always_inline void pk_on_open_hit(void *data, pk_ftrace_regs *regs)
{
	const struct path *path = (const struct path *)pk_ftrace_arg(regs, 0);
	const struct file *file = (const struct file *)pk_ftrace_arg(regs, 1);

	pk_vfs_reach(data, path->dentry->d_sb, PKPROF_VFS_OPEN,
		     file->f_mode & FMODE_CREATED ? PKPROF_VFS_CREATE : PKPROF_VFS_OPEN);
}

static __always_inline void pk_on_sendfile_hit(void *data, pk_ftrace_regs *regs)
{
	pk_vfs_begin(data, NULL, PKPROF_VFS_SENDFILE, 0);
}

/* Begins with the file that is read; copy_file_range may come here, too, and has its file. */
static __always_inline void pk_on_send_hit(void *data, pk_ftrace_regs *regs)
{
	const struct file *in = (const struct file *)pk_ftrace_arg(regs, 0);

	pk_vfs_reach(data, pk_vfs_sb_of(in), PKPROF_VFS_SENDFILE, PKPROF_VFS_SENDFILE);
}

/* Between a pipe and something else: that is the file it is on. */
static __always_inline void pk_on_splice_hit(void *data, pk_ftrace_regs *regs)
{
	const struct file *in = (const struct file *)pk_ftrace_arg(regs, 0);
	const struct file *out = (const struct file *)pk_ftrace_arg(regs, 2);
	bool from_pipe = S_ISFIFO(file_inode(in)->i_mode);

	pk_vfs_begin(data, pk_vfs_sb_of(from_pipe ? out : in), PKPROF_VFS_SPLICE, 0);
}

PK_FTRACE_CALLBACK(pk_on_may_rmdir, pk_on_may_rmdir_hit)
PK_FTRACE_CALLBACK(pk_on_rename, pk_on_rename_hit)
PK_FTRACE_CALLBACK(pk_on_sys_fsync, pk_on_sys_fsync_hit)
PK_FTRACE_CALLBACK(pk_on_openat, pk_on_openat_hit)
PK_FTRACE_CALLBACK(pk_on_open, pk_on_open_hit)
PK_FTRACE_CALLBACK(pk_on_sendfile, pk_on_sendfile_hit)
PK_FTRACE_CALLBACK(pk_on_send, pk_on_send_hit)
PK_FTRACE_CALLBACK(pk_on_splice, pk_on_splice_hit)

/* --- only counted --- */

static __always_inline void pk_vfs_counted(struct pk_vfs *v, const struct super_block *sb, u8 op, u64 bytes)
{
	struct pk_vfs_run run;

	pk_vfs_enter(&run);
	if (likely(pk_vfs_wants(v)))
		pk_vfs_count(v, run.here, sb, op, 0, bytes);
	pk_vfs_leave(&run);
}

/* What there is of a regular file is what will be read. */
static __always_inline void pk_on_load_hit(void *data, pk_ftrace_regs *regs)
{
	const struct file *file = (const struct file *)pk_ftrace_arg(regs, 0);
	const loff_t *pos = (const loff_t *)pk_ftrace_arg(regs, 3);
	loff_t left = i_size_read(file_inode(file)) - (pos ? *pos : 0);

	pk_vfs_counted(data, pk_vfs_sb_of(file), PKPROF_VFS_LOAD,
		       min_t(u64, pk_ftrace_arg(regs, 2), left > 0 ? left : 0));
}

PK_FTRACE_CALLBACK(pk_on_load, pk_on_load_hit)

/* --- tracepoints --- */

PK_PROBE_PAGE_ADDED(pk_vfs_added_probe, pk_vfs_added)
PK_PROBE_CHECK(sys_exit, pk_vfs_sys_exit_probe)
PK_PROBE_URING_COMPLETE(pk_vfs_uring_over_probe, pk_async_ends)

/* --- locks --- */

static void pk_vfs_contended_probe(void *data, void *lock, unsigned int flags)
{
	pk_op_locking(data, true);
}

static void pk_vfs_got_probe(void *data, void *lock, int ret)
{
	pk_op_locking(data, false);
}

PK_PROBE_CONTENTION(contention_begin, pk_vfs_contended_probe)
PK_PROBE_CONTENTION(contention_end, pk_vfs_got_probe)

/* --- the tables --- */

/* Ends come before beginnings: nothing begins whose end is not told. */
struct pk_tracepoint pk_vfs_tracepoints[] = {
	{ .name = "sys_exit", .probe = pk_vfs_sys_exit_probe },
	{ .name = "mm_filemap_add_to_page_cache", .probe = pk_vfs_added_probe },
	PK_URING_COMPLETE_ROW(pk_vfs_uring_over_probe)
	{ .name = "contention_end", .probe = pk_vfs_got_probe, .optional = true },
	{ .name = "contention_begin", .probe = pk_vfs_contended_probe, .optional = true },
};
const unsigned int pk_vfs_nr_tracepoints = ARRAY_SIZE(pk_vfs_tracepoints);

static struct pk_ftrace_hook pk_vfs_hooks[] = {
	{ .name = "finish_fault", .fn = pk_on_faulted, .optional = true, .alone = true },
	{ .name = "filemap_map_pages", .fn = pk_on_map_pages, .optional = true },
	{ .name = "filemap_fault", .fn = pk_on_fault, .optional = true },
	{ .name = "vfs_read", .fn = pk_on_read, .alone = true },
	{ .name = "vfs_write", .fn = pk_on_write, .alone = true },
	{ .name = "vfs_readv", .fn = pk_on_readv },
	{ .name = "vfs_writev", .fn = pk_on_writev },
	{ .name = "vfs_iter_read", .fn = pk_on_iter_read, .optional = true },
	{ .name = "vfs_iter_write", .fn = pk_on_iter_write, .optional = true },
	{ .name = "__x64_sys_fsync", .fn = pk_on_sys_fsync, .optional = true },
	{ .name = "__x64_sys_fdatasync", .fn = pk_on_sys_fsync, .optional = true },
	{ .name = "vfs_fsync_range", .fn = pk_on_fsync },
	{ .name = "vfs_open", .fn = pk_on_open },
	{ .name = "do_sys_openat2", .fn = pk_on_openat },
	{ .name = "iterate_dir", .fn = pk_on_readdir },
	{ .name = "vfs_unlink", .fn = pk_on_unlink },
	{ .name = "vfs_rmdir", .fn = pk_on_unlink },
	{ .name = "security_inode_rmdir", .fn = pk_on_may_rmdir, .optional = true },
	{ .name = "vfs_rename", .fn = pk_on_rename },
	{ .name = "vfs_mkdir", .fn = pk_on_make },
	{ .name = "vfs_mknod", .fn = pk_on_make },
	{ .name = "vfs_symlink", .fn = pk_on_make },
	{ .name = "vfs_link", .fn = pk_on_link },
	{ .name = "splice_direct_to_actor", .fn = pk_on_send },
	{ .name = "splice_file_to_pipe", .fn = pk_on_send, .optional = true },
	{ .name = "do_sendfile", .fn = pk_on_sendfile },
	{ .name = "vfs_copy_file_range", .fn = pk_on_copy },
	{ .name = "do_splice", .fn = pk_on_splice, .optional = true },
	{ .name = "__kernel_read", .fn = pk_on_load, .optional = true },
	{ .name = "aio_complete_rw", .fn = pk_on_aio_complete, .optional = true },
	{ .name = "aio_read", .fn = pk_on_aio_read, .optional = true },
	{ .name = "aio_write", .fn = pk_on_aio_write, .optional = true },
	{ .name = "io_read", .fn = pk_on_uring_read, .optional = true },
	{ .name = "io_write", .fn = pk_on_uring_write, .optional = true },
	{ .name = "page_cache_sync_ra", .fn = pk_on_missed, .optional = true },
	{ .name = "page_cache_async_ra", .fn = pk_on_ahead, .optional = true },
};

PK_FTRACE_TABLE(pk_vfs_table, pk_vfs_hooks);

#endif
