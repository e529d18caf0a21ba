/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which addresses do the stacks of a profile use, and where do they point? */
#ifndef PK_COLLECT_H
#define PK_COLLECT_H

#include "base/err.h"
#include "profile/profile.h"

/* One address of a space, as struct pk_symbol has them. */
struct pk_wanted {
	uint64_t place;		/* enum pk_space << 32 | id */
	uint64_t addr;
};

static inline uint64_t pk_place(enum pk_space space, uint32_t id)
{
	return (uint64_t)space << 32 | id;
}

struct pk_wanted_list {
	PK_VEC(struct pk_wanted) v;	/* sorted by (place, addr), distinct */
};

/* All of them that lie in known mappings or in the kernel. 0 or -ENOMEM. */
int pk_collect(const struct pk_profile *p, struct pk_wanted_list *ret, struct pk_err *err);

#endif
