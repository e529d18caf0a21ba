// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading what source vfs knows; see vfs.h. In: tables that probes go on writing. Out:
 * pieces for a dump, each of all CPUs together. Cells of processes that are gone become
 * free here, where the readers' epochs say that all of them have them.
 */
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include "filter.h"
#include "vfs.h"

size_t pk_vfs_next_fs(struct pk_vfs *v, u64 *pos, void *buf)
{
	for (; *pos < PK_VFS_FILE_SYSTEMS; ++*pos) {
		const struct pk_vfs_fs *f = &v->fs[*pos];

		if (!smp_load_acquire(&f->ready))
			continue;
		memcpy(buf, &f->told, sizeof(f->told));
		++*pos;
		return sizeof(f->told);
	}
	return 0;
}

static bool pk_vfs_is_gone(u32 tgid)
{
	bool gone;

	rcu_read_lock();
	gone = !pid_task(find_pid_ns(tgid, &init_pid_ns), PIDTYPE_TGID);
	rcu_read_unlock();
	return gone;
}

/* Whose process is gone, and what all readers have: nobody books in it any more. */
static void pk_vfs_reclaim(struct pk_vfs *v, unsigned int at, u32 tgid)
{
	if (!tgid || !pk_vfs_is_gone(tgid) || test_and_set_bit(0, &v->freeing))
		return;
	WRITE_ONCE(v->round, v->round + 1);
	pk_vfs_cell_free(&v->keys, v->cpus, nr_cpu_ids, at);
	clear_bit_unlock(0, &v->freeing);
}

size_t pk_vfs_next_ops(struct pk_vfs *v, u64 *pos, u64 epoch_ns, bool slowest,
		       const struct pk_filter *filter, void *buf)
{
	struct pkprof_vfs_ops *ret = buf;
	size_t bytes = 0;
	bool idle;

	/* the probe that took the time of a change may not have made it yet */
	epoch_ns -= min_t(u64, epoch_ns, NSEC_PER_SEC);
	while (!bytes && *pos < pk_vfs_nr(&v->keys)) {
		unsigned int at = (*pos)++;

		cond_resched();
		bytes = pk_vfs_tell(&v->keys, v->cpus, nr_cpu_ids, at, epoch_ns, &idle, ret);
		if (idle && slowest)
			pk_vfs_reclaim(v, at, ret->tgid);
		if (bytes && filter && !pk_filter_match(filter, ret->tgid))
			bytes = 0;
	}
	return bytes;
}
