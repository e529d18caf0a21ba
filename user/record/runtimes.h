/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which runtimes ran during a recording, put into its profile. */
#ifndef PK_RECORD_RUNTIMES_H
#define PK_RECORD_RUNTIMES_H

#include "profile/writer.h"
#include "record/files.h"

/*
 * One fact for each runtime, version and lack. @p: the recording, with its
 * symbols; @files: held descriptors; @live: the recorded machine is this one,
 * so that processes and files may still be there. What cannot be found out is
 * left out. 0 or the writer's error.
 */
int pk_runtimes_write(struct pk_writer *w, const struct pk_profile *p, struct pk_files *files,
		      bool live);

#endif
