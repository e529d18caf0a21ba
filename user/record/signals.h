/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signals that end a recording, as a descriptor to poll: SIGINT, SIGTERM and,
 * unless it was ignored (nohup), SIGHUP. Writing to a closed pipe or beyond the
 * limit of file sizes is an error return, not a signal.
 */
#ifndef PK_SIGNALS_H
#define PK_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

#include "base/err.h"

struct pk_signals {
	int fd;			/* readable when one came */
	sigset_t mask;		/* as it was */
	struct sigaction old_int, old_term, old_pipe, old_xfsz;
};

int pk_signals_open(struct pk_signals *s, struct pk_err *err);
/* Put everything back as it was; also to be called in a forked child. */
void pk_signals_restore(const struct pk_signals *s);
void pk_signals_close(struct pk_signals *s);
/* The signal that came, or 0. */
int pk_signals_take(struct pk_signals *s);

#endif
