/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When a device was busy, of late: the last spans in which it had requests.
 *
 * In: its depth left 0, or came back to it, from any CPU and context. Out: how much of a
 * time that is just over it was busy. Of what is longer ago than the spans that are
 * remembered nothing is known; then it counts as idle. No lock: a span that is
 * replaced while it is read is left out, or cut. The same file compiles in the unit tests.
 */
#ifndef PK_BLOCK_BUSY_H
#define PK_BLOCK_BUSY_H

#ifdef __KERNEL__
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/types.h>
#else
#include "kernel_shim.h"	/* tests/unit */
#endif

#define PK_BUSY_SPANS 32	/* a power of two; a commit waits for a handful of requests */

struct pk_busy_span {
	u64 from_ns, to_ns;
};

/**
 * struct pk_busy - of one device
 * @since_ns:	the last span began: the present one, unless that of spans[@nr - 1] is the same
 * @nr:		spans that ended
 */
struct pk_busy {
	u64 since_ns;
	atomic64_t nr;
	struct pk_busy_span spans[PK_BUSY_SPANS];
};

static __always_inline void pk_busy_begin(struct pk_busy *b, u64 now_ns)
{
	WRITE_ONCE(b->since_ns, now_ns);
}

static __always_inline void pk_busy_end(struct pk_busy *b, u64 now_ns)
{
	struct pk_busy_span *s;

	s = &b->spans[(u64)atomic64_read(&b->nr) & (PK_BUSY_SPANS - 1)];
	WRITE_ONCE(s->from_ns, READ_ONCE(b->since_ns));
	WRITE_ONCE(s->to_ns, now_ns);
	atomic64_add(1, &b->nr);
}

static inline u64 pk_busy_overlap(u64 from_ns, u64 to_ns, u64 since_ns, u64 until_ns)
{
	from_ns = max(from_ns, since_ns);
	to_ns = min(to_ns, until_ns);
	return to_ns > from_ns ? to_ns - from_ns : 0;
}

/* ns of [since, until) that it was busy; until is not long ago. Context: any. */
static inline u64 pk_busy_in(const struct pk_busy *b, u64 since_ns, u64 until_ns)
{
	u64 nr = atomic64_read(&b->nr), sum_ns = 0, now_ns = READ_ONCE(b->since_ns), i;

	if (now_ns && now_ns != READ_ONCE(b->spans[(nr - 1) & (PK_BUSY_SPANS - 1)].from_ns))
		sum_ns = pk_busy_overlap(now_ns, until_ns, since_ns, until_ns);
	for (i = 1; i <= PK_BUSY_SPANS && i <= nr; i++) {
		const struct pk_busy_span *s = &b->spans[(nr - i) & (PK_BUSY_SPANS - 1)];
		u64 to_ns = READ_ONCE(s->to_ns);

		if (to_ns <= since_ns)
			break;
		sum_ns += pk_busy_overlap(READ_ONCE(s->from_ns), to_ns, since_ns, until_ns);
	}
	return min(sum_ns, until_ns - since_ns);
}

#endif
