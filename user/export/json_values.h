/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values that all members of the JSON export write alike; JSON.md says how. */
#ifndef PK_JSON_VALUES_H
#define PK_JSON_VALUES_H

#include "analysis/scope.h"
#include "base/json.h"

/* ns since the recording's start; what was before it is 0, UINT64_MAX (no end) is null. */
static inline void pk_json_put_time(struct pk_json *j, const struct pk_scope *s, const char *key,
				    uint64_t ns)
{
	uint64_t t0_ns = s->model->profile->start_ns;

	if (ns == UINT64_MAX)
		pk_json_null(j, key);
	else
		pk_json_u64(j, key, ns > t0_ns ? ns - t0_ns : 0);
}

/* UINT32_MAX, as PK_NO_OWNER, is null. */
static inline void pk_json_put_index(struct pk_json *j, const char *key, uint32_t idx)
{
	if (idx == UINT32_MAX)
		pk_json_null(j, key);
	else
		pk_json_u64(j, key, idx);
}

/* A text of the profile by its id; the empty one is null. */
static inline void pk_json_put_text(struct pk_json *j, const struct pk_scope *s, const char *key,
				    uint32_t string)
{
	pk_json_string(j, key, string ? pk_model_string(s->model, string) : NULL);
}

#endif
