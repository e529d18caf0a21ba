// SPDX-License-Identifier: GPL-2.0-or-later
/* Command flamegraph: a profile as one interactive SVG file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/wait_error.h"
#include "base/cleanup.h"
#include "base/unit.h"
#include "cmd/cmd.h"
#include "cmd/loaded.h"
#include "cmd/output.h"
#include "export/flame.h"

static struct {
	struct pk_loaded_opts input;
	const char *output, *title, *kind;
	bool inverted, reverse, threads;
} opt;

static const struct pk_opt opts[] = {
	{ .letter = 'o', .name = "output", .type = PK_OPT_STRING, .value = &opt.output,
	  .arg = "FILE.svg", .help = "file to write, - is standard output; default: FILE as .svg" },
	{ .letter = 'k', .name = "kind", .type = PK_OPT_STRING, .value = &opt.kind, .arg = "KIND",
	  .help = "which time: cpu (the default), off, wakeup, wait:LINE; or io: bytes of block I/O" },
	PK_LOADED_OPTS(opt.input),
	PK_INLINE_OPT(opt.input),
	{ .name = "threads", .type = PK_OPT_FLAG, .value = &opt.threads,
	  .help = "a stack stands on its thread's name, not its process's" },
	{ .name = "inverted", .type = PK_OPT_FLAG, .value = &opt.inverted,
	  .help = "root on top, stacks hang down (icicles); with wakeup, where it is so, at the bottom" },
	{ .name = "reverse", .type = PK_OPT_FLAG, .value = &opt.reverse,
	  .help = "merge from the executing or waiting function: who calls it" },
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

static void put_weight(struct pk_strbuf *text, const struct pk_calltree *t, uint64_t weight)
{
	if (t->unit == PK_WEIGHT_BYTES)
		pk_unit_put_bytes(text, weight);
	else
		pk_unit_put_ns(text, weight);
}

/* What the graph is made of: samples, or the time or bytes and the 95 % interval. */
static void put_amount(struct pk_strbuf *text, const struct pk_calltree *t)
{
	const struct pk_call *all = &t->calls.data[0];
	bool bios = t->source == PKPROF_SRC_BLOCK;

	if (t->unit == PK_WEIGHT_SAMPLES) {
		pk_unit_put_count(text, all->total);
		pk_strbuf_puts(text, " samples");
		return;
	}
	put_weight(text, t, all->total);
	if (!bios || all->error > 0) {
		pk_strbuf_puts(text, " +- ");
		put_weight(text, t, (uint64_t)(all->error * PK_Z_95 + 0.5));
		pk_strbuf_puts(text, " (95 % interval)");
	}
	pk_strbuf_puts(text, " from ");
	pk_unit_put_count(text, t->nr_items);
	pk_strbuf_puts(text, bios ? " recorded requests" : " sampled waits");
}

static void put_left_out(struct pk_strbuf *text, const struct pk_calltree *t)
{
	bool bios = t->source == PKPROF_SRC_BLOCK;

	pk_strbuf_puts(text, bios ? "; devices on top of others left out: " :
				    "; idle kernel threads left out: ");
	put_weight(text, t, t->left_out);
	if (!bios)
		pk_strbuf_puts(text, ", --kind wait:kthread shows them");
}

/* Where the graph is and what is in it; to stderr, stdout may be the graph. */
static void say_done(const char *path, const struct pk_calltree *t,
		     const struct pk_flame_stats *stats)
{
	struct pk_strbuf text = { 0 };

	if (!strcmp(path, "-"))
		return;
	pk_strbuf_printf(&text, "%s: ", path);
	put_amount(&text, t);
	pk_strbuf_puts(&text, " in ");
	pk_unit_put_count(&text, stats->nr_frames);
	pk_strbuf_puts(&text, " frames");
	if (stats->nr_narrow) {
		pk_strbuf_puts(&text, ", ");
		pk_unit_put_count(&text, stats->nr_narrow);
		pk_strbuf_printf(&text, " too narrow to draw (%.1f %% of the %s)",
				 100.0 * stats->narrow_weight / t->calls.data[0].total,
				 pk_weight_names[t->unit]);
	}
	if (t->left_out)
		put_left_out(&text, t);
	fprintf(stderr, "%s; open it in a browser\n", text.data ? text.data : path);
	pk_strbuf_deinit(&text);
}

static int draw(const struct pk_loaded *in, const struct pk_calltree_opts *tree_opts,
		const struct pk_calltree *t, struct pk_err *err)
{
	bool hangs = pk_kind_of(&tree_opts->kind)->hangs;
	struct pk_flame_opts o = { opt.title, opt.inverted != hangs, tree_opts };
	PK_AUTO_FREE char *path = opt.output ? strdup(opt.output) : default_output(in->path);
	struct pk_strbuf why = { 0 };
	struct pk_flame_stats stats;
	struct pk_output out;
	int rc;

	if (!path)
		return pk_err_set(err, -ENOMEM, "no memory");
	if (!t->calls.data[0].total) {
		pk_loaded_explain_empty(in, &tree_opts->kind, &why);
		rc = pk_err_set(err, -ENODATA, "%s: nothing to draw. %s", in->path,
				why.data ? why.data : "");
		pk_strbuf_deinit(&why);
		return rc;
	}
	rc = pk_output_open(path, &out, err);
	if (rc)
		return rc;
	rc = pk_output_close(&out, pk_flame_write(&in->scope, t, &o, &out.sink, &stats, err), err);
	if (!rc)
		say_done(path, t, &stats);
	return rc;
}

static int draw_kind(const struct pk_loaded *in, const struct pk_kind_choice *kind,
		     struct pk_err *err)
{
	struct pk_calltree_opts o = { *kind, opt.threads, opt.reverse };
	struct pk_calltree t;
	int rc = pk_calltree_init(&in->scope, &o, &t);

	if (rc)
		return pk_err_set(err, rc, "no memory for the stacks");
	rc = draw(in, &o, &t, err);
	pk_calltree_deinit(&t);
	return rc;
}

static int run(int nr_args, char **args, struct pk_err *err)
{
	struct pk_kind_choice kind;
	struct pk_loaded in;
	int rc = pk_kind_parse(opt.kind, &kind, err);

	if (rc)
		return rc;
	rc = pk_loaded_open(nr_args, args, &opt.input, &in, err);
	if (rc)
		return rc;
	rc = draw_kind(&in, &kind, err);
	pk_loaded_close(&in);
	return rc;
}

const struct pk_cmd pk_cmd_flamegraph = {
	.name = "flamegraph",
	.args = "[FILE]",
	.summary = "Draw a profile as an interactive flame graph",
	.details = "Writes one SVG file that needs no network. In a browser: click a frame to zoom, "
		   "Esc or the button to get back, Ctrl-F to search with a regular expression and "
		   "see how much of the time matches. KIND off shows where threads waited, wait:LINE "
		   "one line of the wait ledger (`pkprof-user list` names them), wakeup who ended "
		   "the waits and whom those had waited for; they need a recording with source "
		   "offcpu. KIND io shows who submitted block I/O, in bytes, io:read, io:write and the "
		   "like one operation, io:time the time of its requests (source block). FILE is " PK_DEFAULT_FILE
		   " unless given, - reads standard input.",
	.opts = opts,
	.run = run,
};
