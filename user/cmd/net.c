// SPDX-License-Identifier: GPL-2.0-or-later
/* Command net: what connections did, by process and peer. */
#include <errno.h>

#include "analysis/analysis.h"
#include "cmd/cmd.h"
#include "cmd/loaded.h"
#include "cmd/show.h"

#define DEFAULT_ROWS 20
#define NO_LIMIT     UINT64_MAX

static struct {
	struct pk_loaded_opts input;
	const char *by;
	uint64_t limit;
	bool json;
} opt = { .limit = NO_LIMIT };

static const char *const keys[] = { "process", "peer", "port", NULL };

static const struct pk_opt opts[] = {
	PK_LOADED_OPTS(opt.input),
	{ .name = "by", .type = PK_OPT_CHOICE, .value = &opt.by, .arg = "WHAT", .choices = keys,
	  .help = "rows by this alone; default process and peer" },
	{ .letter = 'n', .name = "limit", .type = PK_OPT_U64, .value = &opt.limit, .arg = "N",
	  .help = "rows of each table, 0: all; default 20, with --json all" },
	{ .name = "json", .type = PK_OPT_FLAG, .value = &opt.json,
	  .help = "JSON with stable names; times are ns" },
	{ 0 },
};

static int note_filter(struct pk_result *result, struct pk_err *err)
{
	struct pk_strbuf text = { 0 };
	int rc;

	pk_loaded_put_filter(&opt.input, &text);
	rc = pk_strbuf_failed(&text) ? -ENOMEM : pk_result_note(result, "%s.", text.data);
	pk_strbuf_deinit(&text);
	return rc ? pk_err_set(err, rc, "no memory for the filter") : 0;
}

static int run(int nr_args, char **args, struct pk_err *err)
{
	struct pk_analysis_opts o = { .by = opt.by };
	struct pk_result result = { 0 };
	struct pk_loaded in;
	int rc;

	if (nr_args > 1)
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE, "one file at a time, not also '%s'",
				   args[1]);
	o.limit = opt.limit != NO_LIMIT ? opt.limit : opt.json ? 0 : DEFAULT_ROWS;
	rc = pk_loaded_open(nr_args ? args[0] : NULL, &opt.input, &in, err);
	if (rc)
		return rc;
	rc = pk_analysis_net.run(&in.scope, &o, &result, err);
	if (!rc && in.scope.filtered)
		rc = note_filter(&result, err);
	if (!rc)
		rc = pk_show(&result, opt.json, err);
	pk_result_deinit(&result);
	pk_loaded_close(&in);
	return rc;
}

const struct pk_cmd pk_cmd_net = {
	.name = "net",
	.args = "[FILE]",
	.summary = "Show what TCP connections did, by process and peer",
	.details = "A connection belongs to the process that sent or received on it last. The peer of one "
		   "that was opened is the remote address and port; of one that was accepted, the local "
		   "address and port and the remote address, so that a client's many connections are one "
		   "row. FILE is " PK_DEFAULT_FILE " unless given, - reads standard input.",
	.opts = opts,
	.run = run,
};
