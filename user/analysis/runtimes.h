/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which language runtimes ran, as a table: of a summary, and of what is in a file. */
#ifndef PK_ANALYSIS_RUNTIMES_H
#define PK_ANALYSIS_RUNTIMES_H

#include "analysis/table.h"
#include "profile/profile.h"

/*
 * Add the table "runtimes", and a note for each remedy. Nothing is added where
 * the profile does not say. 0 or -ENOMEM.
 */
int pk_runtimes_add(const struct pk_profile *p, struct pk_result *ret);

#endif
