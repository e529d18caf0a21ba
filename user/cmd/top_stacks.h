/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hottest stacks of `top`: from windows recorded in a session of its own, while
 * they are looked at. Where somebody else has the session it is tried again later.
 */
#ifndef PK_CMD_TOP_STACKS_H
#define PK_CMD_TOP_STACKS_H

#include "record/windows.h"
#include "source/ledger.h"
#include "view/top.h"

struct pk_top_stacks {
	const char *module;	/* as of option --module, may be NULL */
	struct pk_windows windows;
	uint32_t owner_pid;	/* of the process that records, initial pid namespace; 0: none */
	uint64_t retry_ns;	/* CLOCK_MONOTONIC, not before this */
	struct pk_hottest hottest;	/* of the last window */
	bool any;
	char said[256];		/* what there is to see, or why not */
};

void pk_top_stacks_init(struct pk_top_stacks *s, const char *module);
void pk_top_stacks_close(struct pk_top_stacks *s);
/* Record, or stop it: to be called now and then. */
void pk_top_stacks_want(struct pk_top_stacks *s, struct pk_live *live, bool wanted);
/* The windows' descriptor is readable. */
void pk_top_stacks_take(struct pk_top_stacks *s);
/* What the screen is to show. */
void pk_top_stacks_put(const struct pk_top_stacks *s, struct pk_top *t);

#endif
