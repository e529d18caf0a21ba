// SPDX-License-Identifier: GPL-2.0-or-later
/* What the tool says about itself; see help.h. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "cmd/help.h"
#include "uapi/pkprof.h"

#define NAME	     "pkprof-user"
#define TEXT_COLUMNS 79

static const struct {
	enum pk_exit code;
	const char *meaning;
} exit_codes[] = {
	{ PK_EXIT_OK, "success" },
	{ PK_EXIT_FAILURE, "a failure that is not in this table" },
	{ PK_EXIT_USAGE, "usage: the command line is wrong" },
	{ PK_EXIT_NO_RIGHTS, "no rights: a capability, the group or lockdown is in the way" },
	{ PK_EXIT_NO_MODULE, "no module: it is not loaded and cannot be loaded" },
	{ PK_EXIT_VERSION, "tool and module are of different versions" },
	{ PK_EXIT_BUSY, "busy: another recording is running; the message names its owner" },
	{ PK_EXIT_BAD_FILE, "the file is not a profile, empty or damaged" },
	{ PK_EXIT_OUTPUT, "the output cannot be written, or the disk is full" },
	{ PK_EXIT_NO_TARGET, "no target: a process is gone, or there is no recording to mark" },
	{ PK_EXIT_NOT_EXECUTABLE, "the COMMAND of record was found but could not be started" },
	{ PK_EXIT_NOT_FOUND, "the COMMAND of record was not found" },
};

static void list_commands(FILE *out)
{
	for (unsigned int i = 0; i < pk_nr_cmds; i++)
		fprintf(out, "  %-12s %s\n", pk_cmds[i]->name, pk_cmds[i]->summary);
}

void pk_help_tool(void)
{
	printf("Usage: " NAME " COMMAND [OPTION...] [ARGUMENT...]\n\n"
	       "Where the time of a loaded machine goes: records the whole system with the\n"
	       "kernel module pkprof, and makes reports and pictures of it.\n\nCommands:\n");
	list_commands(stdout);
	printf("\n" NAME " COMMAND --help says more. --version prints the version.\n\n"
	       "Exit codes:\n");
	for (unsigned int i = 0; i < PK_ARRAY_SIZE(exit_codes); i++)
		printf("  %3d  %s\n", exit_codes[i].code, exit_codes[i].meaning);
}

void pk_help_usage(void)
{
	fprintf(stderr, "Usage: " NAME " COMMAND [OPTION...] [ARGUMENT...]\n\nCommands:\n");
	list_commands(stderr);
	fprintf(stderr, "\n" NAME " COMMAND --help says more.\n");
}

void pk_help_version(void)
{
	printf(NAME " " PKPROF_VERSION ", ABI %u (speaks with modules from ABI %u on)\n",
	       PKPROF_ABI, PKPROF_ABI_COMPAT);
}

/* Text broken at blanks; line feeds in it are kept. */
static void wrap(const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t word = strcspn(text, " \n");

		if (column && column + 1 + word > TEXT_COLUMNS) {
			putchar('\n');
			column = 0;
		}
		if (column)
			putchar(' ');
		printf("%.*s", (int)word, text);
		column += word + !!column;
		text += word;
		for (; *text == '\n'; text++, column = 0)
			putchar('\n');
		if (*text == ' ')
			text++;
	}
	putchar('\n');
}

void pk_help_command(const struct pk_cmd *cmd)
{
	struct pk_strbuf out = { 0 };

	printf("Usage: " NAME " %s [OPTION...]%s%s\n\n", cmd->name, cmd->args ? " " : "",
	       cmd->args ? cmd->args : "");
	printf("%s.\n", cmd->summary);
	if (cmd->details) {
		putchar('\n');
		wrap(cmd->details);
	}
	pk_opt_help(cmd->opts, &out);
	if (out.data)
		printf("\nOptions:\n%s", out.data);
	pk_strbuf_deinit(&out);
}

static void dump_options(const struct pk_cmd *cmd)
{
	static const char *const types[] = {
		[PK_OPT_FLAG] = "flag",	    [PK_OPT_U64] = "number",	[PK_OPT_DOUBLE] = "number",
		[PK_OPT_STRING] = "string", [PK_OPT_CHOICE] = "choice",
	};

	for (const struct pk_opt *o = cmd->opts; o && o->name; o++) {
		printf("option\t%s\t%c\t%s\t%s\t%s\t%s\n", cmd->name, o->letter ? o->letter : '-',
		       o->name, types[o->type], o->arg ? o->arg : "-", o->help);
		for (const char *const *c = o->choices; c && *c; c++)
			printf("choice\t%s\t%s\t%s\n", cmd->name, o->name, *c);
	}
}

void pk_help_dump(void)
{
	for (unsigned int i = 0; i < pk_nr_cmds; i++) {
		printf("command\t%s\t%s\t%s\n", pk_cmds[i]->name,
		       pk_cmds[i]->args ? pk_cmds[i]->args : "-", pk_cmds[i]->summary);
		dump_options(pk_cmds[i]);
	}
	for (unsigned int i = 0; i < PK_ARRAY_SIZE(exit_codes); i++)
		printf("exit\t%d\t%s\n", exit_codes[i].code, exit_codes[i].meaning);
}

int pk_help_error(const struct pk_cmd *cmd, int code, const struct pk_err *err)
{
	if (!err->told)
		fprintf(stderr, NAME " %s: %s\n", cmd->name,
			err->msg[0] ? err->msg : strerror(-code));
	if (err->exit_code == PK_EXIT_USAGE)
		fprintf(stderr, NAME " %s --help lists the options.\n", cmd->name);
	return err->exit_code ? err->exit_code : PK_EXIT_FAILURE;
}

int pk_help_unknown(const char *name)
{
	fprintf(stderr, NAME ": there is no command '%s'; " NAME " --help lists them\n", name);
	return PK_EXIT_USAGE;
}
