/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks debuginfod servers in a process of its own, so that a slow network holds up nobody but who
 * waits for that file, and an end can be put to it.
 */
#ifndef PK_DEBUG_FETCH_H
#define PK_DEBUG_FETCH_H

#include <sys/types.h>

#include "symbol/debug_file.h"

struct pk_debug_fetch {
	pid_t pid;	/* 0: none */
	int fd;		/* readable when there is an answer; -1 */
};

/* 0 or -errno. */
int pk_debug_fetch_start(struct pk_debug_fetch *f);
/* Whatever it does. Fine if it was never started. */
void pk_debug_fetch_end(struct pk_debug_fetch *f);
/* One question at a time. 0 or -errno. */
int pk_debug_fetch_ask(struct pk_debug_fetch *f, const struct pk_debug_wish *wish);
/* 0: *fd_ret is the file, or -1 if no server has it; -EAGAIN: no answer yet; -errno: it is gone. */
int pk_debug_fetch_take(struct pk_debug_fetch *f, int *fd_ret);

#endif
