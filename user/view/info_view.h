/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is in a profile file, as tables: file, host, recording, phases, counts
 * and the books line by line with the verdict whether they close.
 */
#ifndef PK_INFO_VIEW_H
#define PK_INFO_VIEW_H

#include "analysis/table.h"
#include "profile/profile.h"

/* @path: as the user named it. 0 or -ENOMEM. */
int pk_info_result(const struct pk_profile *p, const char *path, struct pk_result *ret);

#endif
