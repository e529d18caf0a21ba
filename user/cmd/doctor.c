// SPDX-License-Identifier: GPL-2.0-or-later
/* Command doctor: what would stop a recording here, and the remedy. */
#include <errno.h>
#include <stdlib.h>

#include "base/sink.h"
#include "base/utf8.h"
#include "cmd/checks.h"
#include "cmd/cmd.h"
#include "cmd/output.h"
#include "cmd/processes.h"
#include "cmd/show.h"
#include "view/text.h"

#define TITLE_COLUMNS 18
#define MAX_SHOWN_PIDS 5
#define MAX_LINES      24 /* of processes */

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

static const struct pk_column process_columns[] = {
	{ "runtime", "runtime", PK_COL_TEXT, 0 },
	{ "version", "version", PK_COL_TEXT, 0 },
	{ "state", "state", PK_COL_TEXT, 0 },
	{ "processes", "processes", PK_COL_COUNT, 0 },
	{ "pids", "pids", PK_COL_TEXT, 0 },
	{ "evidence", "evidence", PK_COL_TEXT, 0 },
	{ "finding", "finding", PK_COL_TEXT, 0 },
	{ "remedy", "remedy", PK_COL_TEXT, 0 },
	{ 0 },
};

static const struct {
	const char *json, *text, *colour;
} states[] = {
	[PK_CHECK_OK] = { "ok", "ok  ", "\033[32m" },
	[PK_CHECK_NOTE] = { "note", "note", "\033[33m" },
	[PK_CHECK_FAIL] = { "fail", "FAIL", "\033[31m" },
};

/* --- processes ------------------------------------------------------------------ */

/* Ids with @between between them, at most @max. */
static void put_pids(const struct pk_runtime_group *g, unsigned int max, const char *between,
		     struct pk_strbuf *out)
{
	for (uint64_t i = 0; i < g->nr_processes && i < PK_RUNTIME_MAX_PIDS && i < max; i++)
		pk_strbuf_printf(out, "%s%u", i ? between : "", g->pids[i]);
}

static void put_remedy(const struct pk_processes *p, const struct pk_runtime_group *g,
		       unsigned int lack, struct pk_strbuf *out)
{
	if (g->verdict.lacks[lack].symbols)
		pk_processes_put_symbols(p, g->runtime, out);
	else if (g->verdict.lacks[lack].remedy)
		pk_strbuf_puts(out, g->verdict.lacks[lack].remedy);
}

/* One line of the finding; @lack: which one, or that there is none. */
static void put_process_line(const struct pk_processes *p, const struct pk_runtime_group *g,
			     unsigned int lack, const struct pk_text_style *style,
			     struct pk_strbuf *out)
{
	enum pk_check_state state = lack < g->verdict.nr_lacks ? PK_CHECK_NOTE : PK_CHECK_OK;
	struct pk_strbuf text = { 0 };
	uint64_t nr = g->nr_processes;

	pk_strbuf_printf(&text, "%s %s", pk_runtime_title(g->runtime),
			 g->file ? g->file->version : "");
	pk_strbuf_printf(out, "%s%s%s  %-*s", style->colour ? states[state].colour : "",
			 states[state].text, style->colour ? "\033[0m" : "", TITLE_COLUMNS,
			 text.data ? text.data : "");
	pk_strbuf_puts(out, nr > 1 ? "pids " : "pid ");
	put_pids(g, MAX_SHOWN_PIDS, ", ", out);
	if (nr > MAX_SHOWN_PIDS)
		pk_strbuf_printf(out, " and %llu more",
				 (unsigned long long)(nr - MAX_SHOWN_PIDS));
	pk_strbuf_printf(out, ": %s\n",
			 state == PK_CHECK_NOTE ? g->verdict.lacks[lack].what :
						  "functions have their names");
	pk_strbuf_clear(&text);
	if (state == PK_CHECK_NOTE)
		put_remedy(p, g, lack, &text);
	if (text.len) {
		pk_strbuf_printf(out, "%*s-> ", TITLE_COLUMNS + 6, "");
		/* it may hold names of files */
		pk_utf8_put_printable(out, text.data, 0, style->unicode);
		pk_strbuf_putc(out, '\n');
	}
	pk_strbuf_deinit(&text);
}

static void put_processes(const struct pk_processes *p, const struct pk_text_style *style,
			  struct pk_strbuf *out)
{
	unsigned int nr_lines = 0, nr_more = 0;

	if (p->groups.v.nr)
		pk_strbuf_puts(out, "\nProcesses\n");
	PK_VEC_FOREACH(&p->groups.v, g) {
		unsigned int lack = 0;

		do {
			if (nr_lines < MAX_LINES)
				put_process_line(p, g, lack, style, out);
			nr_more += nr_lines++ >= MAX_LINES;
		} while (++lack < g->verdict.nr_lacks);
	}
	if (nr_more)
		pk_strbuf_printf(out, "%*sand %u more; --json shows all\n", TITLE_COLUMNS + 6, "",
				 nr_more);
	if (p->nr_denied)
		pk_strbuf_printf(out, "%*sanother %u cannot be looked into by this user\n",
				 TITLE_COLUMNS + 6, "", p->nr_denied);
}

static int add_process_rows(struct pk_table *t, const struct pk_processes *p,
			    const struct pk_runtime_group *g, struct pk_result *r)
{
	struct pk_strbuf pids = { 0 }, remedy = { 0 };
	unsigned int lack = 0;
	const char *version = g->file && g->file->version[0] ? g->file->version : NULL;
	int ret = 0;

	put_pids(g, PK_RUNTIME_MAX_PIDS, ",", &pids);
	do {
		bool ok = !g->verdict.nr_lacks;

		pk_strbuf_clear(&remedy);
		if (!ok)
			put_remedy(p, g, lack, &remedy);
		ret = pk_table_row(t, PK_TEXT(pk_runtime_key(g->runtime)), PK_TEXT(version),
				   PK_TEXT(states[ok ? PK_CHECK_OK : PK_CHECK_NOTE].json),
				   PK_COUNT(g->nr_processes),
				   PK_TEXT(pk_result_text(r, "%s", pids.data ? pids.data : "")),
				   PK_TEXT(g->file ? g->file->evidence : NULL),
				   PK_TEXT(ok ? g->verdict.names : g->verdict.lacks[lack].what),
				   PK_TEXT(remedy.len ? pk_result_text(r, "%s", remedy.data) :
							NULL));
	} while (!ret && ++lack < g->verdict.nr_lacks);
	pk_strbuf_deinit(&pids);
	pk_strbuf_deinit(&remedy);
	return ret;
}

static int add_processes(const struct pk_processes *p, struct pk_result *r)
{
	struct pk_table *t = pk_result_table(r, "processes", "Processes", process_columns, 0);
	int ret = t ? 0 : -ENOMEM;

	PK_VEC_FOREACH(&p->groups.v, g)
		if (!ret)
			ret = add_process_rows(t, p, g, r);
	return ret;
}

/* --- all of it -------------------------------------------------------------------- */

static int show_json(const struct pk_finding *findings, const struct pk_processes *processes,
		     struct pk_err *err)
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
		ret = add_processes(processes, &r);
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

static int show_text(const struct pk_finding *findings, const struct pk_processes *processes,
		     int exit_code, struct pk_err *err)
{
	struct pk_output out;
	struct pk_text_style style;
	int ret = pk_output_open("-", &out, err);

	if (ret)
		return ret;
	style = pk_text_style_of(out.sink.fd);
	for (unsigned int i = 0; i < pk_nr_checks; i++)
		put_finding(&pk_checks[i], &findings[i], style.colour, &out.sink.buf);
	put_processes(processes, &style, &out.sink.buf);
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
	struct pk_processes processes;
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
	/* without /proc there is nothing to say about processes */
	ret = pk_processes_look("/proc", &processes);
	if (ret != -ENOMEM)
		ret = opt.json ? show_json(findings, &processes, err) :
				 show_text(findings, &processes, exit_code, err);
	pk_processes_deinit(&processes);
	free(findings);
	return ret ? ret : exit_code;
}

const struct pk_cmd pk_cmd_doctor = {
	.name = "doctor",
	.summary = "Tell what would stop a recording here, and the remedy",
	.details = "Also tells which language runtimes run in which processes, and what these "
		   "lack for their functions to have names. Changes nothing. The exit code is 0 when a "
		   "recording would work, otherwise the one that record would end with.",
	.opts = opts,
	.run = run,
};
