/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose a write is: the process that made the pages dirty, whoever writes them back.
 */
#ifndef PK_BLOCK_OWNER_H
#define PK_BLOCK_OWNER_H

#include <linux/sched.h>
#include <linux/string.h>

#include "block.h"
#include "compat/block.h"
#include "compat/writeback.h"
#include "tracepoint.h"

/* Probes that see pages becoming dirty. */
extern struct pk_tracepoint pk_block_dirty_tracepoints[];
extern const unsigned int pk_block_nr_dirty_tracepoints;

/* Memory for them. Context: may sleep. Return: 0 or -ENOMEM. */
int pk_block_dirty_init(struct pk_block *b);
void pk_block_dirty_deinit(struct pk_block *b);

/* A journal's thread writes for all, on behalf of none of them. */
static __always_inline bool pk_block_is_journal(void)
{
	return !memcmp(current->comm, "jbd2/", 5);
}

/*
 * Who runs, and in what role: a word as in struct pk_flight. A kernel thread is told to be
 * one until it is known for whom it works. Context: any.
 */
static __always_inline u32 pk_block_current(void)
{
	u32 by = PKPROF_BLOCK_BY_SELF;

	if (unlikely(current->flags & PF_KTHREAD))
		by = pk_block_is_journal() ? PKPROF_BLOCK_BY_JOURNAL : PKPROF_BLOCK_BY_KTHREAD;
	return (current->tgid & PK_WHO_TGID) | by << PK_WHO_SHIFT;
}

/* What a kernel thread does for nobody else is its own. */
static inline u32 pk_who_settled(u32 who)
{
	return who >> PK_WHO_SHIFT == PKPROF_BLOCK_BY_KTHREAD ? who & PK_WHO_TGID : who;
}

/* Pages of the page cache are written: their owners are to be looked for. */
static __always_inline bool pk_block_has_owners(const struct request *rq)
{
	struct bio *bio = rq->bio;
	u64 index;

	return bio && bio_has_data(bio) && bio->bi_io_vec && pk_written_back(bio_page(bio), &index);
}

/*
 * Whose the request is, into f->who; what is of others is booked at once, as bytes, and
 * noted in f->elsewhere. Context: irqs off; the request is about to be issued.
 */
void pk_block_find_owners(struct pk_block *b, struct pk_block_here *here, struct request *rq,
			  struct pk_flight *f, u64 now_ns);

#endif
