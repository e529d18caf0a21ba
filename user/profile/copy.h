/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A profile into another file, but for its symbols, lines and its end, chunk by chunk as they
 * are: what is to be named anew. Nothing refers to symbols or lines.
 */
#ifndef PK_PROFILE_COPY_H
#define PK_PROFILE_COPY_H

#include "base/err.h"
#include "profile/profile.h"

/*
 * @path was loaded into @p and is not damaged. @fd: empty, open for writing; @name: of it, for
 * messages. Makes @p ready for pk_writer_resume() on @fd. Errors: as pk_profile_load(),
 * -ESTALE where the file is no longer what was loaded; of writing PK_EXIT_OUTPUT.
 */
int pk_profile_copy_unnamed(const char *path, int fd, const char *name, struct pk_profile *p,
			    struct pk_err *err);

#endif
