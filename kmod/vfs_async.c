// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Probes of source vfs on AIO and io_uring, from where the request is worked on first until its
 * result is there for the process.
 *
 * In: aio_read, aio_write and aio_complete_rw; io_read, io_write and tracepoint
 * io_uring_complete. Out: ended operations in cells. They are not taken apart: no thread's
 * time is spent on them.
 *
 * A request of io_uring may be tried again, by a worker or when its page is there: it goes on
 * from its first time. One that asked for no result (IOSQE_CQE_SKIP_SUCCESS) is only counted.
 * One whose result found no room in the ring is told to nobody; what has its address next
 * is taken for it.
 *
 * Context: beginnings in tasks, ends anywhere. Their cells are nobody else's and written with
 * interrupts off.
 */
#include <linux/fs.h>
#include <linux/irqflags.h>
#include <linux/sched.h>

#include "vfs_async_probe.h"
#include "vfs_probe.h"

#ifdef CONFIG_DYNAMIC_FTRACE

/* Given up, or without a place from the start: it did happen. */
static void pk_async_count(struct pk_vfs_here *here, u32 cell, u64 now_ns)
{
	struct pk_vfs_cell *c = here->cells + cell;
	unsigned long flags;

	local_irq_save(flags);
	pk_vfs_book(c, 0, false, now_ns);
	c->nr_untimed++;
	local_irq_restore(flags);
}

static void pk_async_begin_on(struct pk_vfs *v, struct pk_vfs_here *here, const void *request,
			      const struct super_block *sb, u8 op, bool followed, bool again)
{
	struct pk_async_request old, r = { .first_ns = pk_vfs_now_ns(here) };
	enum pk_async_begun begun = PK_ASYNC_NO_ROOM;

	r.cell = pk_vfs_cell_of(v, sb, op, 0);
	r.id = READ_ONCE(v->keys.owner[r.cell].id);
	old.first_ns = 0;
	if (followed)
		begun = pk_async_begin(&v->async, (u64)request, &r, again, &old);
	if (begun == PK_ASYNC_NO_ROOM)
		pk_async_count(here, r.cell, r.first_ns);
	if (old.first_ns && READ_ONCE(v->keys.owner[old.cell].id) == old.id)
		pk_async_count(here, old.cell, r.first_ns);
}

static __always_inline void pk_async_begins(struct pk_vfs *v, const void *request,
					    const struct file *file, u8 op, bool followed,
					    bool again)
{
	struct pk_vfs_run run;

	pk_vfs_enter(&run);
	if (likely(pk_vfs_wants(v)))
		pk_async_begin_on(v, run.here, request, pk_vfs_sb_of(file), op, followed,
				  again);
	pk_vfs_leave(&run);
}

/* @ret: bytes, or negative. */
static void pk_async_over(struct pk_vfs *v, struct pk_vfs_here *here,
			  const struct pk_async_request *r, long ret)
{
	struct pk_vfs_cell *c = here->cells + r->cell;
	/* not that of task context, in the middle of whose reading this may be */
	u64 now_ns = pk_clock_ns();
	u64 took_ns = now_ns > r->first_ns ? now_ns - r->first_ns : 0;

	/* its process is gone, and the cell another's */
	if (READ_ONCE(v->keys.owner[r->cell].id) != r->id)
		return;
	pk_vfs_book(c, ret > 0 ? ret : 0, ret < 0, now_ns);
	pk_vfs_book_time(c, pk_hist_bucket(took_ns), took_ns);
}

void pk_async_ends(void *data, void *request, long ret)
{
	struct pk_vfs *v = data;
	struct pk_async_request r;
	struct pk_vfs_here *here;
	unsigned long flags;
	u64 entered_ns;

	local_irq_save(flags);
	here = this_cpu_ptr(&pk_vfs_here);
	entered_ns = pk_books_enter(here->books, PK_VFS_TIME_EVERY);
	if (pk_async_end(&v->async, (u64)request, &r))
		pk_async_over(v, here, &r, ret);
	pk_books_leave(here->books, entered_ns);
	local_irq_restore(flags);
}

/* --- AIO: by struct kiocb --- */

#define PK_ASYNC_AIO_HOOK(name, op)                                                          \
	static __always_inline void name##_hit(void *data, pk_ftrace_regs *regs)             \
	{                                                                                    \
		const struct kiocb *request = (const struct kiocb *)pk_ftrace_arg(regs, 0);  \
									                     \
		pk_async_begins(data, request, request->ki_filp, op,                         \
				((struct pk_vfs *)data)->aio_ends, false);                  \
	}                                                                                    \
	PK_FTRACE_CALLBACK_SHARED(name, name##_hit)

PK_ASYNC_AIO_HOOK(pk_on_aio_read, PKPROF_VFS_AIO_READ)
PK_ASYNC_AIO_HOOK(pk_on_aio_write, PKPROF_VFS_AIO_WRITE)

static __always_inline void pk_on_aio_complete_hit(void *data, pk_ftrace_regs *regs)
{
	pk_async_ends(data, (void *)pk_ftrace_arg(regs, 0), (long)pk_ftrace_arg(regs, 1));
}

PK_FTRACE_CALLBACK_SHARED(pk_on_aio_complete, pk_on_aio_complete_hit)

/* --- io_uring: by struct io_kiocb --- */

#define PK_ASYNC_URING_HOOK(name, op)                                                        \
	static __always_inline void name##_hit(void *data, pk_ftrace_regs *regs)             \
	{                                                                                    \
		const void *request = (const void *)pk_ftrace_arg(regs, 0);                  \
									                     \
		pk_async_begins(data, request, pk_uring_file(request), op,                   \
				pk_uring_tells_end(request), true);                          \
	}                                                                                    \
	PK_FTRACE_CALLBACK_SHARED(name, name##_hit)

PK_ASYNC_URING_HOOK(pk_on_uring_read, PKPROF_VFS_URING_READ)
PK_ASYNC_URING_HOOK(pk_on_uring_write, PKPROF_VFS_URING_WRITE)

#endif
