// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Executable ranges of address spaces; see spaces.h.
 *
 * An address space is always read as a whole, from its own areas and under its lock, never
 * put together from events: so none is missed, and of two readings the later one is right
 * whatever the order in which the events came. What was unmapped stays until the next
 * reading: nobody executes there.
 *
 * A map holds a reference on its struct mm_struct, so that the address cannot come back as
 * another one's, but not on its users: once these are gone it is swept. The tables of files
 * live as long as the session, so ranges need no reference on them.
 *
 * Readers find a map by address in a hash, under RCU. Writers take the mutex, inside the
 * address space's lock.
 */
#include <linux/delay.h>
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pid_namespace.h>
#include <linux/rculist.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "compat/mm.h"
#include "file_id.h"
#include "filter.h"
#include "spaces.h"
#include "unwind_tables.h"

#define PK_SPACE_BITS	10		/* of the hash */
#define PK_SWEEP	HZ		/* between two looks for those that are gone */
#define PK_MAX_RANGES	16384		/* of one address space */
#define PK_LOCK_TRIES	20		/* for another's address space, 1 ms apart */

unsigned int pk_unwind_mb = 64;

/* What a probe gets hold of; replaced as a whole. */
struct pk_space_map {
	struct rcu_head rcu;
	struct pk_ranges ranges;
};

struct pk_space {
	struct hlist_node node;
	struct rcu_head rcu;
	struct mm_struct *mm;		/* with a reference on the structure */
	struct pk_space_map __rcu *map;
};

struct pk_spaces {
	struct mutex lock;
	struct hlist_head hash[1 << PK_SPACE_BITS];
	struct pk_tables *tables;
	struct delayed_work sweep;
};

static size_t pk_space_map_bytes(u32 nr)
{
	return sizeof(struct pk_space_map) + nr * sizeof(struct pk_range);
}

/* --- finding --- */

static u32 pk_space_hash(const struct mm_struct *mm)
{
	return hash_ptr(mm, PK_SPACE_BITS);
}

static struct pk_space *pk_space_find(const struct pk_spaces *sp, const struct mm_struct *mm)
{
	struct pk_space *space;

	hlist_for_each_entry_rcu(space, &sp->hash[pk_space_hash(mm)], node,
				 lockdep_is_held(&sp->lock)) {
		if (space->mm == mm)
			return space;
	}
	return NULL;
}

const struct pk_ranges *pk_spaces_find(const struct pk_spaces *sp, const struct mm_struct *mm)
{
	struct pk_space_map *map;
	struct pk_space *space;

	space = sp && mm ? pk_space_find(sp, mm) : NULL;
	map = space ? rcu_dereference(space->map) : NULL;
	return map ? &map->ranges : NULL;
}

/* --- reading an address space --- */

/* mm->context.vdso is set only after the area was announced. That of 32-bit code is below 4 GB. */
bool pk_area_is_vdso(struct vm_area_struct *vma)
{
	const char *name;

	if (vma->vm_file || vma->vm_start <= U32_MAX || !vma->vm_ops || !vma->vm_ops->name)
		return false;
	name = vma->vm_ops->name(vma);
	return name && !strcmp(name, "[vdso]");
}

static u32 pk_space_count(struct mm_struct *mm)
{
	struct vm_area_struct *vma;
	VMA_ITERATOR(areas, mm, 0);
	u32 nr = 0;

	for_each_vma(areas, vma)
		nr += !!(vma->vm_flags & VM_EXEC);
	return min_t(u32, nr, PK_MAX_RANGES);
}

static void pk_range_fill(struct pk_spaces *sp, struct vm_area_struct *vma, struct pk_range *ret)
{
	struct pk_file_id id = pk_file_id_of(vma->vm_file);

	*ret = (struct pk_range){ .start = vma->vm_start, .end = vma->vm_end };
	if (vma->vm_file) {
		ret->off = (u64)vma->vm_pgoff << PAGE_SHIFT;
		ret->ref = pk_tables_get(sp->tables, &id, 0);
	} else if (pk_area_is_vdso(vma)) {
		ret->ref = pk_tables_get(sp->tables, &id, PKPROF_ROWS_VDSO);
	}
}

static struct pk_space_map *pk_space_map_create(struct pk_spaces *sp, struct mm_struct *mm)
{
	u32 nr = pk_space_count(mm);
	struct vm_area_struct *vma;
	struct pk_space_map *map;
	VMA_ITERATOR(areas, mm, 0);

	if (!pk_tables_charge(sp->tables, pk_space_map_bytes(nr)))
		return NULL;
	map = kvzalloc(pk_space_map_bytes(nr), GFP_KERNEL);
	if (!map) {
		pk_tables_uncharge(sp->tables, pk_space_map_bytes(nr));
		return NULL;
	}
	for_each_vma(areas, vma) {
		if (vma->vm_flags & VM_EXEC && map->ranges.nr < nr)
			pk_range_fill(sp, vma, &map->ranges.range[map->ranges.nr++]);
	}
	return map;
}

static void pk_space_map_free(struct pk_spaces *sp, struct pk_space_map *map)
{
	if (!map)
		return;
	pk_tables_uncharge(sp->tables, pk_space_map_bytes(map->ranges.nr));
	kvfree_rcu(map, rcu);
}

static struct pk_space *pk_space_get(struct pk_spaces *sp, struct mm_struct *mm)
{
	struct pk_space *space = pk_space_find(sp, mm);

	if (space)
		return space;
	space = kzalloc(sizeof(*space), GFP_KERNEL);
	if (!space)
		return NULL;
	mmgrab(mm);
	space->mm = mm;
	hlist_add_head_rcu(&space->node, &sp->hash[pk_space_hash(mm)]);
	return space;
}

void pk_spaces_read(struct pk_spaces *sp, struct mm_struct *mm)
{
	struct pk_space_map *map, *old;
	struct pk_space *space;

	mutex_lock(&sp->lock);
	map = pk_tables_closed(sp->tables) ? NULL : pk_space_map_create(sp, mm);
	if (!map)
		goto out;
	space = pk_space_get(sp, mm);
	if (!space) {
		pk_space_map_free(sp, map);
		goto out;
	}
	old = rcu_dereference_protected(space->map, lockdep_is_held(&sp->lock));
	rcu_assign_pointer(space->map, map);
	pk_space_map_free(sp, old);
out:
	mutex_unlock(&sp->lock);
}

/* --- all of them --- */

/* The next process with memory that passes, from *@cursor on; its memory with a reference. */
static struct mm_struct *pk_next_space(const struct pk_filter *filter, int *cursor)
{
	struct mm_struct *mm = NULL;
	struct task_struct *task;
	struct pid *pid;

	while (!mm) {
		rcu_read_lock();
		pid = idr_get_next(&init_pid_ns.idr, cursor);
		if (!pid) {
			rcu_read_unlock();
			return NULL;
		}
		(*cursor)++;
		task = pid_task(pid, PIDTYPE_TGID);
		if (task && pk_filter_match(filter, task->tgid))
			get_task_struct(task);
		else
			task = NULL;
		rcu_read_unlock();
		if (!task)
			continue;
		mm = get_task_mm(task);
		put_task_struct(task);
	}
	return mm;
}

/*
 * Never waits for the lock: its holder may wait for a dead file server, and START must not.
 * Who holds it for writing is mapping something, and if it is code comes by itself.
 */
static bool pk_lock_space(struct mm_struct *mm)
{
	unsigned int tries;

	for (tries = 0; tries < PK_LOCK_TRIES; tries++) {
		if (mmap_read_trylock(mm))
			return true;
		usleep_range(500, 1000);
	}
	return false;
}

void pk_spaces_read_all(struct pk_spaces *sp, const struct pk_filter *filter)
{
	struct mm_struct *mm;
	int cursor = 1;

	while ((mm = pk_next_space(filter, &cursor))) {
		if (pk_lock_space(mm)) {
			pk_spaces_read(sp, mm);
			mmap_read_unlock(mm);
		}
		mmput_async(mm);	/* the last one's work is not ours */
		cond_resched();
	}
}

int pk_spaces_upload(struct pk_spaces *sp, const void __user *from, size_t bytes)
{
	return pk_tables_upload(sp->tables, from, bytes);
}

/* --- the end --- */

static void pk_space_drop(struct pk_spaces *sp, struct pk_space *space)
{
	hlist_del_rcu(&space->node);
	pk_space_map_free(sp, rcu_dereference_protected(space->map, lockdep_is_held(&sp->lock)));
	mmdrop(space->mm);
	kfree_rcu(space, rcu);
}

/* @all: whether they are gone or not. */
static void pk_spaces_sweep(struct pk_spaces *sp, bool all)
{
	struct pk_space *space;
	struct hlist_node *next;
	unsigned int i;

	mutex_lock(&sp->lock);
	for (i = 0; i < ARRAY_SIZE(sp->hash); i++) {
		hlist_for_each_entry_safe(space, next, &sp->hash[i], node) {
			if (all || !atomic_read(&space->mm->mm_users))
				pk_space_drop(sp, space);
		}
	}
	mutex_unlock(&sp->lock);
}

static void pk_spaces_sweep_work(struct work_struct *work)
{
	struct pk_spaces *sp = container_of(work, struct pk_spaces, sweep.work);

	pk_spaces_sweep(sp, false);
	queue_delayed_work(system_unbound_wq, &sp->sweep, PK_SWEEP);
}

struct pk_spaces *pk_spaces_create(void)
{
	struct pk_spaces *sp = kvzalloc(sizeof(*sp), GFP_KERNEL);

	if (!sp)
		return NULL;
	sp->tables = pk_tables_create((u64)READ_ONCE(pk_unwind_mb) << 20);
	if (!sp->tables) {
		kvfree(sp);
		return NULL;
	}
	mutex_init(&sp->lock);
	INIT_DELAYED_WORK(&sp->sweep, pk_spaces_sweep_work);
	queue_delayed_work(system_unbound_wq, &sp->sweep, PK_SWEEP);
	return sp;
}

void pk_spaces_close(struct pk_spaces *sp)
{
	cancel_delayed_work_sync(&sp->sweep);
	pk_spaces_sweep(sp, true);
	synchronize_rcu();	/* walks in progress look at tables, too */
	pk_tables_close(sp->tables);
}

void pk_spaces_destroy(struct pk_spaces *sp)
{
	if (!sp)
		return;
	pk_tables_destroy(sp->tables);
	kvfree(sp);
}
