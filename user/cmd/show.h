/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of a command on standard output, as text or as JSON. */
#ifndef PK_CMD_SHOW_H
#define PK_CMD_SHOW_H

#include <stdbool.h>

#include "analysis/table.h"
#include "base/err.h"

/* JSON: one object with a member for each table. PK_EXIT_OUTPUT. */
int pk_show(const struct pk_result *r, bool json, struct pk_err *err);

#endif
