// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Deferred look-ups of identity, see identity.h. Probes take an item from the
 * pool by one atomic bit operation and hang it on the current task; the task
 * runs it where it may sleep, with its own root directory, memory and rights.
 *
 * Lifetime: the owner and each item in flight hold a reference on the pool. The
 * session belongs to the owner, so an item looks at it only with the lock held
 * for reading and the pool not closed. The lock covers no reading of files,
 * which may take as long as a dead file server likes.
 */
#include <linux/cgroup.h>
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <linux/task_work.h>
#include <linux/uaccess.h>
#include <linux/wait_bit.h>

#include "build_id.h"
#include "compat/rcu.h"
#include "identity.h"
#include "session.h"
#include "spaces.h"

#define PK_NR_ITEMS 1024	/* tasks between an event and their return to user mode */
#define PK_NR_SEEN 8192		/* files; forgetting one means sending it again */
#define PK_PATIENCE (HZ / 5)	/* for items in flight when the session ends */

enum pk_item_kind {
	PK_ITEM_FILE,	/* a mapped file: path and build ID */
	PK_ITEM_NAME,	/* one that is worked on: its path */
	PK_ITEM_EXEC,	/* how the task was called */
	PK_ITEM_SPACE,	/* what is executable in its memory */
};

struct pk_item {
	struct callback_head work;
	struct pk_identity *id;
	enum pk_item_kind kind;
	struct file *file;	/* of FILE and NAME, with a reference */
	struct pk_file_id file_id;
};

/**
 * struct pk_identity - one session's pool and memory
 * @refs:	owner and items in flight
 * @lock:	for reading: while an item uses @s; for writing: @closed
 * @closed:	@s must not be used any more
 * @s:		whose records are written
 * @key:	of the hash that @seen's keys are
 * @used:	bitmap of @items
 * @items:	pool
 * @seen:	keys of files that were sent or are being sent, 0: free; no lock
 */
struct pk_identity {
	refcount_t refs;
	struct rw_semaphore lock;
	bool closed;
	struct pk_session *s;
	siphash_key_t key;
	DECLARE_BITMAP(used, PK_NR_ITEMS);
	struct pk_item items[PK_NR_ITEMS];
	u64 seen[PK_NR_SEEN];
};

struct pk_identity *pk_identity_create(struct pk_session *s)
{
	struct pk_identity *id = kvzalloc(sizeof(*id), GFP_KERNEL);

	if (!id)
		return NULL;
	refcount_set(&id->refs, 1);
	init_rwsem(&id->lock);
	id->s = s;
	id->key.key[0] = s->seed;
	id->key.key[1] = pk_clock_ns();
	return id;
}

/* May sleep unless another reference is known to be held. */
static void pk_identity_put(struct pk_identity *id)
{
	if (refcount_dec_and_test(&id->refs)) {
		kvfree(id);
		return;
	}
	smp_mb__after_atomic();		/* the waiter queues itself, then reads refs */
	wake_up_var(&id->refs);		/* takes the address only */
}

void pk_identity_destroy(struct pk_identity *id)
{
	if (!id)
		return;
	wait_var_event_timeout(&id->refs, refcount_read(&id->refs) == 1, PK_PATIENCE);
	down_write(&id->lock);
	id->closed = true;
	up_write(&id->lock);
	pk_identity_put(id);
}

void pk_identity_quiesce(void)
{
	pk_synchronize_tails();
}

/* Any context. NULL: all are in flight. */
static struct pk_item *pk_item_get(struct pk_identity *id)
{
	/* CPUs start apart, so that they seldom meet */
	unsigned long start = (raw_smp_processor_id() * 64u) % PK_NR_ITEMS;
	unsigned long bit;

	for (;;) {
		bit = find_next_zero_bit(id->used, PK_NR_ITEMS, start);
		if (bit < PK_NR_ITEMS) {
			if (!test_and_set_bit_lock(bit, id->used))
				break;
		} else if (start) {
			start = 0;
		} else {
			return NULL;
		}
	}
	refcount_inc(&id->refs);
	__module_get(THIS_MODULE);
	id->items[bit].id = id;
	return &id->items[bit];
}

/* The caller's own code may be unloaded from here on, see pk_identity_quiesce(). */
static void pk_item_put(struct pk_item *item)
{
	struct pk_identity *id = item->id;

	clear_bit_unlock(item - id->items, id->used);
	pk_identity_put(id);
	module_put(THIS_MODULE);
}

/* May the session be used? If so, pk_item_leave() must follow. May sleep. */
static bool pk_item_enter(struct pk_item *item)
{
	down_read(&item->id->lock);
	if (!item->id->closed)
		return true;
	up_read(&item->id->lock);
	return false;
}

static void pk_item_leave(struct pk_item *item)
{
	up_read(&item->id->lock);
}

static void pk_item_lose(struct pk_item *item, enum pkprof_source src, enum pkprof_loss why)
{
	if (!pk_item_enter(item))
		return;
	preempt_disable();
	pk_emit_lost(item->id->s, src, why, 1);
	preempt_enable();
	pk_item_leave(item);
}

static u64 pk_file_key(const struct pk_identity *id, const struct pk_file_id *file)
{
	/* 0 marks a free entry */
	return siphash_2u64(file->ino, (u64)file->dev << 32 | file->gen, &id->key) | 1;
}

static u64 *pk_file_entry(struct pk_identity *id, u64 key)
{
	return &id->seen[(key >> 1) % PK_NR_SEEN];
}

/* What was not sent is sent at the next sight. */
static void pk_file_forget(struct pk_identity *id, const struct pk_file_id *file)
{
	u64 key = pk_file_key(id, file);

	cmpxchg(pk_file_entry(id, key), key, 0);
}

struct pk_file_reader {
	struct file *file;
	bool failed;		/* by other than the file's end */
};

static ssize_t pk_file_read(void *ctx, void *buf, size_t len, u64 off)
{
	struct pk_file_reader *reader = ctx;
	loff_t pos = off;
	ssize_t got;

	if (off > LLONG_MAX - len)
		return -EINVAL;
	got = kernel_read(reader->file, buf, len, &pos);
	if (got < 0)
		reader->failed = true;
	return got;
}

/* Only what the kernel can read without a complaint in its log. */
static bool pk_file_readable(const struct file *file)
{
	return S_ISREG(file_inode(file)->i_mode) && (file->f_mode & FMODE_READ) &&
	       file->f_op->read_iter && !file->f_op->read;
}

/* One allocation for what a FILE record is made of. */
struct pk_file_work {
	u8 build_id[PKPROF_MAX_BUILD_ID];
	union {
		u8 elf[PK_BUILD_ID_SCRATCH] __aligned(8);
		char path[PATH_MAX];
	};
};

static bool pk_file_emit(struct pk_item *item, const struct pk_file_work *w,
			 unsigned int build_id_len, const char *path)
{
	size_t path_len = min_t(size_t, strlen(path), PKPROF_MAX_STRING);
	size_t size = ALIGN(sizeof(struct pkprof_rec_file) + path_len, 8);
	struct pkprof_rec_file *r;

	preempt_disable();
	r = pk_emit_begin(item->id->s, PKPROF_SRC_DEF, PKPROF_REC_FILE, size, current->pid,
			  pk_clock_ns());
	if (r) {
		memset(&r->rec + 1, 0, size - sizeof(r->rec));
		r->dev = item->file_id.dev;
		r->gen = item->file_id.gen;
		r->ino = item->file_id.ino;
		r->path_len = path_len;
		r->build_id_len = build_id_len;
		memcpy(r->build_id, w->build_id, build_id_len);
		memcpy(r->path, path, path_len);
		pk_emit_end(item->id->s);
	}
	preempt_enable();
	return r;
}

static void pk_file_send(struct pk_item *item)
{
	struct pk_file_reader reader = { .file = item->file };
	struct pk_file_work *w = kmalloc(sizeof(*w), GFP_KERNEL);
	unsigned int build_id_len = 0;
	bool sent = false;
	char *path;

	if (!w) {
		pk_item_lose(item, PKPROF_SRC_DEF, PKPROF_LOSS_NO_MEM);
		pk_file_forget(item->id, &item->file_id);
		return;
	}
	if (pk_file_readable(item->file))
		build_id_len = pk_build_id_read(pk_file_read, &reader, w->elf, w->build_id);
	path = d_path(file_user_path(item->file), w->path, sizeof(w->path));
	if (pk_item_enter(item)) {
		sent = pk_file_emit(item, w, build_id_len, IS_ERR(path) ? "" : path);
		/* the sooner it is read the sooner there are unwind rows of that file */
		pk_session_hurry(item->id->s);
		pk_item_leave(item);
	}
	/* a killed task cannot read: the next one to map the file may do better */
	if (!sent || reader.failed)
		pk_file_forget(item->id, &item->file_id);
	kfree(w);
}

static bool pk_name_emit(struct pk_item *item, const char *path)
{
	size_t path_len = min_t(size_t, strlen(path), PKPROF_MAX_STRING);
	size_t size = ALIGN(sizeof(struct pkprof_rec_op_file) + path_len, 8);
	struct pkprof_rec_op_file *r;

	preempt_disable();
	r = pk_emit_begin(item->id->s, PKPROF_SRC_DEF, PKPROF_REC_OP_FILE, size, current->pid,
			  pk_clock_ns());
	if (r) {
		memset(&r->rec + 1, 0, size - sizeof(r->rec));
		r->dev = item->file_id.dev;
		r->gen = item->file_id.gen;
		r->ino = item->file_id.ino;
		r->path_len = path_len;
		memcpy(r->path, path, path_len);
		pk_emit_end(item->id->s);
	}
	preempt_enable();
	return r;
}

static void pk_name_send(struct pk_item *item)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *path;
	bool sent = false;

	if (buf) {
		path = d_path(&item->file->f_path, buf, PATH_MAX);
		if (pk_item_enter(item)) {
			sent = pk_name_emit(item, IS_ERR(path) ? "" : path);
			pk_item_leave(item);
		}
		kfree(buf);
	} else {
		pk_item_lose(item, PKPROF_SRC_DEF, PKPROF_LOSS_NO_MEM);
	}
	if (!sent)
		pk_file_forget(item->id, &item->file_id);
}

struct pk_task_work {
	u64 cgroup_id;
	size_t cgroup_len, args_len;
	char cgroup[PKPROF_MAX_STRING];
	char args[PKPROF_MAX_STRING];
};

static void pk_task_read_cgroup(struct pk_task_work *w)
{
	struct cgroup *cgrp;

	rcu_read_lock();
	cgrp = task_dfl_cgroup(current);
	w->cgroup_id = cgroup_id(cgrp);
	w->cgroup[0] = '\0';
	/* cuts what is too long, and says so in ways that differ between kernels */
	cgroup_path(cgrp, w->cgroup, sizeof(w->cgroup));
	rcu_read_unlock();
	w->cgroup_len = strnlen(w->cgroup, sizeof(w->cgroup));
}

static void pk_task_read_args(struct pk_task_work *w)
{
	unsigned long start = READ_ONCE(current->mm->arg_start);
	unsigned long end = READ_ONCE(current->mm->arg_end);
	size_t len = 0;

	if (end > start)
		len = min_t(size_t, end - start, sizeof(w->args));
	len -= copy_from_user(w->args, (const void __user *)start, len);
	while (len && !w->args[len - 1])
		len--;
	w->args_len = len;
}

static void pk_task_emit(struct pk_item *item, const struct pk_task_work *w)
{
	size_t len = w->cgroup_len + w->args_len;
	size_t size = ALIGN(sizeof(struct pkprof_rec_task_info) + len, 8);
	struct pkprof_rec_task_info *r;

	preempt_disable();
	r = pk_emit_begin(item->id->s, PKPROF_SRC_TASK, PKPROF_REC_TASK_INFO, size, current->pid,
			  pk_clock_ns());
	if (r) {
		r->tgid = current->tgid;
		r->cgroup_len = w->cgroup_len;
		r->args_len = w->args_len;
		r->cgroup_id = w->cgroup_id;
		memcpy(r->text, w->cgroup, w->cgroup_len);
		memcpy(r->text + w->cgroup_len, w->args, w->args_len);
		memset(r->text + len, 0, size - sizeof(*r) - len);
		pk_emit_end(item->id->s);
	}
	preempt_enable();
}

static void pk_task_send(struct pk_item *item)
{
	struct pk_task_work *w;

	if (!current->mm) {	/* killed on its way out of exec */
		pk_item_lose(item, PKPROF_SRC_TASK, PKPROF_LOSS_EXITING);
		return;
	}
	w = kmalloc(sizeof(*w), GFP_KERNEL);
	if (!w) {
		pk_item_lose(item, PKPROF_SRC_TASK, PKPROF_LOSS_NO_MEM);
		return;
	}
	pk_task_read_cgroup(w);
	pk_task_read_args(w);
	if (pk_item_enter(item)) {
		pk_task_emit(item, w);
		pk_item_leave(item);
	}
	kfree(w);
}

/* Its own memory: nobody else holds the lock for longer than the task would have to wait anyway. */
static void pk_space_read(struct pk_item *item)
{
	struct mm_struct *mm = current->mm;

	/* killed on its way */
	if (!mm || mmap_read_lock_killable(mm))
		return;
	if (pk_item_enter(item)) {
		pk_spaces_read(item->id->s->spaces, mm);
		pk_item_leave(item);
	}
	mmap_read_unlock(mm);
}

static void pk_item_do(struct pk_item *item)
{
	switch (item->kind) {
	case PK_ITEM_FILE:
		pk_file_send(item);
		break;
	case PK_ITEM_NAME:
		pk_name_send(item);
		break;
	case PK_ITEM_EXEC:
		pk_task_send(item);
		break;
	case PK_ITEM_SPACE:
		pk_space_read(item);
		break;
	}
}

static unsigned long pk_switches(void)
{
	return current->nvcsw + current->nivcsw;
}

/*
 * What the task itself pays, in the books of source task, where it counts once and a run that is
 * timed for many. Of one that slept or had to wait for a processor the price is not known.
 */
static void pk_item_book(struct pk_item *item, u64 began_ns, unsigned long switches)
{
	u64 ns = pk_clock_ns() - began_ns;

	if (switches != pk_switches() || !pk_item_enter(item))
		return;
	preempt_disable();
	local_add(ns / PK_BOOKS_TIME_EVERY,
		  &pk_session_this_cpu(item->id->s)->books[PKPROF_SRC_TASK].timed_ns);
	preempt_enable();
	pk_item_leave(item);
}

static void pk_item_run(struct callback_head *work)
{
	struct pk_item *item = container_of(work, struct pk_item, work);
	unsigned long switches = pk_switches();
	u64 began_ns = pk_clock_ns();

	pk_item_do(item);
	pk_item_book(item, began_ns, switches);
	if (item->file)
		fput(item->file);
	pk_item_put(item);
}

/* Hang an item on a task, which runs it before it is in user mode; counts the loss where that fails. */
static bool pk_item_queue(struct pk_identity *id, struct task_struct *task, enum pk_item_kind kind,
			  struct file *file, const struct pk_file_id *file_id)
{
	enum pkprof_source src = kind == PK_ITEM_EXEC ? PKPROF_SRC_TASK : PKPROF_SRC_DEF;
	struct pk_item *item = pk_item_get(id);

	if (!item) {
		pk_emit_lost(id->s, src, PKPROF_LOSS_NO_MEM, 1);
		return false;
	}
	item->kind = kind;
	item->file = file ? get_file(file) : NULL;
	if (file_id)
		item->file_id = *file_id;
	init_task_work(&item->work, pk_item_run);
	if (!task_work_add(task, &item->work, TWA_RESUME))
		return true;
	/* neither is the last reference: the mapping or the caller holds one, the owner the other */
	if (file)
		fput(file);
	pk_item_put(item);
	pk_emit_lost(id->s, src, PKPROF_LOSS_EXITING, 1);
	return false;
}

static void pk_identity_see(struct pk_identity *id, enum pk_item_kind kind, struct file *file,
			    const struct pk_file_id *file_id)
{
	u64 key = pk_file_key(id, file_id);
	u64 *entry = pk_file_entry(id, key);

	/* of several that see it at once, one finds that it was not there */
	if (READ_ONCE(*entry) == key || xchg(entry, key) == key)
		return;
	if (!pk_item_queue(id, current, kind, file, file_id))
		pk_file_forget(id, file_id);
}

void pk_identity_see_file(struct pk_identity *id, struct file *file,
			  const struct pk_file_id *file_id)
{
	pk_identity_see(id, PK_ITEM_FILE, file, file_id);
}

void pk_identity_name_file(struct pk_identity *id, struct file *file,
			   const struct pk_file_id *file_id)
{
	pk_identity_see(id, PK_ITEM_NAME, file, file_id);
}

void pk_identity_see_exec(struct pk_identity *id)
{
	pk_item_queue(id, current, PK_ITEM_EXEC, NULL, NULL);
}

void pk_identity_see_space(struct pk_identity *id, struct task_struct *task)
{
	pk_item_queue(id, task, PK_ITEM_SPACE, NULL, NULL);
}
