// SPDX-License-Identifier: GPL-2.0-or-later
/* Command io: what block devices did, and how long it took. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "analysis/analysis.h"
#include "cmd/cmd.h"
#include "cmd/loaded.h"
#include "cmd/output.h"
#include "cmd/show.h"
#include "export/heatmap.h"

#define DEFAULT_ROWS 20
#define NO_LIMIT     UINT64_MAX

static struct {
	struct pk_loaded_opts input;
	const char *by;
	const char *output;
	uint64_t limit;
	bool json, heatmap;
} opt = { .limit = NO_LIMIT };

static const char *const keys[] = { "device", "process", "cgroup", "mount", "operation", NULL };

static const struct pk_opt opts[] = {
	PK_LOADED_OPTS(opt.input),
	{ .name = "by", .type = PK_OPT_CHOICE, .value = &opt.by, .arg = "WHAT", .choices = keys,
	  .help = "only tables by this" },
	{ .letter = 'n', .name = "limit", .type = PK_OPT_U64, .value = &opt.limit, .arg = "N",
	  .help = "rows of each table, 0: all; default 20, with --json all" },
	{ .name = "heatmap", .type = PK_OPT_FLAG, .value = &opt.heatmap,
	  .help = "a picture instead: times of requests against time" },
	{ .letter = 'o', .name = "output", .type = PK_OPT_STRING, .value = &opt.output,
	  .arg = "FILE.svg", .help = "with --heatmap: file to write, - is standard output" },
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

/* Where the picture is; to stderr, stdout may be the picture. */
static void say_drawn(const struct pk_heat *h)
{
	if (strcmp(opt.output, "-"))
		fprintf(stderr, "%s: %zu panels of %u columns; open it in a browser\n", opt.output,
			h->panels.nr < PK_HEATMAP_PANELS ? h->panels.nr : (size_t)PK_HEATMAP_PANELS,
			h->nr_columns);
}

static int draw_heat(const struct pk_loaded *in, const struct pk_heat *h, struct pk_err *err)
{
	struct pk_output out;
	int rc;

	if (!h->panels.nr)
		return pk_err_set(err, -ENODATA, "%s: nothing to draw: no request of a block device "
						 "with a known time%s", in->path,
				  in->scope.filtered ? " passes the filter" : "");
	rc = pk_output_open(opt.output, &out, err);
	if (rc)
		return rc;
	rc = pk_heatmap_write(&in->scope, h, NULL, &out.sink);
	if (rc == -ENOMEM)
		pk_err_set(err, rc, "no memory for the heat map");
	rc = pk_output_close(&out, rc, err);
	if (!rc)
		say_drawn(h);
	return rc;
}

static int draw(const struct pk_loaded *in, struct pk_err *err)
{
	struct pk_heat h;
	int rc = pk_heat_init(&in->scope, &h);

	rc = rc ? pk_err_set(err, rc, "no memory for the heat map") : draw_heat(in, &h, err);
	pk_heat_deinit(&h);
	return rc;
}

static int show(const struct pk_loaded *in, struct pk_err *err)
{
	struct pk_analysis_opts o = { .by = opt.by };
	struct pk_result result = { 0 };
	int rc;

	o.limit = opt.limit != NO_LIMIT ? opt.limit : opt.json ? 0 : DEFAULT_ROWS;
	rc = pk_analysis_io.run(&in->scope, &o, &result, err);
	if (!rc && in->scope.filtered)
		rc = note_filter(&result, err);
	if (!rc)
		rc = pk_show(&result, opt.json, err);
	pk_result_deinit(&result);
	return rc;
}

static int run(int nr_args, char **args, struct pk_err *err)
{
	struct pk_loaded in;
	int rc;

	if (nr_args > 1)
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE, "one file at a time, not also '%s'",
				   args[1]);
	if (opt.heatmap && !opt.output)
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE, "--heatmap needs --output FILE.svg, or - for "
								"standard output");
	if (opt.output && !opt.heatmap)
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE, "--output is for --heatmap; tables go to "
								"standard output");
	rc = pk_loaded_open(nr_args ? args[0] : NULL, &opt.input, &in, err);
	if (rc)
		return rc;
	rc = opt.heatmap ? draw(&in, err) : show(&in, err);
	pk_loaded_close(&in);
	return rc;
}

const struct pk_cmd pk_cmd_io = {
	.name = "io",
	.args = "[FILE]",
	.summary = "Show what block devices did: requests, times, depth",
	.details = "The queue time of a request is from its making to its end but for the time at the "
		   "device, which is from when the driver took it to its completion. Devices on top of "
		   "others (dm, md, loop) have rows of their own and are in no total. With --heatmap "
		   "the times are drawn against time, one panel for each device and operation, as "
		   "an SVG file that needs no network. FILE is "
		   PK_DEFAULT_FILE " unless given, - reads standard input.",
	.opts = opts,
	.run = run,
};
