/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single operations on files and block I/O in the JSON export; JSON.md describes each member. */
#ifndef PK_JSON_IO_H
#define PK_JSON_IO_H

#include "analysis/scope.h"
#include "base/json.h"
#include "base/sink.h"

/* Members "file_systems", "files", "operations" and "block_io". 0 or -ENOMEM. */
int pk_json_put_io(struct pk_json *j, const struct pk_scope *s, struct pk_sink *out);

#endif
