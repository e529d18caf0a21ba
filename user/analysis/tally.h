/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tallies: how many samples of a scope each thread and each process has.
 */
#ifndef PK_TALLY_H
#define PK_TALLY_H

#include "analysis/scope.h"

struct pk_tally {
	uint64_t *thread;	/* samples by thread index */
	uint64_t *process;	/* samples by process index */
	uint64_t *active;	/* threads with samples, by process index */
};

int pk_tally_init(const struct pk_scope *s, struct pk_tally *ret);	/* 0 or -ENOMEM */
void pk_tally_deinit(struct pk_tally *t);

#endif
