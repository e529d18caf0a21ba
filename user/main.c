// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Table of the commands and dispatch. Help, completion and the man pages'
 * tables are made from the rows; see cmd/cmd.h.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "cmd/cmd.h"
#include "cmd/help.h"

const struct pk_cmd *const pk_cmds[] = {
	&pk_cmd_record, &pk_cmd_report, &pk_cmd_sched, &pk_cmd_io, &pk_cmd_net, &pk_cmd_flamegraph,
	&pk_cmd_export, &pk_cmd_info, &pk_cmd_symbolize, &pk_cmd_redact, &pk_cmd_mark, &pk_cmd_stat,
	&pk_cmd_top, &pk_cmd_status, &pk_cmd_list, &pk_cmd_doctor,
};
const unsigned int pk_nr_cmds = PK_ARRAY_SIZE(pk_cmds);

static const struct pk_cmd *find(const char *name)
{
	for (unsigned int i = 0; i < pk_nr_cmds; i++)
		if (!strcmp(pk_cmds[i]->name, name))
			return pk_cmds[i];
	return NULL;
}

static int run(const struct pk_cmd *cmd, int argc, char **argv)
{
	/* behind the first word of a program to run, all belongs to that */
	bool permute = !cmd->args || strncmp(cmd->args, "[--", 3);
	struct pk_err err = { 0 };
	int dashes, nr, ret;

	nr = pk_opt_parse(cmd->opts, argc, argv, permute, &dashes, &err);
	if (nr == -ECANCELED) {
		pk_help_command(cmd);
		return PK_EXIT_OK;
	}
	ret = nr < 0 ? nr : cmd->run(nr, argv, &err);
	if (ret < 0)
		return pk_help_error(cmd, ret, &err);
	return ret;
}

int main(int argc, char **argv)
{
	const struct pk_cmd *cmd;

	if (argc < 2) {
		pk_help_usage();
		return PK_EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		cmd = argc > 2 ? find(argv[2]) : NULL;
		if (cmd)
			pk_help_command(cmd);
		else
			pk_help_tool();
		return PK_EXIT_OK;
	}
	if (!strcmp(argv[1], "--version")) {
		pk_help_version();
		return PK_EXIT_OK;
	}
	if (!strcmp(argv[1], "--dump-commands")) {
		pk_help_dump();
		return PK_EXIT_OK;
	}
	cmd = find(argv[1]);
	if (!cmd)
		return pk_help_unknown(argv[1]);
	return run(cmd, argc - 2, argv + 2);
}
