/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which processes a session records: all, or a set that grows by fork. The set
 * is a bitmap over process ids of the initial pid namespace, so that a test is
 * one bit and any context may do it.
 */
#ifndef PK_FILTER_H
#define PK_FILTER_H

#include <linux/bitops.h>
#include <linux/types.h>

struct pk_filter {
	unsigned long *tgids;	/* bitmap of PID_MAX_LIMIT bits, NULL: all pass */
};

/**
 * pk_filter_init - take these processes and their living descendants
 * @pids:	in the caller's pid namespace
 * @gone_ret:	set to the first pid that does not exist
 *
 * With nr == 0 everything passes. Descendants of a process that forks while
 * this runs are caught by pk_filter_fork() if the task source's probes were
 * attached before pk_filter_add_descendants().
 * Context: may sleep. Return: 0, -ENOMEM, -ESRCH.
 */
int pk_filter_init(struct pk_filter *f, const u32 *pids, unsigned int nr, u32 *gone_ret);
void pk_filter_add_descendants(struct pk_filter *f);
void pk_filter_deinit(struct pk_filter *f);

/* Context: any. @tgid: initial pid namespace. */
static inline bool pk_filter_match(const struct pk_filter *f, u32 tgid)
{
	return !f->tgids || test_bit(tgid, f->tgids);
}

/*
 * A new process is in the set if its parent is. As this also takes out the ID of
 * one that is gone, the dying need not leave: their exit is recorded to its end.
 */
static inline void pk_filter_fork(struct pk_filter *f, u32 parent_tgid, u32 child_tgid)
{
	if (!f->tgids || parent_tgid == child_tgid)
		return;
	if (!test_bit(parent_tgid, f->tgids)) {
		clear_bit(child_tgid, f->tgids);
		/* the walk sets the parent's bit, then looks at the child; now it is our turn to look */
		smp_mb__after_atomic();
		if (!test_bit(parent_tgid, f->tgids))
			return;
	}
	set_bit(child_tgid, f->tgids);
}

#endif
