// SPDX-License-Identifier: GPL-2.0-or-later
/* Command net: what connections did, by process and peer. */
#include "cmd/cmd.h"
#include "cmd/tables.h"

#define DEFAULT_ROWS 20

static struct pk_tables_opts opt = { .limit = PK_TABLES_LIMIT };

static const char *const keys[] = { "process", "peer", "port", NULL };

static const struct pk_opt opts[] = {
	PK_TABLES_OPTS(opt, keys, "rows by this alone; default process and peer",
		       "rows of each table, 0: all; default 20, with --json all"),
	PK_TABLES_JSON_OPT(opt),
	{ 0 },
};

static int run(int nr_args, char **args, struct pk_err *err)
{
	return pk_tables_run(nr_args, args, &opt, &pk_analysis_net, DEFAULT_ROWS, err);
}

const struct pk_cmd pk_cmd_net = {
	.name = "net",
	.args = "[FILE]",
	.summary = "Show what TCP and Unix connections did, by process and peer",
	.details = "A connection belongs to the process that sent or received on it last. The peer of one "
		   "that was opened is the remote address and port; of one that was accepted, the local "
		   "address and port and the remote address, so that a client's many connections are one "
		   "row; of a Unix socket its name, of a pair the process with the other end. FILE is " PK_DEFAULT_FILE " unless given, - reads standard input.",
	.opts = opts,
	.run = run,
};
