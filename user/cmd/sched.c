// SPDX-License-Identifier: GPL-2.0-or-later
/* Command sched: how long runnable threads waited for a CPU, and how long they ran. */
#include "cmd/cmd.h"
#include "cmd/tables.h"

#define DEFAULT_ROWS 10

static struct pk_tables_opts opt = { .limit = PK_TABLES_LIMIT };

static const char *const keys[] = { "cpu", "process", "thread", NULL };

static const struct pk_opt opts[] = {
	PK_TABLES_OPTS(opt, keys, "only distributions of these",
		       "rows of each table, also of the longest waits, 0: all; default 10, with --json all"),
	PK_TABLES_JSON_OPT(opt),
	{ 0 },
};

static int run(int nr_args, char **args, struct pk_err *err)
{
	return pk_tables_run(nr_args, args, &opt, &pk_analysis_sched, DEFAULT_ROWS, err);
}

const struct pk_cmd pk_cmd_sched = {
	.name = "sched",
	.args = "[FILE]",
	.summary = "Show run-queue latencies and time slices, and the longest waits",
	.details = "A run-queue latency is the time from when a thread could run (it was woken, or "
		   "switched out though it could go on) to when it ran. A time slice is how long it "
		   "then ran. FILE is " PK_DEFAULT_FILE " unless given, - reads standard input.",
	.opts = opts,
	.run = run,
};
