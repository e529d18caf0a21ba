// SPDX-License-Identifier: GPL-2.0-or-later
/* Command io: what was done to files and by block devices, and how long it took. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/output.h"
#include "cmd/tables.h"
#include "export/heatmap.h"

#define DEFAULT_ROWS 20

static struct {
	struct pk_tables_opts tables;
	const char *output;
	bool heatmap, autopsy;
} opt = { .tables.limit = PK_TABLES_LIMIT };

static const char *const keys[] = { "device", "process", "cgroup", "mount", "operation", "file",
				    "stack", NULL };

static const struct pk_opt opts[] = {
	PK_TABLES_OPTS(opt.tables, keys, "only tables by this",
		       "rows of each table, 0: all; default 20, with --json all"),
	{ .name = "autopsy", .type = PK_OPT_FLAG, .value = &opt.autopsy,
	  .help = "operations on files taken apart: on average by length, around the quantiles, and "
		  "the slowest" },
	{ .name = "heatmap", .type = PK_OPT_FLAG, .value = &opt.heatmap,
	  .help = "a picture instead: times of requests against time" },
	{ .letter = 'o', .name = "output", .type = PK_OPT_STRING, .value = &opt.output,
	  .arg = "FILE.svg", .help = "with --heatmap: file to write, - is standard output" },
	PK_TABLES_JSON_OPT(opt.tables),
	{ 0 },
};

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

static int run(int nr_args, char **args, struct pk_err *err)
{
	struct pk_loaded in;
	int rc;

	if (opt.heatmap && !opt.output)
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE, "--heatmap needs --output FILE.svg, or - for "
								"standard output");
	if (opt.autopsy && (opt.tables.by || opt.heatmap))
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE, "--autopsy has tables of its own, without "
								"--by and --heatmap");
	if (opt.output && !opt.heatmap)
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE, "--output is for --heatmap; tables go to "
								"standard output");
	rc = pk_loaded_open(nr_args, args, &opt.tables.input, &in, err);
	if (rc)
		return rc;
	if (opt.heatmap)
		rc = draw(&in, err);
	else
		rc = pk_tables_show(&in, &opt.tables, &pk_analysis_io,
				    opt.autopsy ? "autopsy" : opt.tables.by, DEFAULT_ROWS, err);
	pk_loaded_close(&in);
	return rc;
}

const struct pk_cmd pk_cmd_io = {
	.name = "io",
	.args = "[FILE]",
	.summary = "Show operations on files and requests of block devices: how many, how long",
	.details = "The queue time of a request is from its making to its end but for the time at the "
		   "device, which is from when the driver took it to its completion. Devices on top of "
		   "others (dm, md, loop) have rows of their own and are in no total. With --heatmap "
		   "the times are drawn against time, one panel for each device and operation, as "
		   "an SVG file that needs no network. --by stack shows who submitted. FILE is "
		   PK_DEFAULT_FILE " unless given, - reads standard input.",
	.opts = opts,
	.run = run,
};
