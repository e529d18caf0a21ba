/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What waits for disks and sockets add up to, by process and by what they were for.
 *
 * Which cell is whose is the same on all CPUs: one table of keys in groups. What is in the
 * cells is each CPU's own, written with irqs off. Where a process finds no room its waits
 * are booked in a cell of the same target for all such processes, and where that finds none
 * in one of the line that is always there. The cells of a process that is gone are given to
 * others once a reader has them. The same file compiles in the unit tests.
 */
#ifndef PK_WAITED_SUMS_H
#define PK_WAITED_SUMS_H

#ifdef __KERNEL__
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/types.h>
#else
#include "kernel_shim.h"	/* tests/unit */
#endif
#include "key_group.h"
#include "uapi/pkprof.h"

#define PK_WAITED_CELLS	2048	/* a power of two; 48 KB for each CPU */
#define PK_WAITED_GROUP	8	/* slots that a key may be in */
/* Behind them one for each line is always there. */
#define PK_WAITED_NR	(PK_WAITED_CELLS + PKPROF_NR_LINES)

/* Of one cell on one CPU; @last_ns: when it changed. */
struct pk_waited_cell {
	u64 nr, ns;
	u64 last_ns;
};

/* Whose waits, and for what; a multiple of 8 bytes without gaps is what it is made a key of. */
struct pk_waited_what {
	u32 tgid;
	u16 target;	/* number within the line; 0: not known */
	u8 line;	/* enum pkprof_line */
};

/*
 * What a cell is of. @id: another one whenever the cell is another's. @ready: all is there;
 * read with acquire.
 */
struct pk_waited_owner {
	struct pk_waited_what what;
	u32 id;
	u8 any_tgid;	/* processes without room */
	u8 ready;
};

struct pk_waited_keys {
	atomic64_t next_id;
	atomic64_t key[PK_WAITED_CELLS] __attribute__((aligned(64)));
	struct pk_waited_owner owner[PK_WAITED_CELLS];
};

/* Never 0, as no line that is waited in is; different for what differs. */
static __always_inline u64 pk_waited_key(const struct pk_waited_what *w)
{
	return (u64)w->line << 48 | (u64)w->target << 32 | w->tgid;
}

static __always_inline u32 pk_waited_group_of(u64 key)
{
	return pk_group_of(key, PK_WAITED_CELLS / PK_WAITED_GROUP, PK_WAITED_GROUP);
}

/* A cell for what has none yet, or the one that it has; always one. Context: any. */
u32 pk_waited_claim(struct pk_waited_keys *k, const struct pk_waited_what *w);

/* Context: any. */
static __always_inline u32 pk_waited_cell_of(struct pk_waited_keys *k, const struct pk_waited_what *w)
{
	u64 key = pk_waited_key(w);
	int at = pk_group_find(k->key, pk_waited_group_of(key), PK_WAITED_GROUP, key);

	return likely(at >= 0) ? (u32)at : pk_waited_claim(k, w);
}

/* @nr: waits that ended; 0: a part of one that goes on. Context: irqs off, on the CPU of @c. */
static __always_inline void pk_waited_book(struct pk_waited_cell *c, u64 ns, u64 nr, u64 now_ns)
{
	c->nr += nr;
	c->ns += ns;
	c->last_ns = now_ns;
}

/* One cell, of all CPUs together. */
struct pk_waited_told {
	struct pk_waited_what what;
	u32 id;
	bool any_tgid;
	u64 nr, ns;
};

/**
 * pk_waited_tell - one cell
 * @cpus:	@nr_cpus pointers, NULL where there is no such CPU
 * @at:		below PK_WAITED_NR
 * @epoch_ns:	only if it changed at or after it
 * @idle_ret:	set if it is somebody's and did not change since
 *
 * Return: false: it is empty or did not change.
 */
bool pk_waited_tell(const struct pk_waited_keys *k, struct pk_waited_cell *const *cpus,
		    unsigned int nr_cpus, unsigned int at, u64 epoch_ns, bool *idle_ret,
		    struct pk_waited_told *ret);

/* Whose it is no more: nobody books in it, and it is free from now on. */
void pk_waited_free(struct pk_waited_keys *k, struct pk_waited_cell *const *cpus,
		    unsigned int nr_cpus, unsigned int at);

#endif
