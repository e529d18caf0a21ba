// SPDX-License-Identifier: GPL-2.0-or-later
/* Command report: what a profile says, as text on one or two screens or as JSON. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analysis/analysis.h"
#include "analysis/ledger_sums.h"
#include "base/cleanup.h"
#include "cmd/cmd.h"
#include "cmd/loaded.h"
#include "cmd/output.h"
#include "view/json_view.h"
#include "view/text.h"

#define DEFAULT_ROWS 20	/* of a ranking on its own */
#define BRIEF_ROWS   10	/* of a ranking among others */
#define NO_LIMIT     UINT64_MAX

static struct {
	struct pk_loaded_opts input;
	const char *by, *output;
	uint64_t limit;
	bool json, detail, ledger;
} opt = { .limit = NO_LIMIT };

static const struct pk_opt opts[] = {
	PK_LOADED_OPTS(opt.input),
	PK_INLINE_OPT(opt.input),
	{ .name = "by", .type = PK_OPT_STRING, .value = &opt.by, .arg = "WHAT",
	  .help = "only this: process, thread, cgroup, function, line, or another analysis of `list`" },
	{ .name = "ledger", .type = PK_OPT_FLAG, .value = &opt.ledger,
	  .help = "only the wait ledger; --by process, name, thread or cgroup chooses its rows" },
	{ .letter = 'n', .name = "limit", .type = PK_OPT_U64, .value = &opt.limit, .arg = "N",
	  .help = "rows of each ranking, 0: all; default 10, with --by 20, with --json all" },
	{ .name = "detail", .type = PK_OPT_FLAG, .value = &opt.detail,
	  .help = "losses of each CPU as well" },
	{ .name = "json", .type = PK_OPT_FLAG, .value = &opt.json,
	  .help = "JSON with stable names; ratios are 0..1, times ns" },
	{ .letter = 'o', .name = "output", .type = PK_OPT_STRING, .value = &opt.output,
	  .arg = "OUT", .help = "file to write, - is standard output, the default" },
	{ 0 },
};

struct report {
	const struct pk_loaded *in;
	struct pk_analysis_opts opts;
	struct pk_text_style style;
	struct pk_strbuf *out;
	struct pk_json json;
};

static int put_analysis(struct report *r, const struct pk_analysis *a, struct pk_err *err)
{
	struct pk_result result = { 0 };
	int rc = a->run(&r->in->scope, &r->opts, &result, err);

	if (!rc && opt.json)
		pk_json_result(&r->json, a->name, &result);
	else if (!rc)
		pk_text_result(&result, &r->style, r->out);
	pk_result_deinit(&result);
	return rc;
}

static bool is_part(const struct report *r, const struct pk_analysis *a)
{
	const struct pk_profile *p = &r->in->profile;

	if (opt.json)
		return true;
	return a->report & PK_REPORT_TEXT && (!(a->report & PK_REPORT_MARKED) || p->marks.nr) &&
	       (!(a->report & PK_REPORT_BOOKED) || pk_ledger_is_in(p));
}

static int put_parts(struct report *r, struct pk_err *err)
{
	int rc = 0;

	r->opts.by = opt.ledger ? opt.by : NULL;
	if (opt.ledger)
		return put_analysis(r, &pk_analysis_ledger, err);
	if (opt.by)
		return put_analysis(r, pk_analysis_find(opt.by), err);
	for (unsigned int i = 0; !rc && i < pk_nr_analyses; i++) {
		const struct pk_analysis *a = pk_analyses[i];

		r->opts.brief = a->report & (opt.json ? PK_REPORT_BRIEF_JSON : PK_REPORT_BRIEF_TEXT);
		r->opts.figures = !opt.json && a->report & PK_REPORT_FIGURES;
		if (is_part(r, a))
			rc = put_analysis(r, a, err);
	}
	return rc;
}

/* What was asked for, so that a stored report explains itself. */
static void put_filter_json(struct pk_json *j)
{
	pk_json_object(j, "filter");
	pk_json_string(j, "phase", opt.input.phase);
	pk_json_string(j, "from", opt.input.from);
	pk_json_string(j, "to", opt.input.to);
	if (opt.input.pid)
		pk_json_u64(j, "pid", opt.input.pid);
	else
		pk_json_null(j, "pid");
	pk_json_string(j, "comm", opt.input.comm);
	pk_json_end(j);
}

static void put_filter_text(struct report *r)
{
	struct pk_strbuf line = { 0 };

	if (!r->in->scope.filtered)
		return;
	pk_loaded_put_filter(&opt.input, &line);
	pk_strbuf_puts(&line, "; losses and cost are those of the whole recording.");
	if (line.data)
		pk_text_note(line.data, &r->style, r->out);
	pk_strbuf_putc(r->out, '\n');
	pk_strbuf_deinit(&line);
}

static int put_text(struct report *r, struct pk_err *err)
{
	put_filter_text(r);
	if (!r->in->scope.nr_samples && !opt.ledger) {
		struct pk_strbuf why = { 0 };

		pk_loaded_explain_empty(r->in, NULL, &why);
		if (why.data)
			pk_text_note(why.data, &r->style, r->out);
		pk_strbuf_putc(r->out, '\n');
		pk_strbuf_deinit(&why);
	}
	return put_parts(r, err);
}

static int put_json(struct report *r, struct pk_err *err)
{
	const struct pk_profile *p = &r->in->profile;
	int rc;

	pk_json_object(&r->json, NULL);
	pk_json_string(&r->json, "pkprof", PKPROF_VERSION);
	pk_json_string(&r->json, "notice", *p->notice ? p->notice : NULL);
	put_filter_json(&r->json);
	pk_json_object(&r->json, "analyses");
	rc = put_parts(r, err);
	pk_json_end(&r->json);
	pk_json_end(&r->json);
	return rc;
}

static int put_report(const struct pk_loaded *in, struct pk_err *err)
{
	uint64_t rows = opt.json ? 0 : opt.by || opt.ledger ? DEFAULT_ROWS : BRIEF_ROWS;
	struct report r = { .in = in };
	struct pk_output out;
	int rc = pk_output_open(opt.output ? opt.output : "-", &out, err);

	if (rc)
		return rc;
	r.out = &out.sink.buf;
	r.json = pk_json_of(r.out, 4);
	r.style = pk_text_style_of(out.sink.fd);
	r.style.detail = opt.detail;
	r.opts.limit = opt.limit == NO_LIMIT ? rows : opt.limit;
	return pk_output_close(&out, opt.json ? put_json(&r, err) : put_text(&r, err), err);
}

static int check_by(struct pk_err *err)
{
	struct pk_strbuf names = { 0 };
	int rc = 0;

	if (opt.by && opt.ledger && strcmp(opt.by, "process") && strcmp(opt.by, "name") &&
	    strcmp(opt.by, "thread") && strcmp(opt.by, "cgroup"))
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "the ledger is by process, name, thread or cgroup, not by '%s'",
				   opt.by);
	if (!opt.by || opt.ledger || pk_analysis_find(opt.by))
		return 0;
	for (unsigned int i = 0; i < pk_nr_analyses; i++)
		pk_strbuf_printf(&names, "%s%s", i ? ", " : "", pk_analyses[i]->name);
	rc = pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
			 "there is no analysis '%s'; --by takes one of: %s", opt.by,
			 names.data ? names.data : "");
	pk_strbuf_deinit(&names);
	return rc;
}

static int run(int nr_args, char **args, struct pk_err *err)
{
	struct pk_loaded in;
	int rc = check_by(err);

	if (!rc)
		rc = pk_loaded_open(nr_args, args, &opt.input, &in, err);
	if (rc)
		return rc;
	rc = put_report(&in, err);
	pk_loaded_close(&in);
	return rc;
}

const struct pk_cmd pk_cmd_report = {
	.name = "report",
	.args = "[FILE]",
	.summary = "Show what a profile says: where time went, functions, losses, cost",
	.details = "CPU % is the share of one CPU, machine % of all of them; self is time in a "
		   "function's own code, total includes what it called. Shares carry the standard "
		   "error that sampling leaves. --ledger says where the time of all threads "
		   "went, also while they did not run. FILE is " PK_DEFAULT_FILE " unless given, - "
		   "reads standard input.",
	.opts = opts,
	.run = run,
};
