/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ordering across CPUs: items come in nearly ordered per ring, they go out
 * ordered by time.
 *
 * Release rule: before a drain the recorder reads the clock, B. Every record
 * that was complete by B is found by that drain, so after it all items up to
 * B - PK_SORTER_SLACK_NS may go out. The slack is for records whose handler
 * had taken the time but not finished writing by B: handlers take microseconds;
 * a virtual CPU that the host took off the processor in mid-handler can be
 * longer. What comes after a later item is out is counted as late and goes out
 * with its true time at the next release.
 *
 * Memory: at most @limit_bytes of items are held. Beyond that the older half
 * goes out early; since drains are merged by time that costs no order unless
 * the engine hands out unmerged rings.
 */
#ifndef PK_SORTER_H
#define PK_SORTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "base/vec.h"

#define PK_SORTER_SLACK_NS 50000000ULL

/* Gets an item in order of time; 0, or -errno that ends the release. */
typedef int (*pk_sorter_fn)(void *ctx, uint64_t time_ns, unsigned int kind, const void *payload,
			    size_t len);

struct pk_sorter_entry {
	uint64_t time_ns;
	uint64_t seq;		/* order of arrival among equal times */
	uint32_t offset;	/* of the payload, in 8 bytes */
	uint16_t len;		/* bytes of the payload */
	uint16_t kind;
};

struct pk_sorter {
	PK_VEC(struct pk_sorter_entry) entries;
	struct pk_strbuf payload, spare;
	bool ordered;		/* entries are sorted */
	uint64_t seq;
	uint64_t last_ns;	/* time of the last item that went out */
	size_t limit_bytes;
	pk_sorter_fn fn;
	void *ctx;
	uint64_t nr_late;	/* items behind a later one */
	uint64_t nr_forced;	/* releases for lack of room */
};

void pk_sorter_init(struct pk_sorter *s, size_t limit_bytes, pk_sorter_fn fn, void *ctx);
void pk_sorter_deinit(struct pk_sorter *s);

/* @len: at most 64 KiB - 1. 0, -ENOMEM, or what the function said. */
int pk_sorter_push(struct pk_sorter *s, uint64_t time_ns, unsigned int kind, const void *payload,
		   size_t len);

/* Let out everything up to and including @upto_ns; UINT64_MAX: all. */
int pk_sorter_release(struct pk_sorter *s, uint64_t upto_ns);

#endif
