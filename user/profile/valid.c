// SPDX-License-Identifier: GPL-2.0-or-later
/* What items of the ledger, of waits, block devices and connections must be like; see valid.h. */
#include "profile/chunk.h"
#include "profile/valid.h"

static const char *span_wrong(uint64_t from_ns, uint64_t to_ns)
{
	if (to_ns > PK_TIME_MAX_NS)
		return "out of all time";
	return from_ns < to_ns ? NULL : "it ends before it begins";
}

static uint32_t order_of(const struct pk_ledger_part *part)
{
	return (uint32_t)part->line << 16 | part->part;
}

const char *pk_ledger_wrong(const struct pk_ledger_piece *p, const struct pk_ledger_part *parts)
{
	const char *wrong = span_wrong(p->from_ns, p->to_ns);
	uint64_t left_ns = p->to_ns - p->from_ns;

	if (wrong)
		return wrong;
	if (!p->nr_parts || p->nr_parts > PK_LEDGER_MAX_PARTS)
		return "without parts, or too many";
	for (uint32_t i = 0; i < p->nr_parts; i++) {
		if (parts[i].line >= PKPROF_NR_LINES)
			return "a line that is not known";
		if (i && order_of(&parts[i - 1]) >= order_of(&parts[i]))
			return "its lines are not in order";
		if (parts[i].ns > left_ns)
			return "its parts are longer than the whole";
		left_ns -= parts[i].ns;
	}
	return left_ns ? "its parts are shorter than the whole" : NULL;
}

const char *pk_cpu_wrong(const struct pk_cpu_piece *p)
{
	const char *wrong = span_wrong(p->from_ns, p->to_ns);
	uint64_t left_ns = p->to_ns - p->from_ns;

	if (wrong)
		return wrong;
	if (p->busy_ns > left_ns || p->idle_ns > left_ns - p->busy_ns ||
	    p->offline_ns != left_ns - p->busy_ns - p->idle_ns)
		return "busy, idle and offline are not the whole";
	return NULL;
}

const char *pk_hist_wrong(const struct pk_hist_piece *h, const struct pk_hist_bucket *buckets)
{
	uint32_t end = h->key == PKPROF_HIST_THREAD ? PKPROF_HIST_COARSE : PKPROF_HIST_BUCKETS;
	const char *wrong = span_wrong(h->from_ns, h->to_ns);
	uint64_t count = 0;

	if (wrong)
		return wrong;
	if (h->what >= PKPROF_NR_HISTS || h->key >= PKPROF_NR_HIST_KEYS)
		return "a distribution of what is not known";
	for (uint32_t i = 0; i < h->nr_buckets; i++) {
		if (buckets[i].bucket >= end)
			return "a bucket out of range";
		if (i && buckets[i - 1].bucket >= buckets[i].bucket)
			return "its buckets are not in order";
		if (!buckets[i].nr)
			return "an empty bucket";
		count += buckets[i].nr;
	}
	return count == h->count ? NULL : "its buckets are not the whole";
}

const char *pk_latency_wrong(const struct pk_latency *l)
{
	if (l->time_ns > PK_TIME_MAX_NS || l->queued_ns > l->time_ns)
		return "out of all time";
	return l->line < PKPROF_NR_LINES ? NULL : "a line that is not known";
}

const char *pk_step_wrong(const struct pk_step *x)
{
	if (x->time_ns > PK_TIME_MAX_NS)
		return "out of all time";
	if (x->step >= PKPROF_NR_STEPS || x->source >= PKPROF_NR_SOURCES)
		return "one that is not known";
	return x->level <= PK_STEP_MAX_LEVEL ? NULL : "a level beyond all";
}

const char *pk_wait_wrong(const struct pk_wait *x)
{
	if (x->time_ns > PK_TIME_MAX_NS || x->since_ns > x->time_ns)
		return "out of all time";
	if (x->woken_ns ? x->woken_ns < x->since_ns || x->woken_ns > x->time_ns :
			  x->since_ns && !(x->flags & PKPROF_WAIT_OPEN))
		return "woken at no time of the wait";
	if (x->line >= PKPROF_NR_LINES || x->runq_line >= PKPROF_NR_LINES)
		return "a line that is not known";
	if (1ULL << (x->period_log2 & 63) > PKPROF_MAX_WAIT_PERIOD_NS || x->period_log2 > 63)
		return "a period out of range";
	if (x->nr_blocked > PK_TIME_MAX_NS >> x->period_log2 ||
	    x->nr_runq > (PK_TIME_MAX_NS >> x->period_log2) - x->nr_blocked)
		return "it stands for more than all time";
	return NULL;
}

const char *pk_wake_wrong(const struct pk_wake *x)
{
	return x->time_ns > PK_TIME_MAX_NS || x->since_ns > x->time_ns ? "out of all time" : NULL;
}

const char *pk_op_wrong(const struct pk_op *x)
{
	uint64_t left_ns = x->length_ns;

	if (x->time_ns > PK_TIME_MAX_NS || x->length_ns > x->time_ns)
		return "out of all time";
	if (x->op >= PKPROF_NR_VFS_OPS)
		return "of a kind that is not known";
	if (!x->nr)
		return "it stands for none";
	for (unsigned int i = 0; i < PKPROF_NR_OP_PARTS; i++) {
		if (x->parts_ns[i] > left_ns)
			return "its parts last longer than it does";
		left_ns -= x->parts_ns[i];
	}
	return left_ns && !(x->flags & PKPROF_OP_WHOLE) ? "its parts do not last as long as it does" :
							  NULL;
}

const char *pk_bio_wrong(const struct pk_bio *x)
{
	if (x->time_ns > PK_TIME_MAX_NS)
		return "out of all time";
	if (x->op >= PKPROF_NR_BLOCK_OPS)
		return "an operation that is not known";
	if (!x->units || x->units > PKPROF_MAX_IO_UNITS)
		return "it stands for nothing, or too much";
	return x->id ? NULL : "it has no number";
}

const char *pk_bio_end_wrong(const struct pk_bio_end *x)
{
	if (x->time_ns > PK_TIME_MAX_NS || x->queue_ns > PK_TIME_MAX_NS ||
	    x->device_ns > PK_TIME_MAX_NS - x->queue_ns)
		return "out of all time";
	return x->id ? NULL : "it is of none";
}

const char *pk_block_load_wrong(const struct pk_block_load *x)
{
	const char *wrong = span_wrong(x->from_ns, x->to_ns);
	uint64_t left_ns = x->to_ns - x->from_ns;

	for (unsigned int i = 0; !wrong && i < PKPROF_BLOCK_DEPTHS; i++) {
		if (x->depth_ns[i] > left_ns)
			return "its depths last longer than it does";
		left_ns -= x->depth_ns[i];
	}
	return wrong || !left_ns ? wrong : "its depths do not last as long as it does";
}

/* In order, none empty, all below @end. */
static const char *buckets_wrong(const struct pk_hist_bucket *buckets, uint32_t nr, uint32_t end)
{
	for (uint32_t i = 0; i < nr; i++) {
		if (buckets[i].bucket >= end)
			return "a bucket out of range";
		if (i && buckets[i - 1].bucket >= buckets[i].bucket)
			return "its buckets are not in order";
		if (!buckets[i].nr)
			return "an empty bucket";
	}
	return NULL;
}

const char *pk_block_ops_wrong(const struct pk_block_ops *x, const struct pk_hist_bucket *buckets)
{
	const char *wrong = span_wrong(x->from_ns, x->to_ns);

	if (wrong)
		return wrong;
	if (x->op >= PKPROF_NR_BLOCK_OPS || x->size >= PKPROF_BLOCK_SIZES)
		return "requests of a kind that is not known";
	if (x->tgid && x->flags & PK_BLOCK_ANY_PROCESS)
		return "of one process and of any";
	if (!x->tgid && PK_BLOCK_BY(x->flags))
		return "written back for nobody";
	if (x->nr_untimed > x->nr || x->nr_failed > x->nr)
		return "a part of them is more than all";
	return buckets_wrong(buckets, x->nr_buckets, PK_BLOCK_BUCKETS);
}

const char *pk_net_conns_wrong(const struct pk_net_conns *x, const struct pk_hist_bucket *buckets)
{
	const char *wrong = span_wrong(x->from_ns, x->to_ns);

	if (wrong)
		return wrong;
	if (x->role >= PKPROF_NR_NET_ROLES)
		return "a role that is not known";
	if (x->family != 0 && x->family != 4 && x->family != 6 && x->family != PKPROF_NET_FAMILY_UNIX)
		return "an address of a family that is not known";
	if (x->family == PKPROF_NET_FAMILY_UNIX && x->port)
		return "a Unix socket with a port";
	return buckets_wrong(buckets, x->nr_buckets, PK_NET_BUCKETS);
}

const char *pk_vfs_ops_wrong(const struct pk_vfs_ops *x, const struct pk_hist_bucket *buckets)
{
	const char *wrong = span_wrong(x->from_ns, x->to_ns);

	if (wrong)
		return wrong;
	if (x->op >= PKPROF_NR_VFS_OPS)
		return "an operation that is not known";
	if (x->tgid && x->flags & PKPROF_VFS_ANY_TGID)
		return "of one process and of any";
	if (x->nr_untimed > x->nr || x->nr_failed > x->nr)
		return "a part of them is more than all";
	return buckets_wrong(buckets, x->nr_buckets, PKPROF_HIST_BUCKETS);
}

const char *pk_wait_on_wrong(const struct pk_wait_on *x)
{
	const char *wrong = span_wrong(x->from_ns, x->to_ns);

	if (wrong)
		return wrong;
	if (x->line >= PKPROF_NR_LINES)
		return "a line that is not known";
	if (x->kind >= PKPROF_NR_ON_KINDS)
		return "a kind of target that is not known";
	if (x->family != 0 && x->family != 4 && x->family != 6)
		return "an address of a family that is not known";
	return x->tgid && x->flags & PKPROF_ON_ANY_TGID ? "of one process and of any" : NULL;
}
