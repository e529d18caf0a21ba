/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file that a command writes. It takes the place of an older one only when
 * it is complete: a full disk or a bad profile costs no earlier result.
 */
#ifndef PK_CMD_OUTPUT_H
#define PK_CMD_OUTPUT_H

#include "base/sink.h"

struct pk_output {
	struct pk_sink sink;
	const char *path;	/* "-": standard output */
	char *temporary;	/* renamed to path at the end; NULL: written in place */
};

/* PK_EXIT_OUTPUT. */
int pk_output_open(const char *path, struct pk_output *ret, struct pk_err *err);
/*
 * End the output: with @rc 0 flush, close and put it in its place, otherwise
 * remove what was written. Returns @rc, or the failure of writing. A reader of
 * a pipe that has seen enough is no failure.
 */
int pk_output_close(struct pk_output *o, int rc, struct pk_err *err);

#endif
