/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which disks and which peers threads waited for, part of analysis ledger. */
#ifndef PK_LEDGER_WAITED_H
#define PK_LEDGER_WAITED_H

#include "analysis/analysis.h"
#include "analysis/ledger_sums.h"

#define PK_WAITED_BY_PROCESS (1u << 0)

/* Waits of one line for one target, of a process or all. */
struct pk_waited_group {
	uint32_t tgid, owner;	/* process index, PK_NO_OWNER: not known */
	uint8_t line, kind, family, flags;
	uint16_t port;
	uint32_t name, local;	/* string ids of the profile */
	double nr, ns;
};

struct pk_waited_groups {
	PK_VEC(struct pk_waited_group) all;	/* by line; of those the longest time first */
};

/*
 * The pieces as far as they are in [from, to) and the filter leaves them. 0 or -ENOMEM; to
 * be deinitialised in any case. @by: mask of PK_WAITED_BY_*.
 */
int pk_waited_groups_init(const struct pk_scope *s, unsigned int by, uint64_t from_ns,
			  uint64_t to_ns, struct pk_waited_groups *ret);
void pk_waited_groups_deinit(struct pk_waited_groups *g);

/* How people call a target, and what kind it is; the name is the result's. NULL: no memory. */
const char *pk_waited_label(struct pk_result *ret, const struct pk_model *m,
			    const struct pk_waited_group *g);
const char *pk_waited_kind(const struct pk_waited_group *g);

/*
 * Adds tables "waits" (all processes together), "phase_waits" and "process_waits". 0 or -ENOMEM.
 */
int pk_ledger_waited_add(const struct pk_scope *s, const struct pk_analysis_opts *o,
			 struct pk_result *ret);

#endif
