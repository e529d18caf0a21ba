/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A profile into another file without what it says of its users, so that it can be given away.
 *
 * Of the texts in it, only those stay that are known to be harmless by what they are used for:
 * names of threads, of functions, of devices and types of file systems, marks, and most facts.
 * Command lines, the host's name and boot go; paths, cgroups, peers, and whatever else there
 * is, are told by a hash, as redact_text.h says. All numbers stay, so all figures do.
 */
#ifndef PK_PROFILE_REDACT_H
#define PK_PROFILE_REDACT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/siphash.h"
#include "profile/profile.h"

/* This fact is in what was redacted; its value is "names" or "all". */
#define PK_REDACTED_FACT "record.redacted"

struct pk_redaction {
	struct pk_siphash_key key;
	bool all;		/* names of functions go, too */
};

/*
 * @path was loaded into @p and is not damaged; @fd: empty, open for writing; @name: of it, for
 * messages. Errors: as pk_profile_copy() and pk_writer_finish(); -EPROTO: the file is of a
 * later version and may hold what this one does not know of.
 */
int pk_profile_redact(const char *path, int fd, const char *name, struct pk_profile *p,
		      const struct pk_redaction *how, struct pk_err *err);

#endif
