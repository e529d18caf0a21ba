/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The module's status as tables. */
#ifndef PK_STATUS_VIEW_H
#define PK_STATUS_VIEW_H

#include "analysis/table.h"
#include "source/nl.h"

/* What the module answers: its status, and the books summed over CPUs. */
struct pk_status {
	struct pk_nl_info info;
	struct pk_nl_status session;
	struct pkprof_counters books[PKPROF_NR_SOURCES];	/* by source */
	unsigned int nr_cpus[PKPROF_NR_SOURCES];		/* with books */
};

int pk_status_result(const struct pk_status *s, struct pk_result *ret);	/* 0 or -ENOMEM */

#endif
