// SPDX-License-Identifier: GPL-2.0-or-later
/* Command flamegraph: a profile as one interactive SVG file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/unit.h"
#include "cmd/cmd.h"
#include "cmd/loaded.h"
#include "cmd/output.h"
#include "export/flame.h"

static struct {
	struct pk_loaded_opts input;
	const char *output, *title;
	bool inverted, reverse, threads;
} opt;

static const struct pk_opt opts[] = {
	{ .letter = 'o', .name = "output", .type = PK_OPT_STRING, .value = &opt.output,
	  .arg = "FILE.svg", .help = "file to write, - is standard output; default: FILE as .svg" },
	PK_LOADED_OPTS(opt.input),
	{ .name = "threads", .type = PK_OPT_FLAG, .value = &opt.threads,
	  .help = "a stack stands on its thread's name, not its process's" },
	{ .name = "inverted", .type = PK_OPT_FLAG, .value = &opt.inverted,
	  .help = "root on top, stacks hang down (icicles)" },
	{ .name = "reverse", .type = PK_OPT_FLAG, .value = &opt.reverse,
	  .help = "merge from the executing function: who calls it" },
	{ .name = "title", .type = PK_OPT_STRING, .value = &opt.title, .arg = "TEXT",
	  .help = "heading of the graph" },
	{ 0 },
};

/* pkprof.pkp becomes pkprof.svg; standard input goes to standard output. */
static char *default_output(const char *path)
{
	size_t len = strlen(path);
	char *ret = NULL;

	if (!strcmp(path, "-"))
		return strdup("-");
	if (len > 4 && !strcmp(path + len - 4, ".pkp"))
		len -= 4;
	return asprintf(&ret, "%.*s.svg", (int)len, path) < 0 ? NULL : ret;
}

/* Where the graph is and what is in it; to stderr, stdout may be the graph. */
static void say_done(const char *path, const struct pk_loaded *in,
		     const struct pk_flame_stats *stats)
{
	struct pk_strbuf text = { 0 };

	if (!strcmp(path, "-"))
		return;
	pk_strbuf_printf(&text, "%s: ", path);
	pk_unit_put_count(&text, in->scope.nr_samples);
	pk_strbuf_puts(&text, " samples in ");
	pk_unit_put_count(&text, stats->nr_frames);
	pk_strbuf_puts(&text, " frames");
	if (stats->nr_narrow) {
		pk_strbuf_puts(&text, ", ");
		pk_unit_put_count(&text, stats->nr_narrow);
		pk_strbuf_printf(&text, " too narrow to draw (%.1f %% of the samples)",
				 100.0 * stats->narrow_samples / in->scope.nr_samples);
	}
	fprintf(stderr, "%s; open it in a browser\n", text.data ? text.data : path);
	pk_strbuf_deinit(&text);
}

static int draw(const struct pk_loaded *in, struct pk_err *err)
{
	struct pk_flame_opts o = { opt.title, opt.inverted, opt.reverse, opt.threads };
	PK_AUTO_FREE char *path = opt.output ? strdup(opt.output) : default_output(in->path);
	struct pk_strbuf why = { 0 };
	struct pk_flame_stats stats;
	struct pk_output out;
	int rc;

	if (!path)
		return pk_err_set(err, -ENOMEM, "no memory");
	if (!in->scope.nr_samples) {
		pk_loaded_explain_empty(in, &why);
		rc = pk_err_set(err, -ENODATA, "%s: nothing to draw. %s", in->path,
				why.data ? why.data : "");
		pk_strbuf_deinit(&why);
		return rc;
	}
	rc = pk_output_open(path, &out, err);
	if (rc)
		return rc;
	rc = pk_output_close(&out, pk_flame_write(&in->scope, &o, &out.sink, &stats, err), err);
	if (!rc)
		say_done(path, in, &stats);
	return rc;
}

static int run(int nr_args, char **args, struct pk_err *err)
{
	struct pk_loaded in;
	int rc;

	if (nr_args > 1)
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE, "one file at a time, not also '%s'",
				   args[1]);
	rc = pk_loaded_open(nr_args ? args[0] : NULL, &opt.input, &in, err);
	if (rc)
		return rc;
	rc = draw(&in, err);
	pk_loaded_close(&in);
	return rc;
}

const struct pk_cmd pk_cmd_flamegraph = {
	.name = "flamegraph",
	.args = "[FILE]",
	.summary = "Draw a profile as an interactive flame graph",
	.details = "Writes one SVG file that needs no network. In a browser: click a frame to zoom, "
		   "Esc or the button to get back, Ctrl-F to search with a regular expression and "
		   "see how much of the time matches. FILE is " PK_DEFAULT_FILE
		   " unless given, - reads standard input.",
	.opts = opts,
	.run = run,
};
