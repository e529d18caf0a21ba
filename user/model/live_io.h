/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operations on files, block requests and TCP connections, live: from two readings of
 * their sums to what was done in between, by process and by device.
 *
 *	pk_live_io_begin(&l);
 *	pk_live_read(source, pk_live_io_epoch(&l), PK_LIVE_IO_WHAT, &pk_live_io_visitor, &l, err);
 *	pk_live_io_end(&l);	// l.picture, from the second time on
 *
 * In: readings as source/ledger.h tells them, each with the epoch of the one before.
 * Out: figures of the interval (from_ns, to_ns], of which the ends are as exact as a
 * reading is short: a part is read some ms after the reading began.
 *
 * Sums begin anew where a recording takes a source, or gives it back. What was done
 * between the last reading and that is lost; the picture says so (@anew). Where the sums
 * are of a recording of some processes only, it says that, too (@filtered).
 */
#ifndef PK_LIVE_IO_H
#define PK_LIVE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map64.h"
#include "base/vec.h"
#include "model/distribution.h"
#include "source/ledger.h"
#include "uapi/pkprof.h"

/* What a reading must ask for, and the sources that have it. */
#define PK_LIVE_IO_WHAT (PKPROF_LEDGER_BLOCK | PKPROF_LEDGER_NET | PKPROF_LEDGER_VFS)
#define PK_LIVE_IO_SOURCES                                                                         \
	(1u << PKPROF_SRC_BLOCK | 1u << PKPROF_SRC_TCP | 1u << PKPROF_SRC_VFS)

/*
 * What was done. Operations on files are those of processes, not within others and not
 * on pipes and sockets; bytes are what the calls returned. Requests are those that ended,
 * of devices that are not on top of others.
 */
enum pk_live_io_count {
	PK_LIVE_READS,		/* also sendfile, copy_file_range, splice */
	PK_LIVE_READ_BYTES,
	PK_LIVE_WRITES,		/* likewise, but splice */
	PK_LIVE_WRITE_BYTES,
	PK_LIVE_FSYNCS,
	PK_LIVE_FILE_NS,	/* that all operations on files took */
	PK_LIVE_REQUESTS,
	PK_LIVE_REQUEST_BYTES,
	PK_LIVE_REQUEST_NS,	/* queue and device */
	PK_LIVE_IN_BYTES,	/* TCP */
	PK_LIVE_OUT_BYTES,
	PK_LIVE_SENDS,
	PK_LIVE_SEGMENTS,	/* sent */
	PK_LIVE_AGAIN,		/* of them: once more */
	PK_LIVE_OPENED,		/* connections that came to be */
	PK_LIVE_CLOSED,
	PK_LIVE_NR_COUNTS
};

struct pk_live_io_amount {
	uint64_t nr[PK_LIVE_NR_COUNTS];
	struct pk_dist times;	/* of requests */
};

struct pk_live_io_process {
	uint32_t tgid;		/* 0: of none that is known, or without room */
	bool joined;		/* is in the ledger's picture */
	struct pk_live_io_amount amount;
};

struct pk_live_device {
	uint32_t id;
	char name[PKPROF_BLOCK_NAME];
	uint32_t flags;		/* PKPROF_BLOCK_* */
	uint64_t reads, read_bytes, writes, write_bytes, others;	/* requests */
	uint64_t queue_ns, device_ns;	/* of all requests, sums */
	uint64_t wall_ns, busy_ns, load_ns;	/* observed; with any in flight; integral of how many */
	struct pk_dist times;	/* queue and device */
};

struct pk_live_io_picture {
	uint64_t from_ns, to_ns;	/* CLOCK_MONOTONIC; equal: there is no picture */
	uint32_t sources;		/* that told anything, mask */
	uint32_t anew, filtered;	/* of them */
	struct pk_live_io_amount total;	/* requests: of the devices */
	struct pk_live_io_amount gone;	/* after pk_live_io_join(): processes that are not there */
	struct pk_live_io_amount none;	/* of no process that is known */
	PK_VEC(struct pk_live_io_process) processes;	/* with anything, any order */
	PK_VEC(struct pk_live_device) devices;		/* with anything */
};

struct pk_live_picture;
struct pk_live_io_cell;
struct pk_live_io_device;

struct pk_live_io {
	struct pk_live_io_picture picture;	/* of the last interval */
	/* the rest is the model's own */
	PK_VEC(struct pk_live_io_cell) cells;
	PK_VEC(struct pk_live_io_device) devices;
	struct pk_map64 by_key, by_tgid, by_device, pseudo;
	uint64_t sums_ns[PKPROF_NR_SOURCES];	/* since when they count, 0: not known */
	uint64_t now_ns, at_ns;			/* of this reading, and of the one before */
	bool restart;				/* these sums were not told from the beginning */
};

/* All-zero is a model without any reading. */
void pk_live_io_deinit(struct pk_live_io *l);
void pk_live_io_begin(struct pk_live_io *l);
extern const struct pk_ledger_visitor pk_live_io_visitor;	/* its context is the model */
/* The reading is complete: makes the picture. 0; -ENOMEM; -EPROTO: it had no info. */
int pk_live_io_end(struct pk_live_io *l);
static inline uint64_t pk_live_io_epoch(const struct pk_live_io *l)
{
	return l->at_ns;
}

/* What processes did that are not in @p goes to @gone; of the others who is looked for is found. */
void pk_live_io_join(struct pk_live_io_picture *io, const struct pk_live_picture *p);
/* What a process did; one that did nothing: all 0. tgid 0 is all that are gone. */
const struct pk_live_io_amount *pk_live_io_find(const struct pk_live_io *l, uint32_t tgid);
/* Mean and 99th percentile of requests, ns; 0: there were none. */
uint64_t pk_live_io_mean_ns(const struct pk_live_io_amount *a);
uint64_t pk_live_io_p99_ns(const struct pk_live_io_amount *a);
/* The busiest device first, those on top of others last. */
void pk_live_io_sort_devices(struct pk_live_io_picture *p);

#endif
