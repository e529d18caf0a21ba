/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables of callbacks at the entry of kernel functions, by ftrace: 35 instructions a hit
 * outside the callback (5.10: 71), where a kprobe costs 155. A function that this kernel
 * has not, or has only inlined, is an answer, not an error.
 *
 * A callback may be preempted and must not call what is in its own table.
 */
#ifndef PK_FTRACE_HOOK_H
#define PK_FTRACE_HOOK_H

#include <linux/types.h>
#include "compat/ftrace.h"

/**
 * struct pk_ftrace_hook - one row
 * @name:	of the function
 * @fn:		made by PK_FTRACE_CALLBACK
 * @optional:	the table works without it
 * @found:	filled by the lookup
 */
struct pk_ftrace_hook {
	const char *name;
	ftrace_func_t fn;
	bool optional;
	bool found;
	bool attached;
	struct ftrace_ops ops;
};

/* Look all rows up. May sleep. Return: 0, or -ENOENT if one is missing that is not optional. */
int pk_ftrace_hooks_find(struct pk_ftrace_hook *table, unsigned int nr);

/*
 * Attach all rows that were found, or none; @data is each callback's first argument. May
 * sleep. Return: 0 or -errno.
 */
int pk_ftrace_hooks_attach(struct pk_ftrace_hook *table, unsigned int nr, void *data);

/* Detach all rows; when it returns no callback is running and none can start. May sleep. */
void pk_ftrace_hooks_detach(struct pk_ftrace_hook *table, unsigned int nr);

#endif
