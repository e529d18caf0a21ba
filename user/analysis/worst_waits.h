/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The longest waits for a CPU, part of analysis sched. */
#ifndef PK_WORST_WAITS_H
#define PK_WORST_WAITS_H

#include "analysis/scope.h"
#include "analysis/table.h"

/* Adds table "worst", @limit rows at most (0: all that were told). 0 or -ENOMEM. */
int pk_worst_waits_add(const struct pk_scope *s, size_t limit, struct pk_result *ret);

#endif
