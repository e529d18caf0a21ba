// SPDX-License-Identifier: GPL-2.0-or-later
/* Ring records for tests; see record_fixture.h. */
#include <stdio.h>
#include <string.h>

#include "record_fixture.h"

#define MAX_RECORD 8192

/* Zeroed room for one record with @extra bytes behind its structure. */
static void *make(void *buffer, unsigned int type, unsigned int source, size_t size, size_t extra,
		  uint64_t time_ns, uint32_t tid)
{
	struct pkprof_rec *rec = buffer;

	memset(buffer, 0, MAX_RECORD);
	rec->type = type;
	rec->source = source;
	rec->size = (size + extra + 7) / 8 * 8;
	rec->tid = tid;
	rec->time_ns = time_ns;
	return buffer;
}

#define BUFFER() static uint64_t buffer[MAX_RECORD / 8]

struct pkprof_rec_sample *make_sample(uint64_t time_ns, uint32_t tid, uint32_t kstack,
				      uint32_t ustack)
{
	BUFFER();
	struct pkprof_rec_sample *r =
		make(buffer, PKPROF_REC_SAMPLE, PKPROF_SRC_CPU, sizeof(*r), 0, time_ns, tid);

	r->tgid = tid;
	r->kstack = kstack;
	r->ustack = ustack;
	return r;
}

struct pkprof_rec_stack *make_stack(enum pkprof_stack_kind kind, uint32_t slot, uint64_t base,
				    unsigned int nr)
{
	BUFFER();
	struct pkprof_rec_stack *r = make(buffer, PKPROF_REC_STACK, PKPROF_SRC_DEF, sizeof(*r),
					  nr * sizeof(r->ip[0]), 0, 0);

	r->slot = slot;
	r->nr = nr;
	r->kind = kind;
	for (unsigned int i = 0; i < nr; i++)
		r->ip[i] = 0x1000 + base + i;
	return r;
}

struct pkprof_rec_fork *make_fork(uint64_t time_ns, uint32_t tid, uint32_t parent, const char *comm)
{
	BUFFER();
	struct pkprof_rec_fork *r =
		make(buffer, PKPROF_REC_FORK, PKPROF_SRC_TASK, sizeof(*r), 0, time_ns, tid);

	r->tgid = tid;
	r->parent_tid = r->parent_tgid = parent;
	r->start_ns = time_ns;
	r->cgroup_id = 77;
	snprintf(r->comm, sizeof(r->comm), "%s", comm);
	return r;
}

struct pkprof_rec_exec *make_exec(uint64_t time_ns, uint32_t tid, const char *comm)
{
	BUFFER();
	struct pkprof_rec_exec *r =
		make(buffer, PKPROF_REC_EXEC, PKPROF_SRC_TASK, sizeof(*r), 0, time_ns, tid);

	r->tgid = r->old_tid = tid;
	snprintf(r->comm, sizeof(r->comm), "%s", comm);
	return r;
}

struct pkprof_rec_comm *make_comm(uint64_t time_ns, uint32_t tid, const char *comm)
{
	BUFFER();
	struct pkprof_rec_comm *r =
		make(buffer, PKPROF_REC_COMM, PKPROF_SRC_TASK, sizeof(*r), 0, time_ns, tid);

	r->tgid = tid;
	/* the full 16 bytes: a NUL is not to be relied on */
	strncpy(r->comm, comm, sizeof(r->comm));
	return r;
}

struct pkprof_rec_exit *make_exit(uint64_t time_ns, uint32_t tid)
{
	BUFFER();
	struct pkprof_rec_exit *r =
		make(buffer, PKPROF_REC_EXIT, PKPROF_SRC_TASK, sizeof(*r), 0, time_ns, tid);

	r->tgid = tid;
	r->flags = PKPROF_TASK_GROUP_DEAD;
	return r;
}

struct pkprof_rec_task_info *make_info(uint64_t time_ns, uint32_t tid, const char *cgroup,
				       const char *args, unsigned int args_len)
{
	BUFFER();
	size_t cgroup_len = strlen(cgroup);
	struct pkprof_rec_task_info *r = make(buffer, PKPROF_REC_TASK_INFO, PKPROF_SRC_TASK,
					      sizeof(*r), cgroup_len + args_len, time_ns, tid);

	r->tgid = tid;
	r->cgroup_len = cgroup_len;
	r->args_len = args_len;
	r->cgroup_id = 78;
	memcpy(r->text, cgroup, cgroup_len);
	memcpy(r->text + cgroup_len, args, args_len);
	return r;
}

struct pkprof_rec_cgroup *make_cgroup(uint64_t time_ns, uint32_t tid, const char *path)
{
	BUFFER();
	struct pkprof_rec_cgroup *r = make(buffer, PKPROF_REC_CGROUP, PKPROF_SRC_TASK, sizeof(*r),
					   strlen(path), time_ns, tid);

	r->tgid = tid;
	r->path_len = strlen(path);
	r->flags = PKPROF_CGROUP_THREADGROUP;
	r->cgroup_id = 79;
	memcpy(r->path, path, r->path_len);
	return r;
}

struct pkprof_rec_map *make_map(uint64_t time_ns, uint32_t tid, uint64_t addr, uint64_t len,
				uint64_t ino)
{
	BUFFER();
	struct pkprof_rec_map *r =
		make(buffer, PKPROF_REC_MAP, PKPROF_SRC_TASK, sizeof(*r), 0, time_ns, tid);

	r->tgid = tid;
	r->dev = ino ? 8u << 20 | 1 : 0;
	r->addr = addr;
	r->len = len;
	r->file_off = 0x1000;
	r->ino = ino;
	r->gen = ino ? 5 : 0;
	return r;
}

struct pkprof_rec_file *make_file(uint64_t ino, const char *path, const void *build_id,
				  unsigned int build_id_len)
{
	BUFFER();
	struct pkprof_rec_file *r =
		make(buffer, PKPROF_REC_FILE, PKPROF_SRC_DEF, sizeof(*r), strlen(path), 0, 0);

	r->dev = 8u << 20 | 1;
	r->gen = 5;
	r->ino = ino;
	r->path_len = strlen(path);
	r->build_id_len = build_id_len;
	memcpy(r->build_id, build_id, build_id_len);
	memcpy(r->path, path, r->path_len);
	return r;
}

struct pkprof_rec_mark *make_mark(uint64_t time_ns, const char *text)
{
	BUFFER();
	struct pkprof_rec_mark *r = make(buffer, PKPROF_REC_MARK, PKPROF_SRC_CORE, sizeof(*r),
					 strlen(text), time_ns, 1);

	r->text_len = strlen(text);
	memcpy(r->text, text, r->text_len);
	return r;
}

struct pkprof_rec_cpu_state *make_cpu_state(uint64_t time_ns, uint32_t cpu, int online)
{
	BUFFER();
	struct pkprof_rec_cpu_state *r =
		make(buffer, PKPROF_REC_CPU_STATE, PKPROF_SRC_CORE, sizeof(*r), 0, time_ns, 0);

	r->cpu = cpu;
	r->online = online;
	return r;
}

struct pkprof_rec_ledger *make_ledger(uint64_t time_ns, uint64_t id, uint32_t tid,
				      uint64_t from_ns, uint64_t cpu_ns)
{
	BUFFER();
	struct pkprof_rec_ledger *r =
		make(buffer, PKPROF_REC_LEDGER, PKPROF_SRC_SCHED, sizeof(*r),
		     2 * sizeof(r->thread.lines[0]), time_ns, tid);

	r->thread.id = id;
	r->thread.tid = r->thread.tgid = tid;
	r->thread.from_ns = from_ns;
	r->thread.since_ns = r->thread.read_ns = time_ns;
	r->thread.flags = PKPROF_LEDGER_DEAD;
	r->thread.nr_lines = 2;
	r->thread.lines[0] = (struct pkprof_ledger_line){ .ns = cpu_ns, .nr = 1,
							  .line = PKPROF_LINE_CPU };
	r->thread.lines[1] = (struct pkprof_ledger_line){ .ns = time_ns - from_ns - cpu_ns, .nr = 1,
							  .line = PKPROF_LINE_WAKEUP };
	return r;
}

struct pkprof_rec_hist *make_hist(uint64_t time_ns, uint32_t tgid, unsigned int nr_buckets)
{
	BUFFER();
	struct pkprof_rec_hist *r = make(buffer, PKPROF_REC_HIST, PKPROF_SRC_SCHED, sizeof(*r),
					 nr_buckets * sizeof(r->hist.buckets[0]), time_ns, tgid);

	r->hist.key = PKPROF_HIST_PROCESS;
	r->hist.id = tgid;
	r->hist.count = r->hist.nr_buckets = nr_buckets;
	r->hist.start_ns = time_ns;
	for (unsigned int i = 0; i < nr_buckets; i++)
		r->hist.buckets[i] = (struct pkprof_hist_bucket){ .bucket = i, .nr = 1 };
	return r;
}

struct pkprof_rec_latency *make_latency(uint64_t time_ns, uint32_t tid, uint64_t queued_ns,
					const char *prev_comm)
{
	BUFFER();
	struct pkprof_rec_latency *r =
		make(buffer, PKPROF_REC_LATENCY, PKPROF_SRC_SCHED, sizeof(*r), 0, time_ns, tid);

	r->tgid = tid;
	r->line = PKPROF_LINE_PREEMPTED;
	r->queued_ns = queued_ns;
	r->threshold_ns = 12345;
	r->prev_tid = 7;
	r->prev_tgid = 6;
	r->prev_ns = 999;
	strncpy(r->prev_comm, prev_comm, sizeof(r->prev_comm));
	return r;
}

struct pkprof_rec_wait *make_wait(uint64_t time_ns, uint32_t tid, uint64_t since_ns,
				  uint32_t kstack, uint32_t ustack)
{
	BUFFER();
	struct pkprof_rec_wait *r =
		make(buffer, PKPROF_REC_WAIT, PKPROF_SRC_OFFCPU, sizeof(*r), 0, time_ns, tid);

	r->tgid = tid;
	r->line = PKPROF_LINE_DISK;
	r->runq_line = PKPROF_LINE_WAKEUP;
	r->period_log2 = 3;
	r->since_ns = since_ns;
	r->woken_ns = since_ns + (time_ns - since_ns) / 2;
	r->nr_blocked = 1;
	r->kstack = kstack;
	r->ustack = ustack;
	return r;
}

struct pkprof_rec_wake *make_wake(uint64_t time_ns, uint32_t tid, uint64_t since_ns,
				  uint32_t waker, const char *waker_comm)
{
	BUFFER();
	struct pkprof_rec_wake *r =
		make(buffer, PKPROF_REC_WAKE, PKPROF_SRC_OFFCPU, sizeof(*r), 0, time_ns, tid);

	r->tgid = tid;
	r->since_ns = since_ns;
	r->waker_tid = r->waker_tgid = waker;
	r->kstack = r->ustack = PKPROF_NO_STACK;
	strncpy(r->waker_comm, waker_comm, sizeof(r->waker_comm));
	return r;
}

struct pkprof_rec_io *make_io(uint64_t time_ns, uint32_t tid, uint64_t id, uint32_t bytes,
			      uint32_t kstack, uint32_t ustack)
{
	BUFFER();
	struct pkprof_rec_io *r =
		make(buffer, PKPROF_REC_IO, PKPROF_SRC_BLOCK, sizeof(*r), 0, time_ns, tid);

	r->tgid = tid;
	r->id = id;
	r->bytes = bytes;
	r->units = bytes + PKPROF_IO_COST;
	r->device = 3;
	r->kstack = kstack;
	r->ustack = ustack;
	return r;
}

struct pkprof_rec_io_end *make_io_end(uint64_t time_ns, uint64_t id)
{
	BUFFER();
	struct pkprof_rec_io_end *r =
		make(buffer, PKPROF_REC_IO_END, PKPROF_SRC_BLOCK, sizeof(*r), 0, time_ns, 0);

	r->id = id;
	r->device = 3;
	r->queue_ns = 20;
	r->device_ns = 30;
	return r;
}
