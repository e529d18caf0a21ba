/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file that is redacted into another one, for the commands redact and record. */
#ifndef PK_REDACTED_H
#define PK_REDACTED_H

#include "base/err.h"

/* What of a profile is to go, NULL-terminated: "names", "all". */
extern const char *const pk_redact_levels[];

/*
 * @level: one of those; @salt: NULL: of this file alone. Errors: as pk_profile_load(),
 * pk_profile_redact(), pk_replace_begin(); -EBADMSG: it is damaged.
 */
int pk_redact_file(const char *path, const char *output, const char *level, const char *salt,
		   struct pk_err *err);

#endif
