/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bios that are recorded with the stacks of who submits them: which, see block_draw.h.
 */
#ifndef PK_BLOCK_STACK_H
#define PK_BLOCK_STACK_H

#include "block.h"
#include "compat/block.h"

struct pk_block_run;

/* Which bios of the session are to be recorded; before any probe. */
void pk_block_stack_init(struct pk_block *b);

/* That one was submitted on the quick course has been settled; this is all others'. */
void pk_block_stack_draw(struct pk_block *b, struct pk_block_run *run, const struct bio *bio,
			 struct pk_flight *f, u64 now_ns);

/*
 * The end of a request of bio @sample, as booked; or that it has none, which @flags say.
 * Context: irqs off.
 */
void pk_block_stack_end(struct pk_block *b, u64 sample, const struct pk_block_done *d, u32 flags);

/* @f, of @bio, will not end: it joined another request (MERGED) or never was one (NEVER). */
void pk_block_stack_gone(struct pk_block *b, struct pk_block_here *here, const struct pk_flight *f,
			 const struct bio *bio, u32 flags);

#endif
