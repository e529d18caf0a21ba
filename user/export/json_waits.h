/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waits in the JSON export; JSON.md describes each member. */
#ifndef PK_JSON_WAITS_H
#define PK_JSON_WAITS_H

#include "analysis/scope.h"
#include "base/json.h"
#include "base/sink.h"

/* Members "waits" and "off_cpu" of what the scope has. 0 or -ENOMEM. */
int pk_json_put_waits(struct pk_json *j, const struct pk_scope *s, struct pk_sink *out);

#endif
