/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tool says about itself, all of it from the rows of the command
 * table: help, usage, errors, and the dump that completion and the man pages'
 * tables are made from.
 */
#ifndef PK_CMD_HELP_H
#define PK_CMD_HELP_H

#include "cmd/cmd.h"

void pk_help_tool(void);	/* --help */
void pk_help_usage(void);	/* no command given: the same on stderr, short */
void pk_help_version(void);
void pk_help_command(const struct pk_cmd *cmd);

/*
 * One line per fact, fields separated by tabs:
 *	command NAME ARGS SUMMARY
 *	option COMMAND LETTER NAME TYPE ARG HELP	(LETTER "-": none)
 *	choice COMMAND OPTION VALUE
 *	exit CODE MEANING
 */
void pk_help_dump(void);

/* Say what went wrong, on stderr, unless it was told already; the exit code. */
int pk_help_error(const struct pk_cmd *cmd, int code, const struct pk_err *err);
int pk_help_unknown(const char *name);

#endif
