/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A profile that is written anew beside the old one and takes its place when it is complete,
 * also after a loss of power.
 */
#ifndef PK_REPLACE_H
#define PK_REPLACE_H

#include <sys/stat.h>

#include "base/err.h"

struct pk_replacement {
	int fd;			/* empty, for reading and writing */
	char *target, *temporary;
	struct stat like;	/* whose owner and mode it gets */
};

/*
 * @path: what is written anew; @output: where to, which may be the same. The new file has the
 * owner and mode of the one that it replaces, else the mode of @path; until then it is for its
 * owner alone. Errors: PK_EXIT_OUTPUT, -ENOMEM. After any return pk_replace_end() is due.
 */
int pk_replace_begin(struct pk_replacement *r, const char *path, const char *output,
		     struct pk_err *err);
/* @code: 0: it is complete, else why it is not, which is returned. Errors: PK_EXIT_OUTPUT. */
int pk_replace_end(struct pk_replacement *r, int code, struct pk_err *err);

#endif
