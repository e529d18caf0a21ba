/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the records have told since the session's start, for as long as the scan
 * of /proc runs: the scan must not overrule them.
 */
#ifndef PK_SEEN_H
#define PK_SEEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map64.h"
#include "base/vec.h"
#include "uapi/pkprof.h"

struct pk_seen_range {
	uint32_t tgid;
	uint64_t from, to;	/* addresses */
};

/* All-zero is valid: nothing seen. */
struct pk_seen {
	struct pk_map64 born, renamed, exited;	/* by tid */
	struct pk_map64 execed, moved;	/* by tgid; moved: to another cgroup */
	struct pk_map64 mapping;	/* by tgid: has entries in ranges */
	PK_VEC(struct pk_seen_range) ranges;
};

void pk_seen_deinit(struct pk_seen *s);
/* Take note of a record; 0 or -ENOMEM. */
int pk_seen_note(struct pk_seen *s, const struct pkprof_rec *rec);

static inline bool pk_seen_is(const struct pk_map64 *m, uint32_t id)
{
	return pk_map64_get(m, id) != PK_MAP64_NONE;
}
/* Did the process map anything that overlaps [from, to)? */
bool pk_seen_mapped(const struct pk_seen *s, uint32_t tgid, uint64_t from, uint64_t to);

#endif
