/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a profile goes: a file whose predecessor is kept as PATH.old, or a
 * stream ("-", a pipe, a device). A stream cannot be gone back in, which
 * adding symbols needs, so it gets the finished file from a temporary one.
 */
#ifndef PK_TARGET_H
#define PK_TARGET_H

#include <stdbool.h>

#include "base/err.h"

struct pk_target {
	int fd;			/* read and write, at offset 0 of an empty file */
	int stream;		/* -1: none */
	char *path;		/* for messages */
	char *kept;		/* where the predecessor is, NULL: there was none */
};

/* Errors: PK_EXIT_OUTPUT. */
int pk_target_open(struct pk_target *o, const char *path, struct pk_err *err);
/* The recording did not come about: put the predecessor back. */
void pk_target_discard(struct pk_target *o);
/* The file is complete: wait for the disk to have it, or pass it on if it goes to a stream. PK_EXIT_OUTPUT. */
int pk_target_finish(struct pk_target *o, struct pk_err *err);
void pk_target_close(struct pk_target *o);

#endif
