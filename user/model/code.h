/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames of interpreted code in raw stacks, and the native frames that ran them. */
#ifndef PK_MODEL_CODE_H
#define PK_MODEL_CODE_H

#include <stdbool.h>

#include "profile/profile.h"

/*
 * Whether a raw node is a frame of the interpreter itself, of which the function that it runs
 * tells more. Such are left out of stacks unless p->all_native.
 */
static inline bool pk_node_is_interpreter(const struct pk_profile *p, uint32_t node)
{
	const struct pk_addr_node *n = p->nodes.data;
	uint32_t parent = n[node].parent, above;

	if (p->all_native || !parent || parent >= node || PKPROF_IS_CODE(n[node].addr))
		return false;
	if (PKPROF_IS_CODE(n[parent].addr))
		return PKPROF_CODE_NR_RUN_BY(n[parent].addr) >= 1;
	above = n[parent].parent;
	return above && above < parent && PKPROF_IS_CODE(n[above].addr) &&
	       PKPROF_CODE_NR_RUN_BY(n[above].addr) >= 2;
}

#endif
