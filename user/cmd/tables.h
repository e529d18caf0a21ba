/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What commands that show one analysis of a profile (sched, io, net) have in common:
 * their options, and its tables, with what the filter was, on standard output.
 */
#ifndef PK_CMD_TABLES_H
#define PK_CMD_TABLES_H

#include "analysis/analysis.h"
#include "cmd/loaded.h"

#define PK_TABLES_LIMIT UINT64_MAX	/* not given */

/* As given on the command line. @limit is PK_TABLES_LIMIT at first. */
struct pk_tables_opts {
	struct pk_loaded_opts input;
	const char *by;		/* NULL: not given */
	uint64_t limit;		/* rows of each table, 0: all */
	bool json;
};

/* Rows of an option table that fill a struct pk_tables_opts: all but --json, and that one. */
#define PK_TABLES_OPTS(o, by_choices, by_help, limit_help)                                         \
	PK_LOADED_OPTS((o).input),                                                                 \
	{ .name = "by", .type = PK_OPT_CHOICE, .value = &(o).by, .arg = "WHAT",                    \
	  .choices = by_choices, .help = by_help },                                                \
	{ .letter = 'n', .name = "limit", .type = PK_OPT_U64, .value = &(o).limit, .arg = "N",     \
	  .help = limit_help }
#define PK_TABLES_JSON_OPT(o)                                                                      \
	{ .name = "json", .type = PK_OPT_FLAG, .value = &(o).json,                                 \
	  .help = "JSON with stable names; times are ns" }

/*
 * What @a finds in a profile that was read. @by: what rows are of, NULL: all there is.
 * @rows: of each table, where no limit was given; JSON has all. -ENOMEM, PK_EXIT_OUTPUT.
 */
int pk_tables_show(const struct pk_loaded *in, const struct pk_tables_opts *o,
		   const struct pk_analysis *a, const char *by, size_t rows, struct pk_err *err);
/* Likewise of the file that the arguments of a command name. Also as pk_loaded_open(). */
int pk_tables_run(int nr_args, char **args, const struct pk_tables_opts *o,
		  const struct pk_analysis *a, size_t rows, struct pk_err *err);

#endif
