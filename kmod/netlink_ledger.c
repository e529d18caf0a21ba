// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ledger over netlink: WATCH, and the dump of what changed since an epoch.
 *
 * In: requests with a cookie. Out: messages filled as far as they go, piece by piece in
 * the order of the contract; a dump goes on where the last message ended. Between two
 * messages it holds references to the ledger and to the session whose filter applies, and
 * no lock: its reader may be slow or dead, others go on. The callback done() ends it in
 * either case.
 */
#include <linux/cpumask.h>
#include <linux/slab.h>
#include "block.h"
#include "compat/clock.h"
#include "compat/netlink.h"
#include "control.h"
#include "ledger.h"
#include "netlink_ledger.h"
#include "session.h"
#include "tcp.h"
#include "unix.h"
#include "vfs.h"
#include "waited.h"

/* A message and what the kernel puts around it fill 32 KB: few system calls, small pages. */
#define PK_MESSAGE_BYTES SKB_WITH_OVERHEAD(32768)

#define PK_WHAT_DEFAULT                                                                      \
	(PKPROF_LEDGER_CPUS | PKPROF_LEDGER_PROCESSES | PKPROF_LEDGER_THREADS |              \
	 PKPROF_LEDGER_HISTS | PKPROF_LEDGER_COARSE | PKPROF_LEDGER_BLOCK |             \
	 PKPROF_LEDGER_NET | PKPROF_LEDGER_VFS | PKPROF_LEDGER_WAIT_ON)

/* The largest piece. */
#define PK_PIECE_BYTES PK_NET_MAX_BYTES
static_assert(PK_PIECE_BYTES >= PK_BLOCK_MAX_BYTES && PK_PIECE_BYTES >= PK_VFS_MAX_BYTES &&
	      PK_PIECE_BYTES >= PK_LEDGER_MAX_BYTES,
	      "room for each piece");

const struct nla_policy pk_watch_policy[PKPROF_A_MAX + 1] = {
	[PKPROF_A_COOKIE] = { .type = NLA_U64 },
	[PKPROF_A_SOURCES] = { .type = NLA_U32 },
};

const struct nla_policy pk_ledger_policy[PKPROF_A_MAX + 1] = {
	[PKPROF_A_COOKIE] = { .type = NLA_U64 },
	[PKPROF_A_EPOCH_NS] = { .type = NLA_U64 },
	[PKPROF_A_LEDGER_WHAT] = { .type = NLA_U32 },
};

int pk_netlink_watch(struct sk_buff *request, struct genl_info *info)
{
	u32 sources = 0;

	if (!info->attrs[PKPROF_A_COOKIE]) {
		NL_SET_ERR_MSG(info->extack, "WATCH needs COOKIE");
		return -EINVAL;
	}
	if (info->attrs[PKPROF_A_SOURCES])
		sources = nla_get_u32(info->attrs[PKPROF_A_SOURCES]);
	return pk_control_watch(nla_get_u64(info->attrs[PKPROF_A_COOKIE]), sources, info->extack);
}

/**
 * struct pk_dump - a dump in progress
 * @r:		what may be told; all referenced
 * @stage:	index into pk_stages
 * @pos:	where the stage goes on; the stage's own
 * @bytes:	of the piece in @piece, which did not fit into the last message; 0: none
 */
struct pk_dump {
	struct pk_reading r;
	u64 epoch_ns;
	u32 what;
	unsigned int stage;
	u64 pos;
	size_t bytes;
	u64 piece[PK_PIECE_BYTES / sizeof(u64) + 1];
};

static const struct pk_filter *pk_dump_filter(const struct pk_dump *d)
{
	return d->r.session ? &d->r.session->filter : NULL;
}

/* What each source that has sums is asked for by. */
static const u32 pk_sums_what[PKPROF_NR_SOURCES] = {
	[PKPROF_SRC_BLOCK] = PKPROF_LEDGER_BLOCK,
	[PKPROF_SRC_TCP] = PKPROF_LEDGER_NET,
	[PKPROF_SRC_VFS] = PKPROF_LEDGER_VFS,
	[PKPROF_SRC_UNIX] = PKPROF_LEDGER_NET,
};
#define PK_SUMS_WHAT (PKPROF_LEDGER_BLOCK | PKPROF_LEDGER_NET | PKPROF_LEDGER_VFS)

/* --- stages: each puts its next piece into @piece; 0: no more ---------------- */

static size_t pk_next_info(struct pk_dump *d)
{
	struct pkprof_ledger_info *info = (struct pkprof_ledger_info *)d->piece;

	if (d->pos++)
		return 0;
	if (d->r.ledger)
		pk_ledger_read_info(info);
	else
		*info = (struct pkprof_ledger_info){ .now_ns = pk_clock_ns() };
	return sizeof(struct pkprof_ledger_info);
}

static size_t pk_next_cpu(struct pk_dump *d)
{
	unsigned int cpu = cpumask_next((int)d->pos - 1, cpu_possible_mask);

	if (cpu >= nr_cpu_ids)
		return 0;
	d->pos = cpu + 1;
	pk_ledger_read_cpu(cpu, (struct pkprof_ledger_cpu *)d->piece);
	return sizeof(struct pkprof_ledger_cpu);
}

static size_t pk_next_process(struct pk_dump *d)
{
	return pk_ledger_next_process(&d->pos, d->epoch_ns, pk_dump_filter(d), d->piece);
}

static size_t pk_next_thread(struct pk_dump *d)
{
	return pk_ledger_next_thread(&d->pos, d->epoch_ns, pk_dump_filter(d), d->piece);
}

/* As many ids as the buffer takes. */
static size_t pk_next_alive(struct pk_dump *d)
{
	size_t nr = pk_ledger_next_alive(&d->pos, pk_dump_filter(d), d->piece,
					 ARRAY_SIZE(d->piece));

	return nr * sizeof(u64);
}

static size_t pk_next_hist(struct pk_dump *d)
{
	return pk_ledger_next_hist(&d->pos, d->epoch_ns, pk_dump_filter(d),
				   d->what & PKPROF_LEDGER_COARSE, d->piece);
}

/* Of the next source that has sums to be told. */
static size_t pk_next_sums(struct pk_dump *d)
{
	struct pkprof_sums *ret = (struct pkprof_sums *)d->piece;

	for (; d->pos < PKPROF_NR_SOURCES; d->pos++) {
		const struct pk_session *s = d->r.sums[d->pos];

		if (!s || !(d->what & pk_sums_what[d->pos]))
			continue;
		ret->source = d->pos++;
		ret->flags = s->number ? PKPROF_SUMS_RECORDED : 0;
		if (s->filter.tgids)
			ret->flags |= PKPROF_SUMS_FILTERED;
		ret->from_ns = s->t0_ns;
		return sizeof(*ret);
	}
	return 0;
}

static size_t pk_next_device(struct pk_dump *d)
{
	return pk_block_next_device(d->r.sums[PKPROF_SRC_BLOCK]->block, &d->pos, d->piece);
}

static size_t pk_next_ops(struct pk_dump *d)
{
	struct pk_session *s = d->r.sums[PKPROF_SRC_BLOCK];

	return pk_block_next_ops(s->block, &d->pos, d->epoch_ns, &s->filter, d->piece);
}

static size_t pk_next_conns(struct pk_dump *d)
{
	struct pk_session *s = d->r.sums[PKPROF_SRC_TCP];

	return s ? pk_tcp_next_conns(s->tcp, &d->pos, d->epoch_ns, &s->filter, d->piece) : 0;
}

static size_t pk_next_unix_conns(struct pk_dump *d)
{
	struct pk_session *s = d->r.sums[PKPROF_SRC_UNIX];

	return s ? pk_unix_next_conns(s->unix_socks, &d->pos, d->epoch_ns, &s->filter, d->piece) : 0;
}

static size_t pk_next_fs(struct pk_dump *d)
{
	return pk_vfs_next_fs(d->r.sums[PKPROF_SRC_VFS]->vfs, &d->pos, d->piece);
}

static size_t pk_next_file_ops(struct pk_dump *d)
{
	struct pk_session *s = d->r.sums[PKPROF_SRC_VFS];

	return pk_vfs_next_ops(s->vfs, &d->pos, d->epoch_ns, d->r.slowest, &s->filter, d->piece);
}

static size_t pk_next_wait_on(struct pk_dump *d)
{
	return pk_waited_next(d->r.session->waited, &d->pos, d->epoch_ns, pk_dump_filter(d), d->piece);
}

static const struct {
	u32 what;	/* asked for by any of these; 0: always */
	int attr;
	size_t (*next)(struct pk_dump *d);
} pk_stages[] = {
	{ 0, PKPROF_A_LEDGER_INFO, pk_next_info },
	{ PKPROF_LEDGER_CPUS, PKPROF_A_LEDGER_CPU, pk_next_cpu },
	{ PKPROF_LEDGER_PROCESSES, PKPROF_A_LEDGER_PROCESS, pk_next_process },
	{ PKPROF_LEDGER_THREADS, PKPROF_A_LEDGER_THREAD, pk_next_thread },
	{ PKPROF_LEDGER_ALIVE, PKPROF_A_LEDGER_ALIVE, pk_next_alive },
	{ PKPROF_LEDGER_HISTS | PKPROF_LEDGER_COARSE, PKPROF_A_LEDGER_HIST, pk_next_hist },
	{ PK_SUMS_WHAT, PKPROF_A_SUMS, pk_next_sums },
	{ PKPROF_LEDGER_BLOCK, PKPROF_A_BLOCK_DEVICE, pk_next_device },
	{ PKPROF_LEDGER_BLOCK, PKPROF_A_BLOCK_OPS, pk_next_ops },
	{ PKPROF_LEDGER_NET, PKPROF_A_NET_CONNS, pk_next_conns },
	{ PKPROF_LEDGER_NET, PKPROF_A_NET_CONNS, pk_next_unix_conns },
	{ PKPROF_LEDGER_VFS, PKPROF_A_VFS_FS, pk_next_fs },
	{ PKPROF_LEDGER_VFS, PKPROF_A_VFS_OPS, pk_next_file_ops },
	{ PKPROF_LEDGER_WAIT_ON, PKPROF_A_WAIT_ON, pk_next_wait_on },
};

/* --- the dump ----------------------------------------------------------------- */

int pk_netlink_ledger_start(struct netlink_callback *cb)
{
	cb->min_dump_alloc = PK_MESSAGE_BYTES;
	return 0;
}

/*
 * Not in start(): kernels before 6.8 give that no extended ack. A refusal here ends the
 * dump, and its last message carries the text.
 */
static struct pk_dump *pk_dump_create(struct netlink_callback *cb)
{
	struct nlattr **attrs = pk_genl_dump_attrs(cb);
	unsigned int src;
	u32 told = 0;
	struct pk_dump *d;
	int err;

	if (!attrs || !attrs[PKPROF_A_COOKIE]) {
		NL_SET_ERR_MSG(cb->extack, "LEDGER needs COOKIE");
		return ERR_PTR(-EINVAL);
	}
	d = kzalloc(sizeof(*d), GFP_KERNEL);
	if (!d)
		return ERR_PTR(-ENOMEM);
	d->what = PK_WHAT_DEFAULT;
	if (attrs[PKPROF_A_LEDGER_WHAT])
		d->what = nla_get_u32(attrs[PKPROF_A_LEDGER_WHAT]);
	if (attrs[PKPROF_A_EPOCH_NS])
		d->epoch_ns = nla_get_u64(attrs[PKPROF_A_EPOCH_NS]);
	err = pk_control_read_begin(nla_get_u64(attrs[PKPROF_A_COOKIE]), d->epoch_ns,
				    d->what & PKPROF_LEDGER_VFS, &d->r, cb->extack);
	if (err) {
		kfree(d);
		return ERR_PTR(err);
	}
	/* what there is not is not told */
	if (!d->r.ledger)
		d->what &= PK_SUMS_WHAT;
	for (src = 0; src < PKPROF_NR_SOURCES; src++) {
		if (d->r.sums[src])
			told |= pk_sums_what[src];
	}
	d->what &= told | ~PK_SUMS_WHAT;
	if (!d->r.session || !d->r.session->waited)
		d->what &= ~PKPROF_LEDGER_WAIT_ON;
	return d;
}

/* The piece that is to be told next, read if there is none in hand; false: the end. */
static bool pk_dump_has_piece(struct pk_dump *d)
{
	while (!d->bytes && d->stage < ARRAY_SIZE(pk_stages)) {
		u32 what = pk_stages[d->stage].what;

		if (unlikely(READ_ONCE(pk_poison)))
			memset(d->piece, PK_POISON, sizeof(d->piece));
		if (!what || d->what & what)
			d->bytes = pk_stages[d->stage].next(d);
		if (!d->bytes) {
			d->stage++;
			d->pos = 0;
		}
	}
	return d->bytes;
}

static int pk_dump_fill(struct pk_dump *d, struct sk_buff *skb, struct netlink_callback *cb)
{
	bool any = false;
	void *head;

	head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &pk_family,
			   NLM_F_MULTI, PKPROF_CMD_LEDGER);
	if (!head)
		return -EMSGSIZE;
	while (pk_dump_has_piece(d)) {
		if (nla_put(skb, pk_stages[d->stage].attr, d->bytes, d->piece))
			break;
		d->bytes = 0;
		any = true;
	}
	if (any) {
		genlmsg_end(skb, head);
		return skb->len;
	}
	genlmsg_cancel(skb, head);
	return d->bytes ? -EMSGSIZE : 0;
}

/* args[0]: the dump, from the first message on. */
int pk_netlink_ledger_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct pk_dump *d = (struct pk_dump *)cb->args[0];

	if (!d) {
		d = pk_dump_create(cb);
		if (IS_ERR(d))
			return PTR_ERR(d);
		cb->args[0] = (long)d;
	}
	return pk_dump_has_piece(d) ? pk_dump_fill(d, skb, cb) : 0;
}

/* Context: task or work queue; also for a reader that died in between. */
int pk_netlink_ledger_done(struct netlink_callback *cb)
{
	struct pk_dump *d = (struct pk_dump *)cb->args[0];

	if (!d)
		return 0;
	pk_control_read_end(&d->r);
	kfree(d);
	cb->args[0] = 0;
	return 0;
}
