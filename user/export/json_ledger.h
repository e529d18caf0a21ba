/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wait ledger and the distributions in the JSON export; JSON.md describes each member. */
#ifndef PK_JSON_LEDGER_H
#define PK_JSON_LEDGER_H

#include "analysis/phase_times.h"
#include "base/json.h"
#include "base/sink.h"

/*
 * Members "ledger", "ledger_cpus", "waited_for", "latencies" and "distributions" of what the
 * scope has. 0 or -ENOMEM.
 */
int pk_json_put_ledger(struct pk_json *j, const struct pk_scope *s,
		       const struct pk_phase_times *phases, struct pk_sink *out);

#endif
