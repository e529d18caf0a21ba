/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables as JSON: a record is an object, or null without a row, any other table an
 * array of objects, keyed by the columns' keys; ratios are 0..1, times ns, unknown
 * values null.
 */
#ifndef PK_JSON_VIEW_H
#define PK_JSON_VIEW_H

#include "analysis/table.h"
#include "base/json.h"

/*
 * One member "@key": {"TABLE": ..., "left_out": {"TABLE": rows}, "notes": [...]};
 * left_out only where a limit left out rows.
 */
void pk_json_result(struct pk_json *j, const char *key, const struct pk_result *r);

#endif
