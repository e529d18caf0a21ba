// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of analyses; see analysis.h. */
#include <string.h>

#include "analysis/analysis.h"
#include "base/cleanup.h"

const struct pk_analysis *const pk_analyses[] = {
	&pk_analysis_summary, &pk_analysis_ledger, &pk_analysis_phases,	  &pk_analysis_process,
	&pk_analysis_thread,  &pk_analysis_cgroup, &pk_analysis_function, &pk_analysis_line,
	&pk_analysis_sched,
	&pk_analysis_io,      &pk_analysis_net,    &pk_analysis_losses,  &pk_analysis_cost,
};
const unsigned int pk_nr_analyses = PK_ARRAY_SIZE(pk_analyses);

const struct pk_analysis *pk_analysis_find(const char *name)
{
	for (unsigned int i = 0; i < pk_nr_analyses; i++)
		if (!strcmp(pk_analyses[i]->name, name))
			return pk_analyses[i];
	return NULL;
}
