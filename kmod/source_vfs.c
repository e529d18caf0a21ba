// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Source vfs: what became of each operation on files, and how long it took.
 *
 * In: callbacks of ftrace where the VFS begins (35 instructions a hit outside the
 * callback; 5.10: 71), and tracepoint sys_exit for its end. Out: sums and distributions,
 * read by dumps; no records. A kretprobe, which would tell the end more closely, costs
 * 390; sys_exit costs each system call of all tasks some 60, and each one after the first
 * tracer of system calls 15. The return value is the number of bytes, as the kernel's own
 * accounts (/proc/PID/io) have it.
 *
 *	vfs_read, vfs_write, vfs_readv, vfs_writev, vfs_fsync_range, iterate_dir,
 *	vfs_unlink, vfs_rmdir (security_inode_rmdir where that is inlined), vfs_rename, vfs_mkdir,
 *	vfs_mknod, vfs_link, vfs_symlink,
 *	vfs_copy_file_range, do_splice	begin on the file that they are given
 *	fsync, fdatasync		begin at the system call: of some compilers vfs_fsync_range,
 *					where others come by, is inlined there
 *	do_sys_openat2, do_sendfile	begin on no file yet: vfs_open, splice_direct_to_actor
 *					and splice_file_to_pipe tell it
 *	vfs_iter_read, vfs_iter_write	of file systems that ask others: begin within others
 *	filemap_fault			begin of a fault of a mapped file, also again when it is
 *					tried once more; finish_fault: it has its page
 *	__kernel_read			as by exec; no end
 *	aio_read, aio_write, io_read, io_write	AIO and io_uring; no end
 *	mm_filemap_add_to_page_cache	pages that were not in the page cache
 *	page_cache_sync_ra, page_cache_async_ra	(until 5.15: .._readahead) one was needed;
 *					reading ahead
 *
 * Context: task, where nothing that comes by in an interrupt has a part in it; preemptible.
 * Each probe turns preemption off, so that its CPU's sums are its own. What begins within another operation of the same task is only counted.
 */
#include <linux/cpumask.h>
#include <linux/dcache.h>
#include <linux/fdtable.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include <linux/uio.h>
#include <linux/vmalloc.h>

#include "compat/task.h"
#include "compat/vfs.h"
#include "ftrace_hook.h"
#include "session.h"
#include "source.h"
#include "tracepoint.h"
#include "tsc_clock.h"
#include "vfs.h"

#ifdef CONFIG_DYNAMIC_FTRACE

/* --- probes: preemption off, timed --- */

/* What probes use on one CPU: the clock, and the session's books and cells. */
struct pk_vfs_here {
	struct pk_tsc_clock clock;
	struct pk_books *books;
	struct pk_vfs_cell *cells;
};
static DEFINE_PER_CPU(struct pk_vfs_here, pk_vfs_here);

struct pk_vfs_run {
	struct pk_books *books;
	u64 entered_ns;
};

static __always_inline void pk_vfs_enter(struct pk_vfs_run *r)
{
	preempt_disable_notrace();
	r->books = __this_cpu_read(pk_vfs_here.books);
	r->entered_ns = pk_books_enter(r->books, PK_BOOKS_TIME_EVERY);
}

static __always_inline void pk_vfs_leave(const struct pk_vfs_run *r)
{
	pk_books_leave(r->books, r->entered_ns);
	preempt_enable_notrace();
}

static __always_inline u64 pk_vfs_now_ns(void)
{
	return pk_tsc_clock_ns(this_cpu_ptr(&pk_vfs_here.clock));
}

static __always_inline struct pk_vfs_cell *pk_vfs_this_cell(u32 at)
{
	return __this_cpu_read(pk_vfs_here.cells) + at;
}

/* Or the one that there is. */
static noinline u32 pk_vfs_cell_new(struct pk_vfs *v, const struct super_block *sb, u8 op, u8 flags)
{
	struct pk_vfs_what w = {
		.fs_key = (u64)sb, .dev = sb ? sb->s_dev : 0, .tgid = current->tgid, .op = op,
		.flags = flags,
	};

	return pk_vfs_cell_claim(&v->keys, &w, pk_vfs_fs_of(v, sb));
}

/* @sb: NULL: no file system was reached. */
static __always_inline u32 pk_vfs_cell_of(struct pk_vfs *v, const struct super_block *sb, u8 op,
					  u8 flags)
{
	int at = pk_vfs_cell_find(&v->keys, pk_vfs_key((u64)sb, sb ? sb->s_dev : 0, current->tgid,
						       op, flags));

	return likely(at >= 0) ? (u32)at : pk_vfs_cell_new(v, sb, op, flags);
}

static __always_inline bool pk_vfs_wants(const struct pk_vfs *v)
{
	return pk_filter_match(&v->session->filter, current->tgid);
}

/* --- operations on their way --- */

#define PK_VFS_FAULTING 1	/* added to the task */

static __always_inline struct pk_vfs_flight *pk_vfs_flight_find(struct pk_vfs *v, u64 task)
{
	struct pk_vfs_flight *f = v->flights[current->pid & (PK_VFS_FLIGHTS - 1)];

	if ((u64)atomic64_read(&f[0].task) == task)
		return &f[0];
	if (unlikely((u64)atomic64_read(&f[1].task) == task))
		return &f[1];
	return NULL;
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

static __always_inline void pk_vfs_flight_drop(struct pk_vfs_flight *f)
{
	smp_store_release(&f->task.counter, 0);
}

/* Whose end nobody tells, or which has no room to be followed. */
static noinline void pk_vfs_count(struct pk_vfs *v, const struct super_block *sb, u8 op, u8 flags, u64 bytes)
{
	struct pk_vfs_cell *c = pk_vfs_this_cell(pk_vfs_cell_of(v, sb, op, flags));

	pk_vfs_book(c, bytes, false, pk_vfs_now_ns());
	c->nr_untimed++;
}

/* Tasks of the kernel's own have no system calls that end. */
static __always_inline bool pk_vfs_is_followed(void)
{
	return likely(!(current->flags & (PF_KTHREAD | PF_IO_WORKER | PF_USER_WORKER)));
}

/* Within another operation; or that one was of a task that is gone, whose end was not told. */
static noinline void pk_vfs_begin_within(struct pk_vfs *v, struct pk_vfs_flight *f,
					 const struct super_block *sb, u8 op, u64 bytes)
{
	if (f->pid == current->pid) {
		/* told at its system call and again at the function that that calls */
		if (op == PKPROF_VFS_FSYNC && f->op == op && f->cell == pk_vfs_cell_of(v, sb, op, 0))
			return;
		pk_vfs_count(v, sb, op, PKPROF_VFS_BELOW, bytes);
		return;
	}
	pk_vfs_flight_drop(f);
	pk_vfs_count(v, sb, op, 0, bytes);
}

/* @bytes: asked for; counts only where it is not known how many it will be. */
static __always_inline void pk_vfs_begin_on(struct pk_vfs *v, const struct super_block *sb, u8 op,
					    u64 bytes)
{
	struct pk_vfs_flight *f = v->flights[current->pid & (PK_VFS_FLIGHTS - 1)];
	u64 first = atomic64_read(&f[0].task), second = atomic64_read(&f[1].task);

	if (unlikely(first == (u64)current || second == (u64)current)) {
		pk_vfs_begin_within(v, second == (u64)current ? f + 1 : f, sb, op, bytes);
		return;
	}
	if (unlikely(!pk_vfs_is_followed())) {
		pk_vfs_count(v, sb, op, 0, bytes);
		return;
	}
	if (unlikely(first || atomic64_cmpxchg(&f[0].task, 0, (u64)current))) {
		if (second || atomic64_cmpxchg(&f[1].task, 0, (u64)current)) {
			pk_vfs_count(v, sb, op, 0, bytes);
			return;
		}
		f++;
	}
	f->first_ns = pk_vfs_now_ns();
	f->pid = current->pid;
	f->op = op;
	f->cell = sb ? pk_vfs_cell_of(v, sb, op, 0) : PK_VFS_NO_CELL;
}

static __always_inline void pk_vfs_begin(struct pk_vfs *v, const struct super_block *sb, u8 op,
					 u64 bytes)
{
	struct pk_vfs_run run;

	pk_vfs_enter(&run);
	if (likely(pk_vfs_wants(v)))
		pk_vfs_begin_on(v, sb, op, bytes);
	pk_vfs_leave(&run);
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
		f->op = op;
		f->cell = pk_vfs_cell_of(v, sb, op, 0);
	}
	pk_vfs_leave(&run);
}

/* What the call returns is a number of bytes. */
#define PK_VFS_COUNTS_BYTES                                                                  \
	(BIT(PKPROF_VFS_READ) | BIT(PKPROF_VFS_WRITE) | BIT(PKPROF_VFS_SENDFILE) |           \
	 BIT(PKPROF_VFS_COPY) | BIT(PKPROF_VFS_SPLICE))

static __always_inline void pk_vfs_end(struct pk_vfs *v, struct pk_vfs_flight *f, bool failed,
				       u64 bytes)
{
	u64 now_ns = pk_vfs_now_ns();
	struct pk_vfs_cell *c;

	if (unlikely(f->cell == PK_VFS_NO_CELL))
		f->cell = pk_vfs_cell_new(v, NULL, f->op, 0);
	c = pk_vfs_this_cell(f->cell);
	pk_vfs_book(c, bytes, failed, now_ns);
	/* clocks of two CPUs may differ a bit */
	pk_vfs_book_time(c, now_ns > f->first_ns ? now_ns - f->first_ns : 0);
	pk_vfs_flight_drop(f);
}

static noinline void pk_vfs_over(struct pk_vfs *v, struct pk_vfs_flight *f, long ret)
{
	struct pk_vfs_run run;

	pk_vfs_enter(&run);
	if (likely(f->pid == current->pid))
		pk_vfs_end(v, f, ret < 0, ret > 0 && BIT(f->op) & PK_VFS_COUNTS_BYTES ? ret : 0);
	else
		pk_vfs_flight_drop(f);
	pk_vfs_leave(&run);
}

/* After each system call of each task: of those that have to do with no file, no more than this. */
static void pk_vfs_sys_exit_probe(void *data, struct pt_regs *regs, long ret)
{
	struct pk_vfs_flight *f = pk_vfs_flight_find(data, (u64)current);

	if (f)
		pk_vfs_over(data, f, ret);
}

/* --- begins --- */

static __always_inline const struct super_block *pk_vfs_sb_of(const struct file *file)
{
	return file_inode(file)->i_sb;
}

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

/* The file system of an open file. */
static __always_inline const struct super_block *pk_vfs_sb_of_fd(unsigned int fd)
{
	const struct super_block *sb = NULL;
	const struct fdtable *table;
	const struct file *file;

	rcu_read_lock();
	table = rcu_dereference(current->files->fdt);
	file = fd < table->max_fds ? rcu_dereference(table->fd[fd]) : NULL;
	if (file)
		sb = pk_vfs_sb_of(file);
	rcu_read_unlock();
	return sb;
}

/* Compilers have vfs_fsync_range() inlined where it is of data only. */
static __always_inline void pk_on_sys_fsync_hit(void *data, pk_ftrace_regs *regs)
{
	const struct pt_regs *user = (const struct pt_regs *)pk_ftrace_arg(regs, 0);

	pk_vfs_begin(data, pk_vfs_sb_of_fd(user->di), PKPROF_VFS_FSYNC, 0);
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
		pk_vfs_count(v, sb, op, 0, bytes);
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

/* The first member of a request (struct kiocb, io_kiocb) is the file. */
#define PK_VFS_REQUEST_HOOK(name, op)                                                        \
	static __always_inline void name##_hit(void *data, pk_ftrace_regs *regs)             \
	{                                                                                    \
		const struct file *const *request = (void *)pk_ftrace_arg(regs, 0);          \
									                     \
		pk_vfs_counted(data, pk_vfs_sb_of(*request), op, 0);                         \
	}                                                                                    \
	PK_FTRACE_CALLBACK(name, name##_hit)

PK_FTRACE_CALLBACK(pk_on_load, pk_on_load_hit)
PK_VFS_REQUEST_HOOK(pk_on_uring_read, PKPROF_VFS_URING_READ)
PK_VFS_REQUEST_HOOK(pk_on_uring_write, PKPROF_VFS_URING_WRITE)
PK_VFS_REQUEST_HOOK(pk_on_aio_read, PKPROF_VFS_AIO_READ)
PK_VFS_REQUEST_HOOK(pk_on_aio_write, PKPROF_VFS_AIO_WRITE)

/* --- faults of mapped files --- */

static __always_inline void pk_vfs_fault(struct pk_vfs *v, const struct file *file)
{
	u64 task = (u64)current | PK_VFS_FAULTING;
	struct pk_vfs_flight *f = pk_vfs_flight_find(v, task);
	u32 cell = pk_vfs_cell_of(v, pk_vfs_sb_of(file), PKPROF_VFS_FAULT, 0);

	/* the one before was tried again, which is this one, or failed */
	if (f && f->pid == current->pid && f->cell == cell)
		return;
	if (!f)
		f = pk_vfs_flight_new(v, task);
	if (!f) {
		pk_vfs_count(v, pk_vfs_sb_of(file), PKPROF_VFS_FAULT, 0, 0);
		return;
	}
	f->first_ns = pk_vfs_now_ns();
	f->pid = current->pid;
	f->op = PKPROF_VFS_FAULT;
	f->cell = cell;
}

static __always_inline void pk_on_fault_hit(void *data, pk_ftrace_regs *regs)
{
	const struct vm_fault *fault = (const struct vm_fault *)pk_ftrace_arg(regs, 0);
	struct pk_vfs_run run;

	pk_vfs_enter(&run);
	if (pk_vfs_wants(data) && fault->vma->vm_file)
		pk_vfs_fault(data, fault->vma->vm_file);
	pk_vfs_leave(&run);
}

static __always_inline void pk_on_faulted_hit(void *data, pk_ftrace_regs *regs)
{
	struct pk_vfs_flight *f = pk_vfs_flight_find(data, (u64)current | PK_VFS_FAULTING);
	struct pk_vfs_run run;

	if (likely(!f))
		return;
	pk_vfs_enter(&run);
	if (f->pid == current->pid)
		pk_vfs_end(data, f, false, PAGE_SIZE);
	else
		pk_vfs_flight_drop(f);
	pk_vfs_leave(&run);
}

PK_FTRACE_CALLBACK(pk_on_fault, pk_on_fault_hit)
PK_FTRACE_CALLBACK(pk_on_faulted, pk_on_faulted_hit)

/* --- the page cache --- */

/* The cell of what the task is doing: of its fault, else of its operation; none: NULL. */
static struct pk_vfs_cell *pk_vfs_doing(struct pk_vfs *v)
{
	struct pk_vfs_flight *f = pk_vfs_flight_find(v, (u64)current | PK_VFS_FAULTING);

	if (!f)
		f = pk_vfs_flight_find(v, (u64)current);
	return f && f->pid == current->pid && f->cell != PK_VFS_NO_CELL ?
		       pk_vfs_this_cell(f->cell) : NULL;
}

/* Reads of the kernel's own, AIO and io_uring: what it did for them is with LOAD. */
static struct pk_vfs_cell *pk_vfs_doing_on(struct pk_vfs *v, const struct address_space *mapping)
{
	struct pk_vfs_cell *c = pk_vfs_doing(v);

	if (!c && mapping && mapping->host)
		c = pk_vfs_this_cell(pk_vfs_cell_of(v, mapping->host->i_sb, PKPROF_VFS_LOAD, 0));
	return c;
}

static void pk_vfs_added(void *data, const struct address_space *mapping, size_t bytes)
{
	struct pk_vfs_cell *c;
	struct pk_vfs_run run;

	pk_vfs_enter(&run);
	c = pk_vfs_wants(data) ? pk_vfs_doing_on(data, mapping) : NULL;
	if (c) {
		c->added_bytes += bytes;
		c->last_ns = pk_vfs_now_ns();
	}
	pk_vfs_leave(&run);
}

static __always_inline void pk_vfs_ahead(struct pk_vfs *v, bool needed)
{
	struct pk_vfs_cell *c;
	struct pk_vfs_run run;

	pk_vfs_enter(&run);
	c = pk_vfs_doing(v);
	if (c) {
		c->nr_missed += needed;
		c->nr_ahead += !needed;
		c->last_ns = pk_vfs_now_ns();
	}
	pk_vfs_leave(&run);
}

static __always_inline void pk_on_missed_hit(void *data, pk_ftrace_regs *regs)
{
	pk_vfs_ahead(data, true);
}

static __always_inline void pk_on_ahead_hit(void *data, pk_ftrace_regs *regs)
{
	pk_vfs_ahead(data, false);
}

PK_FTRACE_CALLBACK(pk_on_missed, pk_on_missed_hit)
PK_FTRACE_CALLBACK(pk_on_ahead, pk_on_ahead_hit)
PK_PROBE_PAGE_ADDED(pk_vfs_added_probe, pk_vfs_added)
PK_PROBE_CHECK(sys_exit, pk_vfs_sys_exit_probe)

/* --- attach, detach --- */

/* Ends come before beginnings: nothing begins whose end is not told. */
static struct pk_tracepoint pk_vfs_tracepoints[] = {
	{ .name = "sys_exit", .probe = pk_vfs_sys_exit_probe },
	{ .name = "mm_filemap_add_to_page_cache", .probe = pk_vfs_added_probe },
};

static struct pk_ftrace_hook pk_vfs_hooks[] = {
	{ .name = "finish_fault", .fn = pk_on_faulted, .optional = true, .alone = true },
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
	{ .name = "aio_read", .fn = pk_on_aio_read, .optional = true },
	{ .name = "aio_write", .fn = pk_on_aio_write, .optional = true },
	{ .name = "io_read", .fn = pk_on_uring_read, .optional = true },
	{ .name = "io_write", .fn = pk_on_uring_write, .optional = true },
	{ .name = "page_cache_sync_ra", .fn = pk_on_missed, .optional = true },
	{ .name = "page_cache_async_ra", .fn = pk_on_ahead, .optional = true },
};

static PK_FTRACE_TABLE(pk_vfs_table, pk_vfs_hooks);

void pk_vfs_destroy(struct pk_vfs *v)
{
	unsigned int cpu;

	if (!v)
		return;
	for (cpu = 0; v->cpus && cpu < nr_cpu_ids; cpu++)
		vfree(v->cpus[cpu]);
	kfree(v->cpus);
	vfree(v);
}

static int pk_vfs_populate(struct pk_vfs *v)
{
	unsigned int cpu;

	pk_vfs_fs_init(v);
	pk_vfs_keys_init(&v->keys, num_possible_cpus(), PK_VFS_MAX_CPU_BYTES);
	v->cpus = kcalloc(nr_cpu_ids, sizeof(*v->cpus), GFP_KERNEL);
	if (!v->cpus)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct pk_vfs_here *here = per_cpu_ptr(&pk_vfs_here, cpu);

		v->cpus[cpu] = vzalloc_node(pk_vfs_cpu_bytes(&v->keys), cpu_to_node(cpu));
		if (!v->cpus[cpu])
			return -ENOMEM;
		pk_tsc_clock_init(&here->clock);
		here->cells = v->cpus[cpu];
		here->books = &v->session->cpu[cpu]->books[PKPROF_SRC_VFS];
	}
	return 0;
}

static int pk_vfs_hook(struct pk_vfs *v)
{
	int err = pk_tracepoints_attach(pk_vfs_tracepoints, ARRAY_SIZE(pk_vfs_tracepoints), v);

	if (err)
		return err;
	err = pk_ftrace_table_attach(&pk_vfs_table, v);
	if (err)
		pk_tracepoints_detach(pk_vfs_tracepoints, ARRAY_SIZE(pk_vfs_tracepoints), v);
	return err;
}

static int pk_vfs_attach(struct pk_session *s)
{
	struct pk_vfs *v = vzalloc(sizeof(*v));
	int err;

	if (!v)
		return -ENOMEM;
	v->session = s;
	err = pk_vfs_populate(v);
	if (!err)
		err = pk_vfs_hook(v);
	if (err)
		pk_vfs_destroy(v);
	else
		s->vfs = v;
	return err;
}

static void pk_vfs_detach(struct pk_session *s)
{
	pk_ftrace_table_detach(&pk_vfs_table);
	pk_tracepoints_detach(pk_vfs_tracepoints, ARRAY_SIZE(pk_vfs_tracepoints), s->vfs);
}

static int pk_vfs_works(void)
{
	int err = pk_tracepoints_find(pk_vfs_tracepoints, ARRAY_SIZE(pk_vfs_tracepoints));

	return err ? err : pk_ftrace_table_find(&pk_vfs_table);
}
#else
void pk_vfs_destroy(struct pk_vfs *v)
{
}

static int pk_vfs_works(void)
{
	return -EOPNOTSUPP;
}

static int pk_vfs_attach(struct pk_session *s)
{
	return -EOPNOTSUPP;
}

static void pk_vfs_detach(struct pk_session *s)
{
}
#endif

const struct pk_source pk_source_vfs = {
	.name = "vfs",
	.id = PKPROF_SRC_VFS,
	.works = pk_vfs_works,
	.attach = pk_vfs_attach,
	.detach = pk_vfs_detach,
};
