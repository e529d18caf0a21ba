/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Error object: what failed, on which object, why, and what to do about it.
 *
 * Functions return 0 or -errno. Those that face input (files, kernel, options)
 * also fill a struct pk_err owned by the caller. Only cmd/ and view/ print it.
 */
#ifndef PK_ERR_H
#define PK_ERR_H

#include <stdarg.h>

struct pk_err {
	int code;	/* -errno of the failure, 0: none */
	int exit_code;	/* enum pk_exit, 0: derived from code by the command */
	int told;	/* not 0: the user has read it already */
	char msg[768];	/* one or two sentences, no final newline */
};

/* Documented exit codes of pkprof-user; man page pkprof-user(1) has the table. */
enum pk_exit {
	PK_EXIT_OK = 0,
	PK_EXIT_FAILURE = 1,		/* anything not named below */
	PK_EXIT_USAGE = 2,		/* command line */
	PK_EXIT_NO_RIGHTS = 3,		/* capability, group, lockdown */
	PK_EXIT_NO_MODULE = 4,		/* module not loaded and not loadable */
	PK_EXIT_VERSION = 5,		/* module and tool do not speak one ABI */
	PK_EXIT_BUSY = 6,		/* another session is running */
	PK_EXIT_BAD_FILE = 7,		/* not a profile, empty, damaged */
	PK_EXIT_OUTPUT = 8,		/* output not writable, disk full */
	PK_EXIT_NO_TARGET = 9,		/* pid gone, nothing recorded to mark */
	PK_EXIT_NOT_EXECUTABLE = 126,	/* COMMAND found but not startable */
	PK_EXIT_NOT_FOUND = 127,	/* COMMAND not found */
};

/* Set message and code (a negative errno); returns code. @err may be NULL. */
int pk_err_set(struct pk_err *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* As pk_err_set(), with the process's exit code. Returns code. */
int pk_err_exit(struct pk_err *err, int code, enum pk_exit exit_code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Put "what: " before the message that is there; returns err->code. */
int pk_err_prefix(struct pk_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
