// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lives of tasks: fork, exec, exit, names, cgroups, executable mappings.
 *
 * In: tracepoints of the scheduler, of task names and of cgroups, and a kprobe
 * on perf_event_mmap(), which the kernel calls for each mapping that is made or
 * changes its protection, whether or not perf is in use. Out: one record each,
 * of the processes that the filter lets pass; the filter's set is kept here.
 *
 * Order: a fork's record precedes whatever the child does, as the child is not
 * awake yet. An exec's record precedes the mappings of the new program: it is
 * written when the kernel renames the task, right after the change of memory,
 * because sched_process_exec comes when all is mapped.
 *
 * Probes may be preemptible, so each disables preemption itself. The kprobe's
 * handler may look like an NMI (5.10, breakpoint).
 */
#include <linux/cgroup.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <asm/ptrace.h>

#include "compat/tracepoint.h"
#include "identity.h"
#include "session.h"
#include "source.h"
#include "spaces.h"
#include "tracepoint.h"

/* What one session's probes work with. */
struct pk_task_source {
	struct pk_session *session;
	struct pk_identity *identity;
	struct kprobe mmap_probe;
	bool has_mmap_probe;
};

/* One session at a time; attach and detach are serialized by their caller. */
static struct pk_task_source *pk_task_source;

/* A handler's run: preemption is off from enter to leave. */
static struct pk_books *pk_task_enter(struct pk_session *s, u64 *entered_ret)
{
	struct pk_books *books;

	preempt_disable_notrace();
	books = &pk_session_this_cpu(s)->books[PKPROF_SRC_TASK];
	*entered_ret = pk_books_enter(books, PK_BOOKS_TIME_EVERY);
	return books;
}

static void pk_task_leave(struct pk_books *books, u64 entered)
{
	pk_books_leave(books, entered);
	preempt_enable_notrace();
}

static void pk_comm_copy(char dst[PKPROF_COMM_LEN], const char *comm)
{
	size_t len = strnlen(comm, PKPROF_COMM_LEN - 1);

	memcpy(dst, comm, len);
	memset(dst + len, 0, PKPROF_COMM_LEN - len);
}

static u64 pk_task_cgroup_id(struct task_struct *p)
{
	u64 id;

	rcu_read_lock();
	id = cgroup_id(task_dfl_cgroup(p));
	rcu_read_unlock();
	return id;
}

static void pk_task_emit_fork(struct pk_session *s, struct task_struct *parent,
			      struct task_struct *child)
{
	struct pkprof_rec_fork *r = pk_emit_begin(s, PKPROF_SRC_TASK, PKPROF_REC_FORK, sizeof(*r),
						  child->pid, pk_clock_ns());

	if (!r)
		return;
	r->tgid = child->tgid;
	r->parent_tid = parent->pid;
	r->parent_tgid = parent->tgid;
	r->flags = 0;
	if (child->tgid == parent->tgid)
		r->flags |= PKPROF_TASK_THREAD;
	if (child->flags & PF_KTHREAD)
		r->flags |= PKPROF_TASK_KTHREAD;
	if (child->mm && child->mm == parent->mm)
		r->flags |= PKPROF_TASK_SAME_MM;
	r->start_ns = child->start_time;
	r->cgroup_id = pk_task_cgroup_id(child);
	pk_comm_copy(r->comm, child->comm);
	pk_emit_end(s);
}

static bool pk_task_has_own_memory(const struct task_struct *parent, const struct task_struct *child)
{
	return child->mm && child->mm != parent->mm && !(child->flags & PF_KTHREAD);
}

static void pk_on_fork(void *data, struct task_struct *parent, struct task_struct *child)
{
	struct pk_task_source *ts = data;
	struct pk_session *s = ts->session;
	struct pk_books *books;
	u64 entered;

	books = pk_task_enter(s, &entered);
	pk_filter_fork(&s->filter, parent->tgid, child->tgid);
	if (pk_filter_match(&s->filter, child->tgid)) {
		pk_task_emit_fork(s, parent, child);
		if (s->spaces && pk_task_has_own_memory(parent, child))
			pk_identity_see_space(ts->identity, child);
	}
	pk_task_leave(books, entered);
}

static void pk_task_emit_comm(struct pk_session *s, struct task_struct *p, const char *comm)
{
	struct pkprof_rec_comm *r = pk_emit_begin(s, PKPROF_SRC_TASK, PKPROF_REC_COMM, sizeof(*r),
						  p->pid, pk_clock_ns());

	if (!r)
		return;
	r->tgid = p->tgid;
	r->reserved = 0;
	pk_comm_copy(r->comm, comm);
	pk_emit_end(s);
}

/* What the task's ID was before is not known here; pk_on_exec() tells. */
static void pk_task_emit_exec(struct pk_session *s, struct task_struct *p, const char *comm)
{
	struct pkprof_rec_exec *r = pk_emit_begin(s, PKPROF_SRC_TASK, PKPROF_REC_EXEC, sizeof(*r),
						  p->pid, pk_clock_ns());

	if (!r)
		return;
	r->tgid = p->tgid;
	r->old_tid = p->pid;
	pk_comm_copy(r->comm, comm);
	pk_emit_end(s);
}

/* A task in exec is renamed by nothing but exec, and past its point of no return. */
static void pk_on_rename(void *data, struct task_struct *p, const char *comm)
{
	struct pk_session *s = ((struct pk_task_source *)data)->session;
	struct pk_books *books;
	u64 entered;

	books = pk_task_enter(s, &entered);
	if (pk_filter_match(&s->filter, p->tgid)) {
		if (p == current && p->in_execve)
			pk_task_emit_exec(s, p, comm);
		else
			pk_task_emit_comm(s, p, comm);
	}
	pk_task_leave(books, entered);
}

static void pk_task_emit_exit(struct pk_session *s, u32 tid, u32 tgid, bool group_dead)
{
	struct pkprof_rec_exit *r = pk_emit_begin(s, PKPROF_SRC_TASK, PKPROF_REC_EXIT, sizeof(*r),
						  tid, pk_clock_ns());

	if (!r)
		return;
	r->tgid = tgid;
	r->flags = group_dead ? PKPROF_TASK_GROUP_DEAD : 0;
	pk_emit_end(s);
}

/*
 * Exec is through. A thread other than the leader took the leader's ID when it
 * began; the ID that it had is gone.
 */
static void pk_on_exec(void *data, struct task_struct *p, pid_t old_pid,
		       struct linux_binprm *bprm)
{
	struct pk_task_source *ts = data;
	struct pk_session *s = ts->session;
	struct pk_books *books;
	u64 entered;

	books = pk_task_enter(s, &entered);
	if (pk_filter_match(&s->filter, p->tgid)) {
		if (old_pid != p->pid)
			pk_task_emit_exit(s, old_pid, p->tgid, false);
		pk_identity_see_exec(ts->identity);
	}
	pk_task_leave(books, entered);
}

static void pk_on_exit(struct pk_task_source *ts, struct task_struct *p, bool group_dead)
{
	struct pk_session *s = ts->session;
	struct pk_books *books;
	u64 entered;

	books = pk_task_enter(s, &entered);
	if (pk_filter_match(&s->filter, p->tgid))
		pk_task_emit_exit(s, p->pid, p->tgid, group_dead);
	pk_task_leave(books, entered);
}

PK_PROBE_SCHED_PROCESS_EXIT(pk_on_exit_probe, pk_on_exit)

static void pk_task_emit_cgroup(struct pk_session *s, struct task_struct *p, struct cgroup *cgrp,
				const char *path, bool threadgroup)
{
	size_t path_len = strnlen(path, PKPROF_MAX_STRING);
	size_t size = ALIGN(sizeof(struct pkprof_rec_cgroup) + path_len, 8);
	struct pkprof_rec_cgroup *r;

	r = pk_emit_begin(s, PKPROF_SRC_TASK, PKPROF_REC_CGROUP, size, p->pid, pk_clock_ns());
	if (!r)
		return;
	r->tgid = p->tgid;
	r->path_len = path_len;
	r->flags = threadgroup ? PKPROF_CGROUP_THREADGROUP : 0;
	r->cgroup_id = cgroup_id(cgrp);
	memcpy(r->path, path, path_len);
	memset(r->path + path_len, 0, size - sizeof(*r) - path_len);
	pk_emit_end(s);
}

/* cgroup v2 only: a task is in one of it, but in many of v1. */
static void pk_on_cgroup(void *data, struct cgroup *cgrp, const char *path,
			 struct task_struct *p, bool threadgroup)
{
	struct pk_session *s = ((struct pk_task_source *)data)->session;
	struct pk_books *books;
	u64 entered;

	books = pk_task_enter(s, &entered);
	if (cgrp->root == &cgrp_dfl_root && pk_filter_match(&s->filter, p->tgid))
		pk_task_emit_cgroup(s, p, cgrp, path, threadgroup);
	pk_task_leave(books, entered);
}

static void pk_task_emit_map(struct pk_session *s, struct vm_area_struct *vma,
			     const struct pk_file_id *id)
{
	struct pkprof_rec_map *r = pk_emit_begin(s, PKPROF_SRC_TASK, PKPROF_REC_MAP, sizeof(*r),
						 current->pid, pk_clock_ns());

	if (!r)
		return;
	r->tgid = current->tgid;
	r->dev = id->dev;
	r->addr = vma->vm_start;
	r->len = vma->vm_end - vma->vm_start;
	r->file_off = (u64)vma->vm_pgoff << PAGE_SHIFT;
	r->ino = id->ino;
	r->gen = id->gen;
	r->flags = pk_area_is_vdso(vma) ? PKPROF_MAP_VDSO : 0;
	pk_emit_end(s);
}

/* A JIT may turn the same memory writable and executable again all the time. */
static bool pk_task_map_is_news(struct pk_session *s, const struct vm_area_struct *vma)
{
	const struct pk_range *range;
	bool known;

	if (vma->vm_file)
		return true;
	rcu_read_lock();
	range = pk_ranges_find(pk_spaces_find(s->spaces, current->mm), vma->vm_start);
	known = range && !range->ref && range->end >= vma->vm_end;
	rcu_read_unlock();
	return !known;
}

static void pk_task_see_map(struct pk_task_source *ts, struct vm_area_struct *vma)
{
	struct pk_session *s = ts->session;
	struct pk_file_id id = pk_file_id_of(vma->vm_file);

	pk_task_emit_map(s, vma, &id);
	if (vma->vm_file)
		pk_identity_see_file(ts->identity, vma->vm_file, &id);
	if (s->spaces && pk_task_map_is_news(s, vma))
		pk_identity_see_space(ts->identity, current);
}

/*
 * At the entry of perf_event_mmap(vma). Memory of others changes here only when
 * a stack of theirs grows, and stacks are not executable unless asked for.
 */
static int pk_on_mmap(struct kprobe *probe, struct pt_regs *regs)
{
	struct pk_task_source *ts = container_of(probe, struct pk_task_source, mmap_probe);
	struct vm_area_struct *vma = (void *)regs_get_kernel_argument(regs, 0);
	struct pk_books *books;
	u64 entered;

	books = pk_task_enter(ts->session, &entered);
	if ((vma->vm_flags & VM_EXEC) && vma->vm_mm == current->mm &&
	    pk_filter_match(&ts->session->filter, current->tgid))
		pk_task_see_map(ts, vma);
	pk_task_leave(books, entered);
	return 0;
}
NOKPROBE_SYMBOL(pk_on_mmap);

static struct pk_tracepoint pk_task_tracepoints[] = {
	{ .name = "sched_process_fork", .probe = pk_on_fork },
	{ .name = "sched_process_exec", .probe = pk_on_exec },
	{ .name = "sched_process_exit", .probe = pk_on_exit_probe },
	{ .name = "task_rename", .probe = pk_on_rename },
	{ .name = "cgroup_attach_task", .probe = pk_on_cgroup },
};

PK_PROBE_CHECK(sched_process_fork, pk_on_fork)
PK_PROBE_CHECK(sched_process_exec, pk_on_exec)
PK_PROBE_CHECK(task_rename, pk_on_rename)
PK_PROBE_CHECK(cgroup_attach_task, pk_on_cgroup)

/* Without mappings the session is poorer, not impossible. */
static void pk_task_attach_mmap(struct pk_task_source *ts)
{
	int ret;

	ts->mmap_probe.symbol_name = "perf_event_mmap";
	ts->mmap_probe.pre_handler = pk_on_mmap;
	ret = register_kprobe(&ts->mmap_probe);
	ts->has_mmap_probe = !ret;
	if (ret)
		pr_warn("pkprof: cannot probe perf_event_mmap (error %d): new mappings are not recorded\n",
			ret);
}

/* What the kprobe missed because another one's handler was running here. */
static void pk_task_detach_mmap(struct pk_task_source *ts)
{
	if (!ts->has_mmap_probe)
		return;
	unregister_kprobe(&ts->mmap_probe);
	if (!ts->mmap_probe.nmissed)
		return;
	preempt_disable();
	pk_emit_lost(ts->session, PKPROF_SRC_TASK, PKPROF_LOSS_NESTED, ts->mmap_probe.nmissed);
	preempt_enable();
}

static int pk_task_attach(struct pk_session *s)
{
	struct pk_task_source *ts = kzalloc(sizeof(*ts), GFP_KERNEL);
	int ret = -ENOMEM;

	if (!ts)
		return -ENOMEM;
	ts->session = s;
	ts->identity = pk_identity_create(s);
	if (!ts->identity)
		goto err_source;
	ret = pk_tracepoints_attach(pk_task_tracepoints, ARRAY_SIZE(pk_task_tracepoints), ts);
	if (ret)
		goto err_identity;
	/* forks are seen from here on: what is older than the probe is looked for at once */
	pk_filter_add_descendants(&s->filter);
	pk_task_attach_mmap(ts);
	pk_task_source = ts;
	return 0;
err_identity:
	pk_identity_destroy(ts->identity);
err_source:
	kfree(ts);
	return ret;
}

static void pk_task_detach(struct pk_session *s)
{
	struct pk_task_source *ts = pk_task_source;

	pk_task_source = NULL;
	pk_task_detach_mmap(ts);
	pk_tracepoints_detach(pk_task_tracepoints, ARRAY_SIZE(pk_task_tracepoints), ts);
	pk_identity_destroy(ts->identity);
	kfree(ts);
}

static int pk_task_works(void)
{
	return pk_tracepoints_find(pk_task_tracepoints, ARRAY_SIZE(pk_task_tracepoints));
}

const struct pk_source pk_source_task = {
	.name = "task",
	.id = PKPROF_SRC_TASK,
	.works = pk_task_works,
	.attach = pk_task_attach,
	.detach = pk_task_detach,
};
