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
