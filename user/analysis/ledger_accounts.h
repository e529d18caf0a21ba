/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose time went where: accounts as rows of tables, part of analysis ledger. */
#ifndef PK_LEDGER_ACCOUNTS_H
#define PK_LEDGER_ACCOUNTS_H

#include "analysis/analysis.h"
#include "analysis/ledger_sums.h"

/*
 * Adds tables "processes", "threads", "cgroups" and "names" (processes of one name
 * together), or the one that o->by asks for. Without a choice people get the
 * processes, and the names where there are more than the limit; JSON gets all.
 * 0 or -ENOMEM.
 */
int pk_ledger_accounts_add(const struct pk_scope *s, const struct pk_analysis_opts *o,
			   const struct pk_ledger_sums *sums, struct pk_result *ret);
/* Adds table "phases": the threads that the scope has, phase by phase. Likewise. */
int pk_ledger_phases_add(const struct pk_scope *s, const struct pk_ledger_kept *kept,
			 struct pk_result *ret);

#endif
