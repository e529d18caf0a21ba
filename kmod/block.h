/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a session with source block knows: devices, requests on their way, sums of
 * those that ended. Made when the source is attached; stays until the session goes, so
 * a reader with a reference to that needs no lock.
 */
#ifndef PK_BLOCK_H
#define PK_BLOCK_H

#include <linux/percpu.h>
#include <linux/types.h>
#include "block_busy.h"
#include "block_depth.h"
#include "block_dirty.h"
#include "block_draw.h"
#include "block_flight.h"
#include "block_sums.h"
#include "books.h"
#include "sample.h"
#include "tsc_clock.h"
#include "uapi/pkprof.h"

struct pk_filter;
struct pk_session;
struct pk_vfs;

#define PK_BLOCK_DEVICES	128	/* a power of two; number 0 is for those beyond */
#define PK_BLOCK_MAX_CPU_BYTES	(64ULL << 20)	/* sums of all CPUs together */

/*
 * A device. Known by number and the beginning of its name: where another one got the
 * number of one that is gone, it has a row of its own.
 */
struct pk_block_device {
	atomic64_t key;		/* 0: free */
	u32 dev;		/* major << 20 | minor */
	u32 flags;		/* PKPROF_BLOCK_* */
	char name[PKPROF_BLOCK_NAME];
	u64 ready;		/* the key again when all of the above is there; read with acquire */
	struct pk_depth depth;
	struct pk_busy busy;
	u64 flushed_ns;		/* when the device got the last flush that ended */
} __attribute__((aligned(256)));

/* What probes on one CPU need, together; irqs off. */
struct pk_block_here {
	u32 left;		/* runs until one is timed; those since are not in the books yet */
	u64 apart_ns;		/* since one is timed, what was booked apart from it */
	struct pk_books *books;
	struct pk_tsc_clock clock;
	struct pk_block_cpu sums;
	struct pk_block_draw draw;	/* which bios are recorded */
	u64 nr_recorded;
	struct pk_sample_scratch scratch;
};

struct pk_block {
	struct pk_session *session;
	struct pk_vfs *vfs;	/* whose operations requests are part of, or NULL */
	struct pk_block_device devices[PK_BLOCK_DEVICES];
	struct pk_block_keys keys;
	struct pk_block_here __percpu *here;
	struct pk_block_cpu **cpus;	/* nr_cpu_ids, the sums of each; NULL where there is none */
	void **memory;		/* of their cells */
	struct pk_dirty dirty;
	struct pk_flights flights;
};

/* Context: may sleep. NULL is fine. */
void pk_block_destroy(struct pk_block *b);

/*
 * Reading, at any time in the session's life. @pos: 0 at first, opaque. May reschedule
 * between pieces. Return: bytes used of @buf, which has PK_BLOCK_MAX_BYTES, 0: no more.
 */
size_t pk_block_next_device(struct pk_block *b, u64 *pos, void *buf);
size_t pk_block_next_ops(struct pk_block *b, u64 *pos, u64 epoch_ns,
			 const struct pk_filter *filter, void *buf);

#endif
