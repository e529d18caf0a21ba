// SPDX-License-Identifier: GPL-2.0-or-later
/* Chunk TASKS: what happened to tasks. Fields of zero are left out, as a mask tells. */
#include "profile/codec.h"

enum {
	HAS_FLAGS = 1 << 0,
	HAS_PARENT = 1 << 1,
	HAS_START = 1 << 2,
	HAS_COMM = 1 << 3,
	HAS_ARGS = 1 << 4,
	HAS_CGROUP = 1 << 5,
	HAS_CGROUP_ID = 1 << 6,
	HAS_ALL = (1 << 7) - 1
};

static unsigned int mask_of(const struct pk_task_event *e)
{
	return (e->flags ? HAS_FLAGS : 0) | (e->parent_tgid ? HAS_PARENT : 0) |
	       (e->start_ns ? HAS_START : 0) | (e->comm ? HAS_COMM : 0) |
	       (e->args ? HAS_ARGS : 0) | (e->cgroup ? HAS_CGROUP : 0) |
	       (e->cgroup_id ? HAS_CGROUP_ID : 0);
}

int pk_writer_task(struct pk_writer *w, const struct pk_task_event *e)
{
	struct pk_pending *p = &w->pending[PK_CHUNK_TASKS];
	struct pk_strbuf *b = &p->body;
	unsigned int mask = mask_of(e);

	if (e->time_ns > PK_TIME_MAX_NS || e->start_ns > PK_TIME_MAX_NS)
		return pk_writer_refuse(w, "task event at %llu ns", (unsigned long long)e->time_ns);
	if (e->kind >= PK_TASK_NR_KINDS)
		return pk_writer_refuse(w, "task event of kind %u", e->kind);
	if (!pk_writer_has_string(w, e->comm) || !pk_writer_has_string(w, e->args) ||
	    !pk_writer_has_string(w, e->cgroup))
		return pk_writer_refuse(w, "task event with an unknown string");
	if (w->err.code)
		return w->err.code;
	pk_strbuf_varint(b, e->kind);
	pk_strbuf_varint(b, mask);
	pk_strbuf_svarint(b, e->time_ns - p->last.time_ns);
	pk_strbuf_svarint(b, (int64_t)e->tid - p->last.id);
	pk_strbuf_svarint(b, (int64_t)e->tgid - e->tid);
	if (mask & HAS_FLAGS)
		pk_strbuf_varint(b, e->flags);
	if (mask & HAS_PARENT)
		pk_strbuf_svarint(b, (int64_t)e->parent_tgid - e->tgid);
	if (mask & HAS_START)
		pk_strbuf_svarint(b, e->start_ns - e->time_ns);
	if (mask & HAS_COMM)
		pk_strbuf_varint(b, e->comm);
	if (mask & HAS_ARGS)
		pk_strbuf_varint(b, e->args);
	if (mask & HAS_CGROUP)
		pk_strbuf_varint(b, e->cgroup);
	if (mask & HAS_CGROUP_ID)
		pk_strbuf_varint(b, e->cgroup_id);
	p->last.time_ns = e->time_ns;
	p->last.id = e->tid;
	return pk_writer_added(w, PK_CHUNK_TASKS);
}

static int decode_who(struct pk_loading *l, struct pk_reader *r, struct pk_task_event *e)
{
	if (pk_loading_time(l, r, l->last.time_ns, &e->time_ns) ||
	    pk_loading_delta(l, r, l->last.id, &e->tid) ||
	    pk_loading_delta(l, r, e->tid, &e->tgid))
		return -EBADMSG;
	l->last.time_ns = e->time_ns;
	l->last.id = e->tid;
	return 0;
}

static int decode(struct pk_loading *l, struct pk_reader *r)
{
	struct pk_task_event *e = pk_vec_push(&l->p->tasks);
	uint64_t kind, mask;

	if (!e)
		return -ENOMEM;
	if (pk_loading_number(l, r, PK_TASK_NR_KINDS - 1, &kind) ||
	    pk_loading_number(l, r, HAS_ALL, &mask) || decode_who(l, r, e) ||
	    (mask & HAS_FLAGS && pk_loading_u32(l, r, &e->flags)) ||
	    (mask & HAS_PARENT && pk_loading_delta(l, r, e->tgid, &e->parent_tgid)) ||
	    (mask & HAS_START && pk_loading_time(l, r, e->time_ns, &e->start_ns)) ||
	    (mask & HAS_COMM && pk_loading_string(l, r, &e->comm)) ||
	    (mask & HAS_ARGS && pk_loading_string(l, r, &e->args)) ||
	    (mask & HAS_CGROUP && pk_loading_string(l, r, &e->cgroup)) ||
	    (mask & HAS_CGROUP_ID && pk_loading_number(l, r, UINT64_MAX, &e->cgroup_id)))
		return -EBADMSG;
	e->kind = kind;
	return 0;
}

const struct pk_codec pk_codec_tasks = {
	.name = "tasks",
	.needs = 1 << PK_CHUNK_STRINGS,
	.decode_item = decode,
};
