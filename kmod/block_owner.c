// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whose a write is; see block_owner.h.
 *
 * Pages are told as they become dirty, in the process that does it, by tracepoint
 * writeback_dirty_folio, which is just where the kernel counts write_bytes of
 * /proc/PID/io. They are found again when a request is issued: a page that is being
 * written back is locked into its file. Pages that are not, as those of direct I/O, of
 * anonymous memory and of a file system's own buffers, are their submitter's.
 */
#include <linux/bvec.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "block_owner.h"
#include "block_probe.h"

#define PK_OWNERS	8	/* of one request that are told apart */
#define PK_OWNED_PAGES	2048	/* of one request that are looked at */

/* --- pages that become dirty --- */

static __always_inline void pk_block_dirtied(void *data, const void *mapping, u64 index, u32 nr)
{
	struct pk_block *b = data;
	struct pk_block_run run;
	u32 who = current->tgid & PK_WHO_TGID;

	if (!mapping || !who)
		return;
	pk_block_enter(b, &run);
	if (unlikely(current->flags & PF_KTHREAD) && pk_block_is_journal())
		who |= PKPROF_BLOCK_BY_JOURNAL << PK_WHO_SHIFT;
	pk_dirty_set(&b->dirty, mapping, index, nr, who);
	pk_block_leave(&run);
}

PK_PROBE_DIRTY(pk_block_dirty_probe, pk_block_dirtied)

struct pk_tracepoint pk_block_dirty_tracepoints[] = {
	{ .name = PK_DIRTY_TRACEPOINT, .probe = pk_block_dirty_probe },
};
const unsigned int pk_block_nr_dirty_tracepoints = ARRAY_SIZE(pk_block_dirty_tracepoints);

int pk_block_dirty_init(struct pk_block *b)
{
	struct pk_dirty *t = &b->dirty;

	t->nr_groups = pk_dirty_nr_groups(totalram_pages());
	t->runs = vzalloc(array_size(t->nr_groups * PK_DIRTY_GROUP, sizeof(*t->runs)));
	return t->runs ? 0 : -ENOMEM;
}

void pk_block_dirty_deinit(struct pk_block *b)
{
	vfree(b->dirty.runs);
}

/* --- pages that are written --- */

struct pk_owner {
	u32 who;
	u32 bytes;
};

/* Those beyond the table are counted as of the first one. */
static void pk_owner_add(struct pk_owner owners[PK_OWNERS], u32 who, u32 bytes)
{
	unsigned int i;

	for (i = 0; i < PK_OWNERS - 1 && owners[i].bytes && owners[i].who != who; i++)
		;
	if (owners[i].bytes && owners[i].who != who)
		i = 0;
	owners[i].who = who;
	owners[i].bytes += bytes;
}

/* The bytes of a request by who made them dirty, 0: not known. */
static void pk_owners_sum(const struct pk_dirty *t, struct request *rq,
			 struct pk_owner owners[PK_OWNERS])
{
	struct req_iterator iter;
	unsigned int nr = 0;
	struct bio_vec bvec;
	u64 index;
	u32 who;

	rq_for_each_segment(bvec, rq, iter) {
		const void *mapping = pk_written_back(bvec.bv_page, &index);

		if (nr++ >= PK_OWNED_PAGES)
			break;
		who = mapping ? pk_dirty_get(t, mapping, index) : 0;
		pk_owner_add(owners, who, bvec.bv_len);
	}
}

/* In what role @submitter writes what is @owner's. */
static u32 pk_owner_for(u32 owner, u32 submitter)
{
	u32 by = PKPROF_BLOCK_BY_OTHER;

	if (!owner)
		return pk_who_settled(submitter);
	if (owner >> PK_WHO_SHIFT)
		return owner;
	if (owner == (submitter & PK_WHO_TGID))
		by = PKPROF_BLOCK_BY_SELF;
	else if (submitter >> PK_WHO_SHIFT)
		by = PKPROF_BLOCK_BY_KTHREAD;
	return owner | by << PK_WHO_SHIFT;
}

void pk_block_find_owners(struct pk_block *b, struct pk_block_here *here, struct request *rq,
			  struct pk_flight *f, u64 now_ns)
{
	struct pk_owner owners[PK_OWNERS] = { };
	struct pk_block_done d = {
		.device = f->state.device,
		.op = pk_block_op((__force unsigned int)rq->cmd_flags, blk_rq_bytes(rq)),
		.now_ns = now_ns,
	};
	unsigned int i, most = 0;

	pk_owners_sum(&b->dirty, rq, owners);
	for (i = 1; i < PK_OWNERS; i++)
		if (owners[i].bytes > owners[most].bytes)
			most = i;
	for (i = 0; i < PK_OWNERS; i++) {
		if (i == most || !owners[i].bytes)
			continue;
		d.who = pk_owner_for(owners[i].who, f->who);
		pk_block_book_bytes(&b->keys, &here->sums, &d, owners[i].bytes);
		f->elsewhere += owners[i].bytes;
		f->state.has_more = true;
	}
	f->who = pk_owner_for(owners[most].who, f->who);
}
