/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What io tells of operations on files: a group of tables. */
#ifndef PK_VFS_TABLES_H
#define PK_VFS_TABLES_H

#include "analysis/analysis.h"

/* Nothing if the profile has none. @by: as struct pk_analysis_opts. -ENOMEM. */
int pk_vfs_tables_add(const struct pk_scope *s, const struct pk_analysis_opts *o,
		      struct pk_result *ret);
/* Likewise, only all of them by operation. */
int pk_vfs_figures_add(const struct pk_scope *s, const struct pk_analysis_opts *o,
		       struct pk_result *ret);

#endif
