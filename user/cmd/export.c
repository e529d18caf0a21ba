// SPDX-License-Identifier: GPL-2.0-or-later
/* Command export: the samples of a profile in the format of other programs. */
#include <errno.h>
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/loaded.h"
#include "cmd/output.h"
#include "export/export.h"

static struct {
	struct pk_loaded_opts input;
	const char *format, *output, *kind;
	bool threads, srcline;
} opt;

static const struct pk_opt opts[] = {
	{ .letter = 'f', .name = "format", .type = PK_OPT_STRING, .value = &opt.format,
	  .arg = "FORMAT", .help = "folded, json or perf-script" },
	{ .letter = 'o', .name = "output", .type = PK_OPT_STRING, .value = &opt.output,
	  .arg = "OUT", .help = "file to write, - is standard output, the default" },
	{ .letter = 'k', .name = "kind", .type = PK_OPT_STRING, .value = &opt.kind, .arg = "KIND",
	  .help = "folded: which time, cpu (the default), off, wakeup, wait:LINE; or io, io:time" },
	PK_LOADED_OPTS(opt.input),
	PK_INLINE_OPT(opt.input),
	{ .name = "threads", .type = PK_OPT_FLAG, .value = &opt.threads,
	  .help = "folded: stacks begin with the thread's name, not the process's" },
	{ .name = "srcline", .type = PK_OPT_FLAG, .value = &opt.srcline,
	  .help = "perf-script: below frames their source lines, as perf script -F +srcline" },
	{ 0 },
};

static int find_format(const struct pk_export **ret, struct pk_err *err)
{
	struct pk_strbuf names = { 0 };
	int rc = 0;

	*ret = opt.format ? pk_export_find(opt.format) : NULL;
	for (unsigned int i = 0; !*ret && i < pk_nr_exports; i++)
		pk_strbuf_printf(&names, "%s%s", i ? ", " : "", pk_exports[i]->name);
	if (!*ret && opt.format)
		rc = pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				 "there is no format '%s'; --format takes one of: %s", opt.format,
				 names.data);
	else if (!*ret)
		rc = pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				 "say which format: --format takes one of: %s", names.data);
	pk_strbuf_deinit(&names);
	return rc;
}

static bool is_empty(const struct pk_loaded *in, const struct pk_export *format,
		     const struct pk_kind_choice *kind)
{
	if (format == &pk_export_json && in->profile.waits.nr)
		return false;
	switch (pk_kind_of(kind)->source) {
	case PKPROF_SRC_OFFCPU:
		return !in->profile.waits.nr;
	case PKPROF_SRC_BLOCK:
		return !in->profile.bios.nr;
	}
	return !in->scope.nr_samples;
}

static int write_samples(const struct pk_loaded *in, const struct pk_export *format,
			 const struct pk_kind_choice *kind, struct pk_err *err)
{
	struct pk_export_opts o = { .threads = opt.threads, .srcline = opt.srcline, .kind = *kind };
	struct pk_strbuf text = { 0 };
	struct pk_output out;
	int rc;

	if (is_empty(in, format, kind)) {
		pk_loaded_explain_empty(in, kind, &text);
		fprintf(stderr, "%s: %s\n", in->path, text.data ? text.data : "nothing");
		pk_strbuf_deinit(&text);
	}
	rc = pk_output_open(opt.output ? opt.output : "-", &out, err);
	if (rc)
		return rc;
	return pk_output_close(&out, format->write(&in->scope, &o, &out.sink, err), err);
}

static int run(int nr_args, char **args, struct pk_err *err)
{
	const struct pk_export *format;
	struct pk_kind_choice kind;
	struct pk_loaded in;
	int rc = find_format(&format, err);

	if (!rc)
		rc = pk_kind_parse(opt.kind, &kind, err);
	if (!rc && opt.kind && format != &pk_export_folded)
		rc = pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				 "--kind goes with --format folded; %s has all there is",
				 format->name);
	if (!rc && opt.srcline && format != &pk_export_perf_script)
		rc = pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				 "--srcline goes with --format perf-script");
	if (!rc)
		rc = pk_loaded_open(nr_args, args, &opt.input, &in, err);
	if (rc)
		return rc;
	rc = write_samples(&in, format, &kind, err);
	pk_loaded_close(&in);
	return rc;
}

const struct pk_cmd pk_cmd_export = {
	.name = "export",
	.args = "--format FORMAT [FILE]",
	.summary = "Write the samples in the format of other programs",
	.details = "FORMAT is folded (a line per stack, for flame graph tools), json (everything, "
		   "for programs) or perf-script (the text of `perf script`). FILE is "
		   PK_DEFAULT_FILE " unless given, - reads standard input.",
	.opts = opts,
	.run = run,
};
