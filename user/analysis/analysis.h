/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Analyses: each is one file and one row of the table in analysis.c. They
 * turn the samples of a scope into typed tables and never print.
 *
 * To add one: write user/analysis/NAME.c, declare its row below, put it into
 * the table, and give it a golden (tests/golden): a test looks for it.
 */
#ifndef PK_ANALYSIS_H
#define PK_ANALYSIS_H

#include "analysis/scope.h"
#include "analysis/table.h"

struct pk_analysis_opts {
	size_t limit;		/* rows of a ranking, 0: all */
	const char *by;		/* ledger, sched, io, net: what rows are of, NULL: all there is */
	bool brief;		/* ledger, sched: only the few figures of a summary */
	bool figures;		/* io, net: a table of each, and nothing of what there is not */
};

/* What command report makes of it without --by; its JSON has all analyses. */
#define PK_REPORT_TEXT		(1u << 0)	/* is in the text */
#define PK_REPORT_MARKED	(1u << 1)	/* but only where something was marked */
#define PK_REPORT_BOOKED	(1u << 2)	/* but only where the file has a ledger */
#define PK_REPORT_BRIEF_TEXT	(1u << 3)	/* only its few main figures */
#define PK_REPORT_BRIEF_JSON	(1u << 4)
#define PK_REPORT_FIGURES	(1u << 5)	/* of its text only a table, if there is anything to tell */

struct pk_analysis {
	const char *name, *help;	/* one line, no final full stop */
	unsigned int report;		/* PK_REPORT_* */
	/* Fills @ret, which is to be deinitialised also after an error. -ENOMEM. */
	int (*run)(const struct pk_scope *s, const struct pk_analysis_opts *o,
		   struct pk_result *ret, struct pk_err *err);
};

extern const struct pk_analysis pk_analysis_summary, pk_analysis_phases, pk_analysis_process,
	pk_analysis_thread, pk_analysis_cgroup, pk_analysis_function, pk_analysis_losses,
	pk_analysis_cost, pk_analysis_ledger, pk_analysis_sched,
	pk_analysis_io, pk_analysis_net, pk_analysis_line;

extern const struct pk_analysis *const pk_analyses[];	/* in the order of a report */
extern const unsigned int pk_nr_analyses;
const struct pk_analysis *pk_analysis_find(const char *name);	/* or NULL */

#endif
