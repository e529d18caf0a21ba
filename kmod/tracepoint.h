/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables of probes on the kernel's tracepoints. Most tracepoints are not
 * exported to modules, so they are found by name, and one that is missing is
 * an answer, not a build error.
 */
#ifndef PK_TRACEPOINT_H
#define PK_TRACEPOINT_H

#include <linux/types.h>

struct tracepoint;

/**
 * struct pk_tracepoint - one row
 * @probe:	is called at tracepoint @name
 * @found:	filled by the lookup; NULL: it is not to be had
 * @optional:	the table works without it
 */
struct pk_tracepoint {
	const char *name;
	void *probe;
	struct tracepoint *found;
	bool optional;
};

/* Look all rows up. May sleep. Return: 0, or -ENOENT if one is missing that is not optional. */
int pk_tracepoints_find(struct pk_tracepoint *table, unsigned int nr);

/*
 * Attach all rows that were found, or none; @data is each probe's first
 * argument. May sleep. Return: 0 or -errno.
 */
int pk_tracepoints_attach(struct pk_tracepoint *table, unsigned int nr, void *data);

/* Detach all rows; when it returns no probe is running and none can start. May sleep. */
void pk_tracepoints_detach(struct pk_tracepoint *table, unsigned int nr, void *data);

#endif
