// SPDX-License-Identifier: GPL-2.0-or-later
/* Command doctor: what would stop a recording here, and the remedy. */
#include <errno.h>
#include <stdlib.h>

#include "base/sink.h"
#include "cmd/checks.h"
#include "cmd/cmd.h"
#include "cmd/output.h"
#include "cmd/show.h"
#include "view/text.h"

#define TITLE_COLUMNS 18

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

static const struct pk_column columns[] = {
	{ "check", "check", PK_COL_TEXT, 0 },	       { "state", "state", PK_COL_TEXT, 0 },
	{ "exit_code", "exit code", PK_COL_COUNT, 0 }, { "finding", "finding", PK_COL_TEXT, 0 },
	{ "remedy", "remedy", PK_COL_TEXT, 0 },	       { 0 },
};

static const struct {
	const char *json, *text, *colour;
} states[] = {
	[PK_CHECK_OK] = { "ok", "ok  ", "\033[32m" },
	[PK_CHECK_NOTE] = { "note", "note", "\033[33m" },
	[PK_CHECK_FAIL] = { "fail", "FAIL", "\033[31m" },
};

static int show_json(const struct pk_finding *findings, struct pk_err *err)
{
	struct pk_result r = { 0 };
	struct pk_table *t = pk_result_table(&r, "checks", "Checks", columns, 0);
	int ret = t ? 0 : -ENOMEM;

	for (unsigned int i = 0; !ret && i < pk_nr_checks; i++) {
		const struct pk_finding *f = &findings[i];

		ret = pk_table_row(t, PK_TEXT(pk_checks[i].name), PK_TEXT(states[f->state].json),
				   PK_COUNT(f->exit_code), PK_TEXT(f->text),
				   PK_TEXT(f->remedy[0] ? f->remedy : NULL));
	}
	if (!ret)
		ret = pk_show(&r, true, err);
	pk_result_deinit(&r);
	return ret;
}

static void put_finding(const struct pk_check *check, const struct pk_finding *f, bool colour,
			struct pk_strbuf *out)
{
	pk_strbuf_printf(out, "%s%s%s  %-*s%s\n", colour ? states[f->state].colour : "",
			 states[f->state].text, colour ? "\033[0m" : "", TITLE_COLUMNS,
			 check->title, f->text);
	if (f->remedy[0])
		pk_strbuf_printf(out, "%*s-> %s\n", TITLE_COLUMNS + 6, "", f->remedy);
}

static int show_text(const struct pk_finding *findings, int exit_code, struct pk_err *err)
{
	struct pk_output out;
	struct pk_text_style style;
	int ret = pk_output_open("-", &out, err);

	if (ret)
		return ret;
	style = pk_text_style_of(out.sink.fd);
	for (unsigned int i = 0; i < pk_nr_checks; i++)
		put_finding(&pk_checks[i], &findings[i], style.colour, &out.sink.buf);
	if (exit_code)
		pk_strbuf_printf(&out.sink.buf, "\nA recording would fail here (exit code %d).\n",
				 exit_code);
	else
		pk_strbuf_puts(&out.sink.buf, "\nA recording works here.\n");
	return pk_output_close(&out, 0, err);
}

static int run(int nr_args, char **args, struct pk_err *err)
{
	struct pk_finding *findings = calloc(pk_nr_checks, sizeof(*findings));
	int exit_code = PK_EXIT_OK, ret;

	if (!findings)
		return -ENOMEM;
	if (nr_args) {
		free(findings);
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE, "doctor takes no argument '%s'",
				   args[0]);
	}
	for (unsigned int i = 0; i < pk_nr_checks; i++) {
		pk_checks[i].run(&findings[i]);
		/* the first that fails is the one that record meets first */
		if (findings[i].state == PK_CHECK_FAIL && !exit_code)
			exit_code = findings[i].exit_code;
	}
	ret = opt.json ? show_json(findings, err) : show_text(findings, exit_code, err);
	free(findings);
	return ret ? ret : exit_code;
}

const struct pk_cmd pk_cmd_doctor = {
	.name = "doctor",
	.summary = "Tell what would stop a recording here, and the remedy",
	.details = "Changes nothing. The exit code is 0 when a recording would work, otherwise the "
		   "one that record would end with.",
	.opts = opts,
	.run = run,
};
