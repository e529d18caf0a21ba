// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a dump of the ledger tells, checked piece by piece; see ledger.h.
 *
 * A module of another version, or a dump file, may hold anything: sizes come from the
 * transport and are checked first, and nothing beyond them is looked at.
 */
#include <errno.h>
#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "source/ledger.h"

#define MAX_CPUS 65536 /* more is nonsense */

static_assert(PKPROF_NR_LINES <= UINT8_MAX, "a state is one byte");

/* Lines are known ones; *sum_ret: of their ns, modulo 2^64 for the many dead. */
static const char *lines_fault(const struct pkprof_ledger_line *lines, unsigned int nr,
			       uint64_t *sum_ret)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < nr; i++) {
		if (lines[i].line >= PKPROF_NR_LINES)
			return "a line is not known here";
		sum += lines[i].ns;
	}
	*sum_ret = sum;
	return NULL;
}

static bool ends_in_time(const char comm[PKPROF_COMM_LEN])
{
	return memchr(comm, '\0', PKPROF_COMM_LEN);
}

/* Whether @nr elements of @size fit behind a head of @head bytes. */
static bool fits(size_t bytes, size_t head, size_t nr, size_t size)
{
	return bytes >= head && (bytes - head) / size >= nr;
}

const char *pk_ledger_thread_fault(const struct pkprof_ledger_thread *t, size_t bytes)
{
	const char *fault;
	uint64_t sum;

	if (bytes < sizeof(*t) || !fits(bytes, sizeof(*t), t->nr_lines, sizeof(t->lines[0])))
		return "it is cut";
	if (t->state >= PKPROF_NR_LINES)
		return "its state is not known here";
	if (!ends_in_time(t->comm))
		return "its name does not end";
	if (t->from_ns > t->since_ns || t->since_ns > t->read_ns || t->read_ns > INT64_MAX)
		return "its times go backwards";
	fault = lines_fault(t->lines, t->nr_lines, &sum);
	if (!fault && sum != t->since_ns - t->from_ns)
		fault = "its lines do not sum up to its time";
	return fault;
}

const char *pk_ledger_process_fault(const struct pkprof_ledger_process *p, size_t bytes)
{
	uint64_t sum;

	if (bytes < sizeof(*p) || !fits(bytes, sizeof(*p), p->nr_lines, sizeof(p->lines[0])))
		return "it is cut";
	if (!ends_in_time(p->comm))
		return "its name does not end";
	if (p->read_ns > INT64_MAX)
		return "its time makes no sense";
	return lines_fault(p->lines, p->nr_lines, &sum);
}

const char *pk_ledger_cpu_fault(const struct pkprof_ledger_cpu *c, size_t bytes)
{
	if (bytes < sizeof(*c))
		return "it is cut";
	if (c->cpu >= MAX_CPUS)
		return "there are not that many CPUs";
	if (c->from_ns > c->read_ns || c->read_ns > INT64_MAX)
		return "its times go backwards";
	if (c->busy_ns + c->idle_ns + c->offline_ns != c->read_ns - c->from_ns)
		return "its parts do not sum up to its time";
	return NULL;
}

const char *pk_ledger_hist_fault(const struct pkprof_hist *h, size_t bytes)
{
	unsigned int limit;

	if (bytes < sizeof(*h) || !fits(bytes, sizeof(*h), h->nr_buckets, sizeof(h->buckets[0])))
		return "it is cut";
	if (h->what >= PKPROF_NR_HISTS || h->key >= PKPROF_NR_HIST_KEYS)
		return "its kind is not known here";
	limit = h->key == PKPROF_HIST_THREAD ? PKPROF_HIST_COARSE : PKPROF_HIST_BUCKETS;
	for (unsigned int i = 0; i < h->nr_buckets; i++)
		if (h->buckets[i].bucket >= limit || (i && h->buckets[i].bucket <= h->buckets[i - 1].bucket))
			return "its buckets are out of range or out of order";
	return NULL;
}

const char *pk_ledger_sums_fault(const struct pkprof_sums *s, size_t bytes)
{
	if (bytes < sizeof(*s))
		return "it is cut";
	if (s->source >= PKPROF_NR_SOURCES)
		return "the source is not known here";
	return s->from_ns > INT64_MAX ? "its time makes no sense" : NULL;
}

const char *pk_block_device_fault(const struct pkprof_block_device *d, size_t bytes)
{
	uint64_t sum = 0;

	if (bytes < sizeof(*d))
		return "it is cut";
	if (!memchr(d->name, '\0', sizeof(d->name)))
		return "its name does not end";
	if (d->from_ns > d->read_ns || d->read_ns > INT64_MAX)
		return "its times go backwards";
	for (unsigned int i = 0; i < PKPROF_BLOCK_DEPTHS; i++)
		sum += d->depth_ns[i];
	return sum == d->read_ns - d->from_ns ? NULL : "its parts do not sum up to its time";
}

static uint32_t order_of(const struct pkprof_block_bucket *b)
{
	return b->time * PKPROF_HIST_BUCKETS + b->bucket;
}

const char *pk_block_ops_fault(const struct pkprof_block_ops *o, size_t bytes)
{
	if (bytes < sizeof(*o) || !fits(bytes, sizeof(*o), o->nr_buckets, sizeof(o->buckets[0])))
		return "it is cut";
	if (o->op >= PKPROF_NR_BLOCK_OPS || o->size >= PKPROF_BLOCK_SIZES)
		return "its kind is not known here";
	for (uint32_t i = 0; i < o->nr_buckets; i++)
		if (o->buckets[i].bucket >= PKPROF_HIST_BUCKETS ||
		    o->buckets[i].time >= PKPROF_NR_BLOCK_TIMES ||
		    (i && order_of(&o->buckets[i]) <= order_of(&o->buckets[i - 1])))
			return "its buckets are out of range or out of order";
	return NULL;
}

/* What a row's name takes behind its buckets. */
static size_t name_bytes(const struct pkprof_net_conns *c)
{
	return c->family == PKPROF_NET_FAMILY_UNIX ? PKPROF_NET_NAME_ROOM(c->port) : 0;
}

const char *pk_net_conns_fault(const struct pkprof_net_conns *c, size_t bytes)
{
	uint32_t last = 0;

	size_t name;

	if (bytes < sizeof(*c))
		return "it is cut";
	name = name_bytes(c);
	if (bytes < sizeof(*c) + name ||
	    !fits(bytes - name, sizeof(*c), c->nr_buckets, sizeof(c->buckets[0])))
		return "it is cut";
	if (c->role >= PKPROF_NR_NET_ROLES ||
	    (c->family != 0 && c->family != 4 && c->family != 6 && c->family != PKPROF_NET_FAMILY_UNIX))
		return "its kind is not known here";
	if (name && c->port > PKPROF_NET_MAX_NAME)
		return "its name is too long";
	for (uint32_t i = 0; i < c->nr_buckets; i++) {
		const struct pkprof_net_bucket *b = &c->buckets[i];
		uint32_t at = b->dist * PKPROF_HIST_BUCKETS + b->bucket;

		if (b->bucket >= PKPROF_HIST_BUCKETS || b->dist >= PKPROF_NR_NET_DISTS ||
		    (i && at <= last))
			return "its buckets are out of range or out of order";
		last = at;
	}
	return NULL;
}

const char *pk_vfs_fs_fault(const struct pkprof_vfs_fs *f, size_t bytes)
{
	if (bytes < sizeof(*f))
		return "it is cut";
	return memchr(f->type, '\0', sizeof(f->type)) && memchr(f->name, '\0', sizeof(f->name)) ?
		       NULL : "its name does not end";
}

const char *pk_vfs_ops_fault(const struct pkprof_vfs_ops *o, size_t bytes)
{
	if (bytes < sizeof(*o) || !fits(bytes, sizeof(*o), o->nr_buckets, sizeof(o->buckets[0])))
		return "it is cut";
	if (o->op >= PKPROF_NR_VFS_OPS)
		return "its kind is not known here";
	for (uint32_t i = 0; i < o->nr_buckets; i++)
		if (o->buckets[i].bucket >= PKPROF_HIST_BUCKETS ||
		    (i && o->buckets[i].bucket <= o->buckets[i - 1].bucket))
			return "its buckets are out of range or out of order";
	return NULL;
}

const char *pk_wait_on_fault(const struct pkprof_wait_on *w, size_t bytes)
{
	if (bytes < sizeof(*w))
		return "it is cut";
	if (w->line >= PKPROF_NR_LINES || w->kind >= PKPROF_NR_ON_KINDS ||
	    (w->family != 0 && w->family != 4 && w->family != 6))
		return "its kind is not known here";
	return w->tgid && w->flags & PKPROF_ON_ANY_TGID ? "it is of one process and of any" : NULL;
}

static const char *info_fault(const struct pkprof_ledger_info *i, size_t bytes)
{
	if (bytes < sizeof(*i))
		return "it is cut";
	return i->from_ns > i->now_ns || i->now_ns > INT64_MAX ? "its times go backwards" : NULL;
}

static int malformed(const char *what, unsigned long id, const char *fault, struct pk_err *err)
{
	return pk_err_set(err, -EBADMSG, "the ledger's %s %lu makes no sense: %s", what, id, fault);
}

static int tell_thread(const struct pkprof_ledger_thread *t, size_t bytes,
		       const struct pk_ledger_visitor *v, void *ctx, struct pk_err *err)
{
	const char *fault = pk_ledger_thread_fault(t, bytes);

	if (fault)
		return malformed("account of thread", bytes < sizeof(*t) ? 0 : t->tid, fault, err);
	return v->thread ? v->thread(ctx, t) : 0;
}

static int tell_process(const struct pkprof_ledger_process *p, size_t bytes,
			const struct pk_ledger_visitor *v, void *ctx, struct pk_err *err)
{
	const char *fault = pk_ledger_process_fault(p, bytes);

	if (fault)
		return malformed("account of process", bytes < sizeof(*p) ? 0 : p->tgid, fault, err);
	return v->process ? v->process(ctx, p) : 0;
}

static int tell_cpu(const struct pkprof_ledger_cpu *c, size_t bytes,
		    const struct pk_ledger_visitor *v, void *ctx, struct pk_err *err)
{
	const char *fault = pk_ledger_cpu_fault(c, bytes);

	if (fault)
		return malformed("account of CPU", bytes < sizeof(*c) ? 0 : c->cpu, fault, err);
	return v->cpu ? v->cpu(ctx, c) : 0;
}

static int tell_hist(const struct pkprof_hist *h, size_t bytes, const struct pk_ledger_visitor *v,
		     void *ctx, struct pk_err *err)
{
	const char *fault = pk_ledger_hist_fault(h, bytes);

	if (fault)
		return malformed("distribution of", bytes < sizeof(*h) ? 0 : h->id, fault, err);
	return v->hist ? v->hist(ctx, h) : 0;
}

static int tell_info(const struct pkprof_ledger_info *i, size_t bytes,
		     const struct pk_ledger_visitor *v, void *ctx, struct pk_err *err)
{
	const char *fault = info_fault(i, bytes);

	if (fault)
		return malformed("description", 0, fault, err);
	return v->info ? v->info(ctx, i) : 0;
}

static int tell_sums(const struct pkprof_sums *s, size_t bytes, const struct pk_ledger_visitor *v,
		     void *ctx, struct pk_err *err)
{
	const char *fault = pk_ledger_sums_fault(s, bytes);

	if (fault)
		return malformed("sums of source", bytes < sizeof(*s) ? 0 : s->source, fault, err);
	return v->sums ? v->sums(ctx, s) : 0;
}

static int tell_block_device(const struct pkprof_block_device *d, size_t bytes,
			     const struct pk_ledger_visitor *v, void *ctx, struct pk_err *err)
{
	const char *fault = pk_block_device_fault(d, bytes);

	if (fault)
		return malformed("block device", bytes < sizeof(*d) ? 0 : d->id, fault, err);
	return v->block_device ? v->block_device(ctx, d) : 0;
}

static int tell_block_ops(const struct pkprof_block_ops *o, size_t bytes,
			  const struct pk_ledger_visitor *v, void *ctx, struct pk_err *err)
{
	const char *fault = pk_block_ops_fault(o, bytes);

	if (fault)
		return malformed("requests of block device", bytes < sizeof(*o) ? 0 : o->device,
				 fault, err);
	return v->block_ops ? v->block_ops(ctx, o) : 0;
}

static int tell_net_conns(const struct pkprof_net_conns *c, size_t bytes,
			  const struct pk_ledger_visitor *v, void *ctx, struct pk_err *err)
{
	const char *fault = pk_net_conns_fault(c, bytes);

	if (fault)
		return malformed("row of connections", bytes < sizeof(*c) ? 0 : c->id, fault, err);
	return v->net_conns ? v->net_conns(ctx, c) : 0;
}

static int tell_vfs_fs(const struct pkprof_vfs_fs *f, size_t bytes, const struct pk_ledger_visitor *v,
		       void *ctx, struct pk_err *err)
{
	const char *fault = pk_vfs_fs_fault(f, bytes);

	if (fault)
		return malformed("file system", bytes < sizeof(*f) ? 0 : f->id, fault, err);
	return v->vfs_fs ? v->vfs_fs(ctx, f) : 0;
}

static int tell_vfs_ops(const struct pkprof_vfs_ops *o, size_t bytes,
			const struct pk_ledger_visitor *v, void *ctx, struct pk_err *err)
{
	const char *fault = pk_vfs_ops_fault(o, bytes);

	if (fault)
		return malformed("operations on file system", bytes < sizeof(*o) ? 0 : o->fs, fault,
				 err);
	return v->vfs_ops ? v->vfs_ops(ctx, o) : 0;
}

static int tell_wait_on(const struct pkprof_wait_on *w, size_t bytes,
			const struct pk_ledger_visitor *v, void *ctx, struct pk_err *err)
{
	const char *fault = pk_wait_on_fault(w, bytes);

	if (fault)
		return malformed("row of waits", bytes < sizeof(*w) ? 0 : w->cell, fault, err);
	return v->wait_on ? v->wait_on(ctx, w) : 0;
}

int pk_ledger_tell(unsigned int kind, const void *piece, size_t bytes,
		   const struct pk_ledger_visitor *v, void *ctx, struct pk_err *err)
{
	switch (kind) {
	case PKPROF_A_LEDGER_INFO:
		return tell_info(piece, bytes, v, ctx, err);
	case PKPROF_A_LEDGER_CPU:
		return tell_cpu(piece, bytes, v, ctx, err);
	case PKPROF_A_LEDGER_PROCESS:
		return tell_process(piece, bytes, v, ctx, err);
	case PKPROF_A_LEDGER_THREAD:
		return tell_thread(piece, bytes, v, ctx, err);
	case PKPROF_A_LEDGER_HIST:
		return tell_hist(piece, bytes, v, ctx, err);
	case PKPROF_A_LEDGER_ALIVE:
		if (bytes % sizeof(uint64_t))
			return malformed("list of accounts", bytes, "it is cut", err);
		return v->alive ? v->alive(ctx, piece, bytes / sizeof(uint64_t)) : 0;
	case PKPROF_A_SUMS:
		return tell_sums(piece, bytes, v, ctx, err);
	case PKPROF_A_BLOCK_DEVICE:
		return tell_block_device(piece, bytes, v, ctx, err);
	case PKPROF_A_BLOCK_OPS:
		return tell_block_ops(piece, bytes, v, ctx, err);
	case PKPROF_A_NET_CONNS:
		return tell_net_conns(piece, bytes, v, ctx, err);
	case PKPROF_A_VFS_FS:
		return tell_vfs_fs(piece, bytes, v, ctx, err);
	case PKPROF_A_VFS_OPS:
		return tell_vfs_ops(piece, bytes, v, ctx, err);
	case PKPROF_A_WAIT_ON:
		return tell_wait_on(piece, bytes, v, ctx, err);
	}
	return 0;
}

size_t pk_ledger_piece_bytes(unsigned int kind, const void *piece)
{
	const struct pkprof_ledger_process *p = piece;
	const struct pkprof_ledger_thread *t = piece;
	const struct pkprof_hist *h = piece;
	const struct pkprof_block_ops *o = piece;
	const struct pkprof_net_conns *n = piece;
	const struct pkprof_vfs_ops *f = piece;

	switch (kind) {
	case PKPROF_A_LEDGER_INFO:
		return sizeof(struct pkprof_ledger_info);
	case PKPROF_A_LEDGER_CPU:
		return sizeof(struct pkprof_ledger_cpu);
	case PKPROF_A_LEDGER_PROCESS:
		return sizeof(*p) + p->nr_lines * sizeof(p->lines[0]);
	case PKPROF_A_LEDGER_THREAD:
		return sizeof(*t) + t->nr_lines * sizeof(t->lines[0]);
	case PKPROF_A_LEDGER_HIST:
		return sizeof(*h) + h->nr_buckets * sizeof(h->buckets[0]);
	case PKPROF_A_SUMS:
		return sizeof(struct pkprof_sums);
	case PKPROF_A_BLOCK_DEVICE:
		return sizeof(struct pkprof_block_device);
	case PKPROF_A_BLOCK_OPS:
		return sizeof(*o) + o->nr_buckets * sizeof(o->buckets[0]);
	case PKPROF_A_NET_CONNS:
		return sizeof(*n) + n->nr_buckets * sizeof(n->buckets[0]) + name_bytes(n);
	case PKPROF_A_VFS_FS:
		return sizeof(struct pkprof_vfs_fs);
	case PKPROF_A_VFS_OPS:
		return sizeof(*f) + f->nr_buckets * sizeof(f->buckets[0]);
	case PKPROF_A_WAIT_ON:
		return sizeof(struct pkprof_wait_on);
	}
	return 0;
}
