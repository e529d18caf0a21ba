/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Merge of the rings' next records by time: a binary heap with at most one
 * record per ring. Equal times come out in order of CPU.
 */
#ifndef PK_MERGE_H
#define PK_MERGE_H

#include <stdbool.h>
#include <stdint.h>

#include "uapi/pkprof.h"

struct pk_merge_entry {
	uint64_t time_ns;
	const struct pkprof_rec *rec;
	unsigned int cpu;
};

struct pk_merge {
	struct pk_merge_entry *heap;	/* smallest first */
	unsigned int nr, cap;
};

int pk_merge_init(struct pk_merge *m, unsigned int nr_cpus);	/* 0 or -ENOMEM; again is fine */
void pk_merge_deinit(struct pk_merge *m);

static inline void pk_merge_clear(struct pk_merge *m)
{
	m->nr = 0;
}
/* At most one per CPU may be in. */
void pk_merge_push(struct pk_merge *m, unsigned int cpu, uint64_t time_ns,
		   const struct pkprof_rec *rec);
/* Take the earliest; false when empty. */
bool pk_merge_pop(struct pk_merge *m, unsigned int *cpu_ret, const struct pkprof_rec **rec_ret);

#endif
