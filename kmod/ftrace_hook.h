/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables of callbacks at the entry of kernel functions, by ftrace: 35 instructions a hit
 * outside the callback (5.10: 71), where a kprobe costs 155. A function that this kernel
 * has not, or has only inlined, is an answer, not an error.
 *
 * What ftrace knows as one tracer is waited for when it goes, a tenth of a second and
 * more each. So all rows of a table share one, which finds the row by the function's
 * address, for another 15 instructions; a row may have its own.
 *
 * A callback may be preempted and must not call what is in its own table.
 */
#ifndef PK_FTRACE_HOOK_H
#define PK_FTRACE_HOOK_H

#include <linux/types.h>
#include "compat/ftrace.h"

#define PK_FTRACE_SLOTS 128	/* a power of two, more than twice the rows of any table */

/**
 * struct pk_ftrace_hook - one row
 * @name:	of the function
 * @fn:		made by PK_FTRACE_CALLBACK
 * @optional:	the table works without it
 * @alone:	has a tracer of its own, attached before those that share one
 * @ip:		where the function is, filled by the lookup; 0: it is not to be had
 * @ops:	its own tracer
 */
struct pk_ftrace_hook {
	const char *name;
	ftrace_func_t fn;
	bool optional;
	bool alone;
	bool attached;
	unsigned long ip;
	struct ftrace_ops ops;
};

struct pk_ftrace_slot {
	unsigned long key;	/* address / PK_FTRACE_GRAIN; 0: free */
	ftrace_func_t fn;
};

/**
 * struct pk_ftrace_table - rows and the tracer that they share
 * @slots:	by address, where the row's callback is
 */
struct pk_ftrace_table {
	struct pk_ftrace_hook *rows;
	unsigned int nr;
	bool attached;
	struct ftrace_ops ops;
	struct pk_ftrace_slot slots[PK_FTRACE_SLOTS];
};

#define PK_FTRACE_TABLE(name, rows_)                                                         \
	struct pk_ftrace_table name = { .rows = rows_, .nr = ARRAY_SIZE(rows_) }

/* Look all rows up. May sleep. Return: 0, or -ENOENT if one is missing that is not optional. */
int pk_ftrace_table_find(struct pk_ftrace_table *t);

/* The lookup found that function. */
bool pk_ftrace_table_has(const struct pk_ftrace_table *t, const char *name);

/*
 * Attach all rows that were found, or none; @data is each callback's first argument. May
 * sleep. Return: 0 or -errno.
 */
int pk_ftrace_table_attach(struct pk_ftrace_table *t, void *data);

/* Detach all rows; when it returns no callback is running and none can start. May sleep. */
void pk_ftrace_table_detach(struct pk_ftrace_table *t);

#endif
