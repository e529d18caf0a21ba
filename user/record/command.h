/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program that a recording runs: forked early, so that its process id is
 * known, and held back until the session records. It gets the signal mask,
 * limits and descriptors that we were started with, none of ours.
 */
#ifndef PK_COMMAND_H
#define PK_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "record/signals.h"

struct pk_command {
	const char *name;	/* as it was called; the caller's */
	pid_t pid;		/* 0: none */
	int pidfd;		/* readable when it has ended */
	int go_fd;		/* write end: one byte lets it run; -1: it was let */
	int error_fd;		/* read end: errno of a failed exec, closed by a good one */
	bool reaped;
	int status;		/* of waitpid(), once reaped */
};

/*
 * Is there a program of that name, as execvp() would look for it? Errors:
 * PK_EXIT_NOT_FOUND, PK_EXIT_NOT_EXECUTABLE.
 */
int pk_command_find(const char *name, struct pk_err *err);

/*
 * Fork it, held back. @signals: ours, put back for it. @stdout_to_stderr: our
 * standard output is taken.
 */
int pk_command_start(struct pk_command *c, char *const argv[], const struct pk_signals *signals,
		     bool stdout_to_stderr, struct pk_err *err);

/* Let it run and wait until its exec succeeded. Errors as pk_command_find(). */
int pk_command_release(struct pk_command *c, struct pk_err *err);

/* Has it ended? Reaps it then. */
bool pk_command_poll(struct pk_command *c);

/* Its exit code, 128 + number for a signal; only once it has ended. */
int pk_command_exit_code(const struct pk_command *c);

int pk_command_signal(struct pk_command *c, int signal);

/* A program that was never let run ends here; one that runs goes on without us. */
void pk_command_close(struct pk_command *c);

#endif
