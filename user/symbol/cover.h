/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which function does each sampled address belong to? Sources of symbols offer
 * candidates; only those that cover a sampled address are kept. In each round
 * of candidates an address goes to the one that starts last at or before it
 * (the innermost one), among those to the shortest and then to the best name;
 * an address that has an owner is out of later rounds.
 *
 * Costs O(log n) per candidate whatever the candidates look like.
 */
#ifndef PK_COVER_H
#define PK_COVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"

#define PK_COVER_NONE UINT32_MAX

/* Longer names than this are taken for damage. */
#define PK_MAX_SYMBOL_NAME 8192

struct pk_func {
	uint64_t start, end;	/* [start, end) */
	const char *name;	/* NUL-terminated, lives as long as its source */
	uint32_t dso;		/* string id */
	uint32_t order;		/* of offering; decides where the source says so */
	uint8_t rank;		/* lower is better among names of one range */
	uint8_t flags;		/* PK_SYMBOL_* */
	bool loose;		/* a region, of which only sampled addresses count */
};

/* Better candidates first; for qsort(3). */
typedef int (*pk_func_compare)(const void *a, const void *b);

struct pk_cover {
	const uint64_t *addr;	/* ascending, distinct; the caller's */
	uint32_t nr;
	uint32_t *owner;	/* per address: index into funcs, or PK_COVER_NONE */
	uint32_t *next_free;	/* per address: skips addresses that have owners */
	/*
	 * Per address: what is in [low, high), in its owner's range and no further than its
	 * neighbours, has the same owner, whether it is asked for or not.
	 */
	uint64_t *low, *high;
	PK_VEC(struct pk_func) funcs;
	size_t nr_settled;	/* funcs of the rounds that are over */
};

int pk_cover_init(struct pk_cover *c, const uint64_t *addr, size_t nr);	/* 0 or -ENOMEM */
void pk_cover_deinit(struct pk_cover *c);
/* Index of the first address at or after @addr without an owner; nr: none. */
uint32_t pk_cover_next_free(struct pk_cover *c, uint64_t addr);
/* Likewise after index @i. */
uint32_t pk_cover_free_after(struct pk_cover *c, uint32_t i);
/* Index of the first address at or after @addr; nr: none. */
uint32_t pk_cover_lower(const struct pk_cover *c, uint64_t addr);
/* Offer a candidate; dropped at once if no free address is in it. 0 or -ENOMEM. */
int pk_cover_offer(struct pk_cover *c, const struct pk_func *f);
/*
 * A candidate is at [start, end) and may own what is there, whether or not an address of ours
 * is; pk_cover_offer() does this as well. What is said in or after the round in which an address
 * got its owner does not count for it.
 */
void pk_cover_bound(struct pk_cover *c, uint64_t start, uint64_t end);
/* Beyond [start, end) it may be otherwise than for the free address @i in it. */
void pk_cover_clip(struct pk_cover *c, uint32_t i, uint64_t start, uint64_t end);
/* End a round. @compare NULL: the order described above. */
void pk_cover_settle(struct pk_cover *c, pk_func_compare compare);

/*
 * The owners' ranges, cut so that they are disjoint, ascending. Of a loose one
 * just from the lowest to the highest sampled address.
 */
typedef int (*pk_cover_fn)(void *ctx, uint64_t start, uint64_t end, uint32_t func);
int pk_cover_emit(const struct pk_cover *c, pk_cover_fn fn, void *ctx);

#endif
