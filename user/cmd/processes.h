/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the frames of processes that run now lack to have names, and how to get
 * it: one finding for each runtime, version and lack. Changes nothing; processes
 * of which this user may not see the mappings are counted only.
 */
#ifndef PK_CMD_PROCESSES_H
#define PK_CMD_PROCESSES_H

#include "base/strbuf.h"
#include "cmd/packages.h"
#include "runtime/recorded.h"

/* A program without names for its own functions. */
struct pk_stripped {
	enum pk_runtime runtime;
	char *path;	/* as the process sees it */
	uint8_t build_id[PKPROF_MAX_BUILD_ID];
	uint8_t build_id_len;
	bool here;	/* it is that file for us, too */
	char package[PK_MAX_PACKAGE];	/* it is from, "": not known */
};

struct pk_processes {
	struct pk_runtime_groups groups;
	PK_VEC(struct pk_stripped) stripped;	/* different ones, at most 64 */
	unsigned int nr;	/* processes looked at */
	unsigned int nr_denied;
};

/* @proc: "/proc". 0, -ENOMEM, or -errno when it cannot be read. */
int pk_processes_look(const char *proc, struct pk_processes *ret);
void pk_processes_deinit(struct pk_processes *p);

/* "install bash-dbgsym, cron-dbgsym and 3 more; ...": what brings names to stripped programs. */
void pk_processes_put_symbols(const struct pk_processes *p, enum pk_runtime runtime,
			      struct pk_strbuf *out);

#endif
