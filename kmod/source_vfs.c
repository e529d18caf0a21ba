// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Source vfs: what became of each operation on files, and how long it took.
 *
 * In: callbacks of ftrace where the VFS begins (35 instructions a hit outside the
 * callback; 5.10: 71), and tracepoint sys_exit for its end. Out: sums and distributions,
 * read by dumps; records of some operations, taken apart. A kretprobe, which would tell the
 * end more closely, costs 390; sys_exit costs each system call of all tasks some 60, and each one after the first
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
 *					tried once more; finish_fault, or filemap_map_pages when it
 *					is tried once more: it has its page
 *	__kernel_read			as by exec; no end
 *	aio_read, aio_write, io_read, io_write	AIO and io_uring: vfs_async.c
 *	mm_filemap_add_to_page_cache	pages that were not in the page cache
 *	contention_begin, contention_end	(since 5.19) its task waits for a lock; the ledger
 *				cannot tell that from a wait for the disk
 *	page_cache_sync_ra, page_cache_async_ra	(until 5.15: .._readahead) one was needed;
 *					reading ahead
 *
 * This file attaches and detaches; the probes are in vfs_hooks.c, vfs_cache.c, vfs_async.c and
 * vfs_probe.c, and vfs_op.c tells of single operations.
 */
#include <linux/bits.h>
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include <linux/vmalloc.h>

#include "block.h"
#include "identity.h"
#include "source.h"
#include "vfs_probe.h"
#include "wait_over.h"

#ifdef CONFIG_DYNAMIC_FTRACE

void pk_vfs_destroy(struct pk_vfs *v)
{
	unsigned int cpu;

	if (!v)
		return;
	for (cpu = 0; v->cpus && cpu < nr_cpu_ids; cpu++)
		vfree(v->cpus[cpu]);
	for (cpu = 0; v->ops && cpu < nr_cpu_ids; cpu++)
		vfree(v->ops[cpu]);
	kfree(v->cpus);
	kfree(v->ops);
	/* its items hold a reference of their own */
	pk_identity_destroy(v->identity);
	vfree(v);
}

static int pk_vfs_populate_cpu(struct pk_vfs *v, unsigned int cpu)
{
	struct pk_vfs_here *here = per_cpu_ptr(&pk_vfs_here, cpu);

	v->cpus[cpu] = vzalloc_node(pk_vfs_cpu_bytes(&v->keys), cpu_to_node(cpu));
	v->ops[cpu] = vzalloc_node(sizeof(**v->ops), cpu_to_node(cpu));
	if (!v->cpus[cpu] || !v->ops[cpu])
		return -ENOMEM;
	pk_tsc_clock_init(&here->clock);
	here->left = PK_VFS_TIME_EVERY;
	here->cells = v->cpus[cpu];
	here->ops = v->ops[cpu];
	here->books = &v->session->cpu[cpu]->books[PKPROF_SRC_VFS];
	return 0;
}

static int pk_vfs_populate(struct pk_vfs *v)
{
	unsigned int cpu;
	int err = 0;

	pk_vfs_fs_init(v);
	pk_vfs_keys_init(&v->keys, num_possible_cpus(), PK_VFS_MAX_CPU_BYTES);
	v->identity = pk_identity_create(v->session);
	v->cpus = kcalloc(nr_cpu_ids, sizeof(*v->cpus), GFP_KERNEL);
	v->ops = kcalloc(nr_cpu_ids, sizeof(*v->ops), GFP_KERNEL);
	if (!v->identity || !v->cpus || !v->ops)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		err = pk_vfs_populate_cpu(v, cpu);
		if (err)
			return err;
	}
	return 0;
}

static int pk_vfs_hook(struct pk_vfs *v)
{
	int err = pk_tracepoints_attach(pk_vfs_tracepoints, pk_vfs_nr_tracepoints, v);

	if (err)
		return err;
	v->aio_ends = pk_ftrace_table_has(&pk_vfs_table, "aio_complete_rw");
	err = pk_ftrace_table_attach(&pk_vfs_table, v);
	if (err)
		pk_tracepoints_detach(pk_vfs_tracepoints, pk_vfs_nr_tracepoints, v);
	return err;
}

/*
 * Without the ledger nobody tells of waits, and then nothing is taken apart. From here on
 * others may look.
 */
static void pk_vfs_begin_apart(struct pk_session *s, struct pk_vfs *v)
{
	s->vfs = v;
	if (!(s->attached & BIT(PKPROF_SRC_SCHED)))
		return;
	if (s->block)
		smp_store_release(&s->block->vfs, v);
	smp_store_release(&pk_op_vfs, v);
	pk_wait_want(PK_WAIT_OPS);
}

static void pk_vfs_end_apart(struct pk_session *s)
{
	pk_wait_unwant(PK_WAIT_OPS);
	WRITE_ONCE(pk_op_vfs, NULL);
	if (s->block)
		WRITE_ONCE(s->block->vfs, NULL);
}

/* Runs since the last one that was timed. No probe is there any more. */
static void pk_vfs_close_books(void)
{
	struct pk_vfs_here *here;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		here = per_cpu_ptr(&pk_vfs_here, cpu);
		local_add(PK_VFS_TIME_EVERY - here->left, &here->books->hits);
		here->left = PK_VFS_TIME_EVERY;
	}
}

void pk_vfs_coarsen(struct pk_vfs *v)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		WRITE_ONCE(v->ops[cpu]->slot_log2, PKPROF_OP_SLOT_LOG2 + v->session->coarse);
}

static int pk_vfs_attach(struct pk_session *s)
{
	struct pk_vfs *v = vzalloc(sizeof(*v));
	int err;

	if (!v)
		return -ENOMEM;
	v->session = s;
	v->filtered = s->filter.tgids;
	err = pk_vfs_populate(v);
	if (!err) {
		pk_vfs_coarsen(v);
		err = pk_vfs_hook(v);
	}
	if (err)
		pk_vfs_destroy(v);
	else
		pk_vfs_begin_apart(s, v);
	return err;
}

/*
 * What block's and the ledger's probes still do with it is done when the tracepoints have
 * been waited for. Names that are on their way find the session until here.
 */
static void pk_vfs_detach(struct pk_session *s)
{
	pk_vfs_end_apart(s);
	pk_ftrace_table_detach(&pk_vfs_table);
	pk_tracepoints_detach(pk_vfs_tracepoints, pk_vfs_nr_tracepoints, s->vfs);
	pk_vfs_close_books();
	pk_identity_destroy(s->vfs->identity);
	s->vfs->identity = NULL;
}

/* What was under way when the source was paused ended unseen. */
static int pk_vfs_resume(struct pk_session *s)
{
	struct pk_vfs *v = s->vfs;
	int err;

	v->identity = pk_identity_create(s);
	if (!v->identity)
		return -ENOMEM;
	memset(v->flights, 0, sizeof(v->flights));
	memset(&v->async, 0, sizeof(v->async));
	pk_vfs_coarsen(v);
	err = pk_vfs_hook(v);
	if (err) {
		pk_identity_destroy(v->identity);
		v->identity = NULL;
		return err;
	}
	pk_vfs_begin_apart(s, v);
	return 0;
}

static int pk_vfs_works(void)
{
	int err = pk_tracepoints_find(pk_vfs_tracepoints, pk_vfs_nr_tracepoints);

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

static int pk_vfs_resume(struct pk_session *s)
{
	return -EOPNOTSUPP;
}

void pk_vfs_coarsen(struct pk_vfs *v)
{
}
#endif

const struct pk_source pk_source_vfs = {
	.name = "vfs",
	.id = PKPROF_SRC_VFS,
	.works = pk_vfs_works,
	.attach = pk_vfs_attach,
	.detach = pk_vfs_detach,
	.pause = pk_vfs_detach,
	.resume = pk_vfs_resume,
};
