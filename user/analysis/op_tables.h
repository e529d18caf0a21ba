/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What io tells of single operations on files: the autopsy (mean anatomy by length, those
 * around the quantiles, the slowest ones), and which files they were on.
 */
#ifndef PK_OP_TABLES_H
#define PK_OP_TABLES_H

#include "analysis/analysis.h"

/* o->by: "autopsy" or "file". -ENOMEM. */
int pk_op_tables_add(const struct pk_scope *s, const struct pk_analysis_opts *o,
		     struct pk_result *ret);

#endif
