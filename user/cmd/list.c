// SPDX-License-Identifier: GPL-2.0-or-later
/* Command list: sources, analyses, kinds of time, export formats, from their tables. */
#include <errno.h>

#include "analysis/analysis.h"
#include "analysis/kind.h"
#include "cmd/cmd.h"
#include "cmd/show.h"
#include "export/export.h"
#include "source/names.h"
#include "source/nl.h"
#include "source/source.h"

static struct {
	bool json;
} opt;

static const struct pk_opt opts[] = {
	{ .name = "json",
	  .type = PK_OPT_FLAG,
	  .value = &opt.json,
	  .help = "JSON with stable names" },
	{ 0 },
};

static const struct pk_column source_columns[] = {
	{ "source", "source", PK_COL_TEXT, 0 },
	{ "works", "works here", PK_COL_TEXT, 0 },
	{ "help", "what it records", PK_COL_TEXT, PK_COL_ELASTIC },
	{ 0 },
};

static const struct pk_column name_columns[] = {
	{ "name", "name", PK_COL_TEXT, 0 },
	{ "help", "what it is", PK_COL_TEXT, PK_COL_ELASTIC },
	{ 0 },
};

static const struct pk_column export_columns[] = {
	{ "format", "format", PK_COL_TEXT, 0 },
	{ "suffix", "suffix", PK_COL_TEXT, 0 },
	{ "help", "what it is", PK_COL_TEXT, PK_COL_ELASTIC },
	{ 0 },
};

/* Does the loaded module say so? Without one it is not known. */
static int ask_module(struct pk_nl_info *info, struct pk_err *why)
{
	struct pk_nl *nl;
	int ret = pk_nl_open(&nl, why);

	if (ret)
		return ret;
	ret = pk_nl_info(nl, info, why);
	pk_nl_close(nl);
	return ret;
}

static int add_sources(struct pk_result *ret)
{
	struct pk_table *t = pk_result_table(ret, "sources", "Sources", source_columns, 0);
	struct pk_nl_info info = { 0 };
	struct pk_err why = { 0 };
	bool known = !ask_module(&info, &why);
	int code = t ? 0 : -ENOMEM;

	for (unsigned int i = 0; !code && i < PKPROF_NR_SOURCES; i++) {
		const char *works = !known ? "?" : info.sources >> i & 1 ? "yes" : "no";

		code = pk_table_row(t, PK_TEXT(pk_source_names[i].name), PK_TEXT(works),
				    PK_TEXT(pk_source_names[i].help));
	}
	if (!code && !known)
		code = pk_result_note(ret, "What works here is known only with the module loaded "
					   "(`modprobe pkprof`).");
	return code;
}

static int add_engines(struct pk_result *ret)
{
	struct pk_table *t =
		pk_result_table(ret, "engines", "Where records come from", name_columns, 0);
	int code = t ? 0 : -ENOMEM;

	for (unsigned int i = 0; !code && i < pk_nr_source_engines; i++)
		code = pk_table_row(t, PK_TEXT(pk_source_engines[i]->name),
				    PK_TEXT(pk_source_engines[i]->help));
	return code;
}

static int add_analyses(struct pk_result *ret)
{
	struct pk_table *t = pk_result_table(ret, "analyses", "Analyses", name_columns, 0);
	int code = t ? 0 : -ENOMEM;

	for (unsigned int i = 0; !code && i < pk_nr_analyses; i++)
		code = pk_table_row(t, PK_TEXT(pk_analyses[i]->name),
				    PK_TEXT(pk_analyses[i]->help));
	return code;
}

static int add_kinds(struct pk_result *ret)
{
	struct pk_table *t = pk_result_table(ret, "kinds", "Kinds of time (--kind)", name_columns, 0);
	struct pk_strbuf word = { 0 };
	const char *help;
	int code = t ? 0 : -ENOMEM;

	for (unsigned int i = 0; !code && pk_kind_word(i, &word, &help); i++) {
		const char *name = word.data ? pk_result_text(ret, "%s", word.data) : NULL;

		code = name ? pk_table_row(t, PK_TEXT(name), PK_TEXT(help)) : -ENOMEM;
		pk_strbuf_clear(&word);
	}
	pk_strbuf_deinit(&word);
	return code;
}

static int add_exports(struct pk_result *ret)
{
	struct pk_table *t = pk_result_table(ret, "exports", "Export formats", export_columns, 0);
	int code = t ? 0 : -ENOMEM;

	for (unsigned int i = 0; !code && i < pk_nr_exports; i++)
		code = pk_table_row(t, PK_TEXT(pk_exports[i]->name), PK_TEXT(pk_exports[i]->suffix),
				    PK_TEXT(pk_exports[i]->help));
	return code;
}

static int run(int nr_args, char **args, struct pk_err *err)
{
	struct pk_result result = { 0 };
	int ret;

	if (nr_args)
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE, "list takes no argument '%s'",
				   args[0]);
	ret = add_sources(&result);
	if (!ret)
		ret = add_analyses(&result);
	if (!ret)
		ret = add_kinds(&result);
	if (!ret)
		ret = add_exports(&result);
	if (!ret)
		ret = add_engines(&result);
	if (!ret)
		ret = pk_show(&result, opt.json, err);
	pk_result_deinit(&result);
	return ret;
}

const struct pk_cmd pk_cmd_list = {
	.name = "list",
	.summary = "List sources, analyses, kinds of time and export formats, and what works here",
	.opts = opts,
	.run = run,
};
