/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands: one row in main.c's table and one file here each. Help, usage,
 * completion and the man page's tables are derived from the rows.
 */
#ifndef PK_CMD_H
#define PK_CMD_H

#include <stddef.h>

#include "base/err.h"
#include "base/opt.h"

struct pk_cmd {
	const char *name;
	const char *args;	/* usage after the options: "[FILE]", "-- COMMAND..." */
	const char *summary;	/* one line, no final full stop */
	const char *details;	/* paragraphs for --help, may be NULL */
	const struct pk_opt *opts;	/* ends with a row without a name */
	/*
	 * @args: what follows the options, NULL-terminated, @nr_args of them.
	 * Returns the exit code, or -errno with @err filled.
	 */
	int (*run)(int nr_args, char **args, struct pk_err *err);
};

extern const struct pk_cmd pk_cmd_record, pk_cmd_report, pk_cmd_sched, pk_cmd_io, pk_cmd_net, pk_cmd_flamegraph, pk_cmd_export,
	pk_cmd_info, pk_cmd_symbolize, pk_cmd_redact, pk_cmd_mark, pk_cmd_stat, pk_cmd_top, pk_cmd_status, pk_cmd_list, pk_cmd_doctor;

extern const struct pk_cmd *const pk_cmds[];
extern const unsigned int pk_nr_cmds;

#define PK_DEFAULT_FILE "pkprof.pkp"

#endif
