// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Probes of source vfs at the page cache: faults of mapped files, pages that were not there and
 * such as are read ahead; which and why is said in source_vfs.c.
 *
 * In: entries of functions, and pages as they are added. Out: faults as operations, and in the
 * cells of whatever a task is doing what the cache had to do for it.
 *
 * Context: task; preemptible.
 */
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "compat/vfs.h"
#include "vfs_probe.h"

#ifdef CONFIG_DYNAMIC_FTRACE

/* --- faults of mapped files --- */

static __always_inline void pk_vfs_fault(struct pk_vfs *v, struct pk_vfs_here *here,
					 const struct vm_fault *fault)
{
	const struct super_block *sb = pk_vfs_sb_of(fault->vma->vm_file);
	u64 task = (u64)current | PK_VFS_FAULTING;
	struct pk_vfs_flight *f = pk_vfs_flight_find(v, task);
	u32 cell = pk_vfs_cell_of(v, sb, PKPROF_VFS_FAULT, 0);

	/* tried again; else the one before failed */
	if (f && f->pid == current->pid && f->cell == cell && f->page == (u32)fault->pgoff)
		return;
	if (!f)
		f = pk_vfs_flight_new(v, task);
	if (!f) {
		pk_vfs_count(v, here, sb, PKPROF_VFS_FAULT, 0, 0);
		return;
	}
	pk_vfs_flight_init(f, pk_vfs_now_ns(here), cell, PKPROF_VFS_FAULT);
	f->page = fault->pgoff;
}

static __always_inline void pk_on_fault_hit(void *data, pk_ftrace_regs *regs)
{
	const struct vm_fault *fault = (const struct vm_fault *)pk_ftrace_arg(regs, 0);
	struct pk_vfs_run run;

	pk_vfs_enter(&run);
	if (pk_vfs_wants(data) && fault->vma->vm_file)
		pk_vfs_fault(data, run.here, fault);
	pk_vfs_leave(&run);
}

static noinline void pk_vfs_faulted(struct pk_vfs *v, struct pk_vfs_flight *f,
				    const struct vm_fault *fault)
{
	struct pk_op_end end = {
		.file = fault->vma->vm_file,
		.offset = (u64)fault->pgoff << PAGE_SHIFT,
		.bytes = PAGE_SIZE,
	};
	struct pk_vfs_run run;

	pk_vfs_enter(&run);
	if (f->pid == current->pid)
		pk_vfs_over(v, run.here, f, &end);
	else
		pk_vfs_flight_drop(f);
	pk_vfs_leave(&run);
}

static __always_inline void pk_on_faulted_hit(void *data, pk_ftrace_regs *regs)
{
	struct pk_vfs_flight *f = pk_vfs_flight_find(data, (u64)current | PK_VFS_FAULTING);

	if (unlikely(f))
		pk_vfs_faulted(data, f, (const struct vm_fault *)pk_ftrace_arg(regs, 0));
}

/* Pages around a fault that are in memory; when it is tried again, its own is among them. */
static __always_inline void pk_on_map_pages_hit(void *data, pk_ftrace_regs *regs)
{
	const struct vm_fault *fault = (const struct vm_fault *)pk_ftrace_arg(regs, 0);
	struct pk_vfs_flight *f = pk_vfs_flight_find(data, (u64)current | PK_VFS_FAULTING);

	if (unlikely(f) && f->page == (u32)fault->pgoff)
		pk_vfs_faulted(data, f, fault);
}

PK_FTRACE_CALLBACK_SHARED(pk_on_fault, pk_on_fault_hit)
PK_FTRACE_CALLBACK_SHARED(pk_on_map_pages, pk_on_map_pages_hit)
PK_FTRACE_CALLBACK_SHARED(pk_on_faulted, pk_on_faulted_hit)

/* --- the page cache --- */

/* What the task is doing: its fault, else its operation; neither: NULL. */
static __always_inline struct pk_vfs_flight *pk_vfs_doing(struct pk_vfs *v)
{
	struct pk_vfs_flight *f = pk_vfs_flight_find(v, (u64)current | PK_VFS_FAULTING);

	if (!f)
		f = pk_vfs_flight_find(v, (u64)current);
	return f && f->pid == current->pid && f->cell != PK_VFS_NO_CELL ? f : NULL;
}

/* Reads of the kernel's own, AIO and io_uring: what it did for them is with LOAD. */
void pk_vfs_added(void *data, const struct address_space *mapping, size_t bytes)
{
	struct pk_vfs *v = data;
	struct pk_vfs_flight *f;
	struct pk_vfs_run run;
	u32 cell = PK_VFS_NO_CELL;

	pk_vfs_enter(&run);
	if (pk_vfs_wants(v)) {
		f = pk_vfs_doing(v);
		if (f)
			cell = f->cell;
		else if (mapping && mapping->host)
			cell = pk_vfs_cell_of(v, mapping->host->i_sb, PKPROF_VFS_LOAD, 0);
	}
	if (cell != PK_VFS_NO_CELL) {
		run.here->cells[cell].added_bytes += bytes;
		run.here->cells[cell].last_ns = pk_vfs_now_ns(run.here);
	}
	pk_vfs_leave(&run);
}

static __always_inline void pk_vfs_ahead(struct pk_vfs *v, bool needed)
{
	struct pk_vfs_flight *f;
	struct pk_vfs_cell *c;
	struct pk_vfs_run run;

	pk_vfs_enter(&run);
	f = pk_vfs_doing(v);
	if (f) {
		c = run.here->cells + f->cell;
		c->nr_missed += needed;
		c->nr_ahead += !needed;
		c->last_ns = pk_vfs_now_ns(run.here);
		pk_op_missed(v, f, c->last_ns);
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

PK_FTRACE_CALLBACK_SHARED(pk_on_missed, pk_on_missed_hit)
PK_FTRACE_CALLBACK_SHARED(pk_on_ahead, pk_on_ahead_hit)

#endif
