// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Readings of sums to pictures; see live_io.h. Each cell and device that was told is kept
 * as it was told last: what it has more is the interval's. All of a source start at zero
 * again when its sums do.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "model/live.h"
#include "model/live_io.h"

/* --- what was told ------------------------------------------------------------------- */

#define NR_TOLD 12	/* figures of a cell that are followed */

/* @id: of what is in it, it may change; @sums_ns: of which sums it is. */
struct pk_live_io_cell {
	uint64_t key;
	uint32_t id;
	uint64_t sums_ns;
	uint64_t told[NR_TOLD];
	uint32_t *buckets;	/* PKPROF_HIST_BUCKETS of them, NULL: none yet */
};

/* @seen: index in the picture, while @seen_in is this reading's. */
struct pk_live_io_device {
	uint32_t id, flags;
	char name[PKPROF_BLOCK_NAME];
	uint64_t sums_ns;
	uint64_t idle_ns, load_ns, read_ns;
	uint32_t shown;		/* index in the picture plus 1, 0: not yet */
};

void pk_live_io_deinit(struct pk_live_io *l)
{
	PK_VEC_FOREACH(&l->cells, c)
		free(c->buckets);
	pk_vec_deinit(&l->cells);
	pk_vec_deinit(&l->devices);
	pk_vec_deinit(&l->picture.processes);
	pk_vec_deinit(&l->picture.devices);
	pk_map64_deinit(&l->by_key);
	pk_map64_deinit(&l->by_tgid);
	pk_map64_deinit(&l->by_device);
	pk_map64_deinit(&l->pseudo);
	*l = (struct pk_live_io){ 0 };
}

void pk_live_io_begin(struct pk_live_io *l)
{
	struct pk_live_io_picture *p = &l->picture;

	p->processes.nr = p->devices.nr = 0;
	p->sources = p->anew = p->filtered = 0;
	memset(&p->total, 0, sizeof(p->total));
	memset(&p->gone, 0, sizeof(p->gone));
	memset(&p->none, 0, sizeof(p->none));
	pk_map64_clear(&l->by_tgid);
	PK_VEC_FOREACH(&l->devices, d)
		d->shown = 0;
	l->now_ns = 0;
}

static int on_info(void *ctx, const struct pkprof_ledger_info *i)
{
	struct pk_live_io *l = ctx;

	l->now_ns = i->now_ns;
	return 0;
}

static int on_sums(void *ctx, const struct pkprof_sums *s)
{
	struct pk_live_io *l = ctx;
	uint32_t bit = 1u << s->source;

	l->picture.sources |= bit;
	if (s->flags & PKPROF_SUMS_FILTERED)
		l->picture.filtered |= bit;
	if (l->sums_ns[s->source] == s->from_ns)
		return 0;
	if (l->at_ns && s->from_ns > l->at_ns)
		l->picture.anew |= bit;
	else if (l->at_ns)
		l->restart = true;
	l->sums_ns[s->source] = s->from_ns;
	return 0;
}

/* --- differences ---------------------------------------------------------------------- */

/* What was there before there was anybody to look is no interval's. */
static bool is_baseline(const struct pk_live_io *l)
{
	return !l->at_ns || l->restart;
}

/* NULL: no memory. A cell of other sums, or of another id, starts at zero. */
static struct pk_live_io_cell *cell_of(struct pk_live_io *l, unsigned int source, uint64_t key,
				       uint32_t id)
{
	uint32_t *at = pk_map64_at(&l->by_key, key);
	struct pk_live_io_cell *c;

	if (!at)
		return NULL;
	if (*at == PK_MAP64_NONE) {
		c = pk_vec_push(&l->cells);
		*at = c ? l->cells.nr - 1 : 0;
		if (!c)
			return NULL;
		c->key = key;
	}
	c = &l->cells.data[*at];
	if (c->sums_ns != l->sums_ns[source] || c->id != id) {
		memset(c->told, 0, sizeof(c->told));
		if (c->buckets)
			memset(c->buckets, 0, PKPROF_HIST_BUCKETS * sizeof(*c->buckets));
	}
	c->sums_ns = l->sums_ns[source];
	c->id = id;
	return c;
}

/* What @now has more than was told, which it then is. */
static uint64_t more(struct pk_live_io_cell *c, unsigned int what, uint64_t now)
{
	uint64_t before = c->told[what];

	c->told[what] = now;
	return now > before ? now - before : 0;
}

static struct pk_live_io_amount *amount_of(struct pk_live_io *l, uint32_t tgid)
{
	struct pk_live_io_process *p;
	uint32_t *at;

	if (!tgid)
		return &l->picture.none;
	at = pk_map64_at(&l->by_tgid, tgid);
	if (!at)
		return NULL;
	if (*at == PK_MAP64_NONE) {
		p = pk_vec_push(&l->picture.processes);
		*at = p ? l->picture.processes.nr - 1 : 0;
		if (!p)
			return NULL;
		p->tgid = tgid;
	}
	return &l->picture.processes.data[*at].amount;
}

static void add(struct pk_live_io_amount *sum, const struct pk_live_io_amount *a)
{
	for (unsigned int i = 0; i < PK_LIVE_NR_COUNTS; i++)
		sum->nr[i] += a->nr[i];
	pk_dist_add(&sum->times, &a->times);
}

/* --- block requests ------------------------------------------------------------------- */

static int on_block_device(void *ctx, const struct pkprof_block_device *told)
{
	struct pk_live_io *l = ctx;
	uint32_t *at = pk_map64_at(&l->by_device, told->id);
	struct pk_live_io_device *d;
	struct pk_live_device *shown;
	bool known;

	if (!at)
		return -ENOMEM;
	if (*at == PK_MAP64_NONE) {
		d = pk_vec_push(&l->devices);
		*at = d ? l->devices.nr - 1 : 0;
		if (!d)
			return -ENOMEM;
		d->id = told->id;
	}
	d = &l->devices.data[*at];
	known = d->sums_ns && d->sums_ns == l->sums_ns[PKPROF_SRC_BLOCK];
	if (!known)
		d->idle_ns = d->load_ns = 0;
	if (!is_baseline(l)) {
		shown = pk_vec_push(&l->picture.devices);
		if (!shown)
			return -ENOMEM;
		d->shown = l->picture.devices.nr;
		shown->id = told->id;
		shown->flags = told->flags;
		memcpy(shown->name, told->name, sizeof(shown->name));
		shown->wall_ns = told->read_ns - (known ? d->read_ns : told->from_ns);
		shown->busy_ns = shown->wall_ns - (told->depth_ns[0] - d->idle_ns);
		shown->load_ns = told->load_ns - d->load_ns;
	}
	d->sums_ns = l->sums_ns[PKPROF_SRC_BLOCK];
	d->flags = told->flags;
	d->idle_ns = told->depth_ns[0];
	d->load_ns = told->load_ns;
	d->read_ns = told->read_ns;
	return 0;
}

/* The interval's buckets of the whole time into @ret. */
static int add_times(struct pk_live_io_cell *c, const struct pkprof_block_ops *o, bool baseline,
		     struct pk_dist *ret)
{
	if (!c->buckets)
		c->buckets = calloc(PKPROF_HIST_BUCKETS, sizeof(*c->buckets));
	if (!c->buckets)
		return -ENOMEM;
	for (uint32_t i = 0; i < o->nr_buckets; i++) {
		const struct pkprof_block_bucket *b = &o->buckets[i];
		uint32_t nr;

		if (b->time != PKPROF_BLOCK_TOTAL)
			continue;
		nr = b->nr - c->buckets[b->bucket];
		c->buckets[b->bucket] = b->nr;
		if (baseline || !nr || nr > INT32_MAX)
			continue;
		pk_dist_add_bucket(ret, b->bucket, nr);
		ret->count += nr;
	}
	return 0;
}

static int add_process_ops(struct pk_live_io *l, struct pk_live_io_cell *c,
			   const struct pkprof_block_ops *o, bool stacked)
{
	uint64_t nr = more(c, 0, o->nr), bytes = more(c, 1, o->bytes);
	uint64_t ns = more(c, 2, o->sum_ns[PKPROF_BLOCK_TOTAL]);
	struct pk_live_io_amount *a = amount_of(l, o->tgid);

	if (!a)
		return -ENOMEM;
	if (!is_baseline(l) && !stacked) {
		a->nr[PK_LIVE_REQUESTS] += nr;
		a->nr[PK_LIVE_REQUEST_BYTES] += bytes;
		a->nr[PK_LIVE_REQUEST_NS] += ns;
		a->times.sum_ns += ns;
	}
	return add_times(c, o, is_baseline(l) || stacked, &a->times);
}

/* @d: NULL: it is not in the picture, as there is none yet. */
static int add_device_ops(struct pk_live_io_cell *c, const struct pkprof_block_ops *o,
			  struct pk_live_device *d)
{
	uint64_t nr = more(c, 0, o->nr), bytes = more(c, 1, o->bytes);
	uint64_t ns = more(c, 2, o->sum_ns[PKPROF_BLOCK_TOTAL]);
	uint64_t queue_ns = more(c, 3, o->sum_ns[PKPROF_BLOCK_QUEUE]);
	uint64_t device_ns = more(c, 4, o->sum_ns[PKPROF_BLOCK_DEVICE]);
	static struct pk_dist nowhere;

	if (d && o->op == PKPROF_BLOCK_READ) {
		d->reads += nr;
		d->read_bytes += bytes;
	} else if (d && (o->op == PKPROF_BLOCK_WRITE || o->op == PKPROF_BLOCK_SYNC)) {
		d->writes += nr;
		d->write_bytes += bytes;
	} else if (d) {
		d->others += nr;
	}
	if (d) {
		d->queue_ns += queue_ns;
		d->device_ns += device_ns;
		d->times.sum_ns += ns;
	}
	return add_times(c, o, !d, d ? &d->times : &nowhere);
}

static int on_block_ops(void *ctx, const struct pkprof_block_ops *o)
{
	struct pk_live_io *l = ctx;
	uint32_t at = pk_map64_get(&l->by_device, o->device);
	const struct pk_live_io_device *d = at == PK_MAP64_NONE ? NULL : &l->devices.data[at];
	uint64_t key = (uint64_t)PKPROF_SRC_BLOCK << 60 | (uint64_t)(o->device & 0xffff) << 44 |
		       (uint64_t)(o->op & 15) << 40 | (uint64_t)(o->size & 15) << 36 |
		       (uint64_t)(o->by & 3) << 33 | (uint64_t)(o->any_tgid & 1) << 32 | o->tgid;
	struct pk_live_io_cell *c = cell_of(l, PKPROF_SRC_BLOCK, key, 0);
	struct pk_live_device *shown = d && d->shown ? &l->picture.devices.data[d->shown - 1] : NULL;

	if (!c)
		return -ENOMEM;
	if (o->tgid || o->any_tgid)
		return add_process_ops(l, c, o, d && d->flags & PKPROF_BLOCK_STACKED);
	return add_device_ops(c, o, shown);
}

/* --- connections ----------------------------------------------------------------------- */

static const struct {
	uint8_t what;	/* enum pkprof_net_count */
	uint8_t count;	/* enum pk_live_io_count */
} net_counts[] = {
	{ PKPROF_NET_BYTES_IN, PK_LIVE_IN_BYTES },   { PKPROF_NET_BYTES_OUT, PK_LIVE_OUT_BYTES },
	{ PKPROF_NET_SENDS, PK_LIVE_SENDS },	     { PKPROF_NET_SEGS_OUT, PK_LIVE_SEGMENTS },
	{ PKPROF_NET_RETRANS, PK_LIVE_AGAIN },	     { PKPROF_NET_CONNECTED, PK_LIVE_OPENED },
	{ PKPROF_NET_CLOSED, PK_LIVE_CLOSED },
};

static int on_net_conns(void *ctx, const struct pkprof_net_conns *told)
{
	struct pk_live_io *l = ctx;
	uint64_t key = (uint64_t)PKPROF_SRC_TCP << 60 | told->id;
	struct pk_live_io_cell *c = cell_of(l, PKPROF_SRC_TCP, key, 0);
	struct pk_live_io_amount *a = amount_of(l, told->tgid);

	if (!c || !a)
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(net_counts) / sizeof(*net_counts); i++) {
		uint64_t nr = more(c, i, told->counts[net_counts[i].what]);

		if (!is_baseline(l))
			a->nr[net_counts[i].count] += nr;
	}
	return 0;
}

/* --- operations on files --------------------------------------------------------------- */

/* Pipes, sockets and the like are no files here. */
static int on_vfs_fs(void *ctx, const struct pkprof_vfs_fs *f)
{
	struct pk_live_io *l = ctx;

	return pk_map64_set(&l->pseudo, f->id, !!(f->flags & PKPROF_VFS_PSEUDO));
}

static void add_file_ops(struct pk_live_io_amount *a, uint8_t op, uint64_t nr, uint64_t bytes)
{
	switch (op) {
	case PKPROF_VFS_SENDFILE:
	case PKPROF_VFS_COPY:
		a->nr[PK_LIVE_WRITES] += nr;
		a->nr[PK_LIVE_WRITE_BYTES] += bytes;
		/* fall through */
	case PKPROF_VFS_READ:
	case PKPROF_VFS_SPLICE:
	case PKPROF_VFS_AIO_READ:
	case PKPROF_VFS_URING_READ:
		a->nr[PK_LIVE_READS] += nr;
		a->nr[PK_LIVE_READ_BYTES] += bytes;
		break;
	case PKPROF_VFS_WRITE:
	case PKPROF_VFS_AIO_WRITE:
	case PKPROF_VFS_URING_WRITE:
		a->nr[PK_LIVE_WRITES] += nr;
		a->nr[PK_LIVE_WRITE_BYTES] += bytes;
		break;
	case PKPROF_VFS_FSYNC:
		a->nr[PK_LIVE_FSYNCS] += nr;
		break;
	}
}

static int on_vfs_ops(void *ctx, const struct pkprof_vfs_ops *o)
{
	struct pk_live_io *l = ctx;
	uint64_t key = (uint64_t)PKPROF_SRC_VFS << 60 | o->cell;
	struct pk_live_io_cell *c = cell_of(l, PKPROF_SRC_VFS, key, o->id);
	struct pk_live_io_amount *a = amount_of(l, o->tgid);
	uint64_t nr, bytes, ns;

	if (!c || !a)
		return -ENOMEM;
	nr = more(c, 0, o->nr);
	bytes = more(c, 1, o->bytes);
	ns = more(c, 2, o->sum_ns);
	if (is_baseline(l) || o->flags & PKPROF_VFS_BELOW || pk_map64_get(&l->pseudo, o->fs) == 1)
		return 0;
	add_file_ops(a, o->op, nr, bytes);
	a->nr[PK_LIVE_FILE_NS] += ns;
	return 0;
}

const struct pk_ledger_visitor pk_live_io_visitor = {
	.info = on_info,
	.sums = on_sums,
	.block_device = on_block_device,
	.block_ops = on_block_ops,
	.net_conns = on_net_conns,
	.vfs_fs = on_vfs_fs,
	.vfs_ops = on_vfs_ops,
};

/* --- the picture ------------------------------------------------------------------------ */

/* Requests in total are those that the devices had: some are of no process. */
static void take_devices(struct pk_live_io_picture *p)
{
	struct pk_live_io_amount *t = &p->total;

	t->nr[PK_LIVE_REQUESTS] = t->nr[PK_LIVE_REQUEST_BYTES] = t->nr[PK_LIVE_REQUEST_NS] = 0;
	memset(&t->times, 0, sizeof(t->times));
	PK_VEC_FOREACH(&p->devices, d) {
		if (d->flags & PKPROF_BLOCK_STACKED)
			continue;
		t->nr[PK_LIVE_REQUESTS] += d->reads + d->writes + d->others;
		t->nr[PK_LIVE_REQUEST_BYTES] += d->read_bytes + d->write_bytes;
		t->nr[PK_LIVE_REQUEST_NS] += d->queue_ns + d->device_ns;
		pk_dist_add(&t->times, &d->times);
	}
}

int pk_live_io_end(struct pk_live_io *l)
{
	struct pk_live_io_picture *p = &l->picture;

	if (!l->now_ns || l->now_ns < l->at_ns)
		return -EPROTO;
	if (l->restart) {
		/* what is known of them is what changed since an epoch that was others' */
		memset(l->sums_ns, 0, sizeof(l->sums_ns));
		l->restart = false;
		l->at_ns = 0;
		p->from_ns = p->to_ns = l->now_ns;
		return 0;
	}
	add(&p->total, &p->none);
	PK_VEC_FOREACH(&p->processes, r)
		add(&p->total, &r->amount);
	take_devices(p);
	p->from_ns = l->at_ns ? l->at_ns : l->now_ns;
	p->to_ns = l->at_ns = l->now_ns;
	return 0;
}

void pk_live_io_join(struct pk_live_io_picture *io, const struct pk_live_picture *p)
{
	struct pk_map64 there = { 0 };

	PK_VEC_FOREACH(&p->processes, r)
		if (r->tgid && pk_map64_set(&there, r->tgid, 1))
			break;
	memset(&io->gone, 0, sizeof(io->gone));
	PK_VEC_FOREACH(&io->processes, r) {
		r->joined = pk_map64_get(&there, r->tgid) != PK_MAP64_NONE;
		if (!r->joined)
			add(&io->gone, &r->amount);
	}
	pk_map64_deinit(&there);
}

const struct pk_live_io_amount *pk_live_io_find(const struct pk_live_io *l, uint32_t tgid)
{
	static const struct pk_live_io_amount nothing;
	uint32_t at = tgid ? pk_map64_get(&l->by_tgid, tgid) : PK_MAP64_NONE;

	if (!tgid)
		return &l->picture.gone;
	return at == PK_MAP64_NONE ? &nothing : &l->picture.processes.data[at].amount;
}

uint64_t pk_live_io_mean_ns(const struct pk_live_io_amount *a)
{
	return a->times.count > 0 ? (uint64_t)(a->nr[PK_LIVE_REQUEST_NS] / a->times.count) : 0;
}

uint64_t pk_live_io_p99_ns(const struct pk_live_io_amount *a)
{
	double v = pk_dist_quantile(&a->times, 0.99);

	return isfinite(v) ? (uint64_t)v : 0;
}

static int compare_devices(const void *a, const void *b)
{
	const struct pk_live_device *x = a, *y = b;
	int stacked = !!(x->flags & PKPROF_BLOCK_STACKED) - !!(y->flags & PKPROF_BLOCK_STACKED);

	if (stacked)
		return stacked;
	if (x->busy_ns != y->busy_ns)
		return x->busy_ns > y->busy_ns ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

void pk_live_io_sort_devices(struct pk_live_io_picture *p)
{
	if (p->devices.nr)
		qsort(p->devices.data, p->devices.nr, sizeof(*p->devices.data), compare_devices);
}
