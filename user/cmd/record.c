// SPDX-License-Identifier: GPL-2.0-or-later
/* Command record: options to a configuration, the live line, the summary. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/unit.h"
#include "cmd/cmd.h"
#include "cmd/help.h"
#include "cmd/redacted.h"
#include "record/cpu_list.h"
#include "record/pid_list.h"
#include "record/recorder.h"
#include "source/kmod.h"
#include "source/names.h"
#include "source/replay.h"
#include "view/record_view.h"

#define MAX_HZ 20000

/* All but pmu, which is instead of cpu. */
#define DEFAULT_SOURCES                                                                      \
	(1u << PKPROF_SRC_CPU | 1u << PKPROF_SRC_TASK | 1u << PKPROF_SRC_SCHED |             \
	 1u << PKPROF_SRC_OFFCPU | 1u << PKPROF_SRC_BLOCK | 1u << PKPROF_SRC_TCP |           \
	 1u << PKPROF_SRC_VFS)

static struct {
	uint64_t freq;
	const char *pids, *cpus, *duration, *output;
	bool only, no_symbols, no_lines, no_cache, servers, jvm_maps, quiet;
	const char *sources, *ring_size, *module, *dump, *replay, *wait_period, *redact;
	const char *budget;
	uint64_t kernel_depth, user_depth, wait_cap, io_cap;
} opt = {
	.freq = 99,
	.wait_cap = PKPROF_DEF_WAIT_CAP,
	.io_cap = PKPROF_DEF_IO_CAP,
	.output = PK_DEFAULT_FILE,
	.kernel_depth = PKPROF_MAX_DEPTH,
	.user_depth = PKPROF_MAX_DEPTH,
};

static const struct pk_opt opts[] = {
	{ .letter = 'F', .name = "freq", .type = PK_OPT_U64, .value = &opt.freq, .arg = "HZ",
	  .help = "samples per second and CPU (default 99)", .min = 1, .max = MAX_HZ },
	{ .letter = 'p', .name = "pid", .type = PK_OPT_STRING, .value = &opt.pids, .arg = "PID,...",
	  .help = "only these processes and their descendants" },
	{ .letter = 'C', .name = "cpus", .type = PK_OPT_STRING, .value = &opt.cpus, .arg = "CPUS",
	  .help = "sample only these CPUs, as 0,2-3; tasks, ledger and waits are of all" },
	{ .letter = 'd', .name = "duration", .type = PK_OPT_STRING, .value = &opt.duration, .arg = "TIME",
	  .help = "stop after this time: seconds, or with a unit: 500ms, 2min" },
	{ .letter = 'o', .name = "output", .type = PK_OPT_STRING, .value = &opt.output, .arg = "FILE",
	  .help = "where to record to (default " PK_DEFAULT_FILE "), - is standard output" },
	{ .name = "only", .type = PK_OPT_FLAG, .value = &opt.only,
	  .help = "record just COMMAND and its children" },
	{ .letter = 'q', .name = "quiet", .type = PK_OPT_FLAG, .value = &opt.quiet,
	  .help = "neither live line nor summary" },
	{ .name = "sources", .type = PK_OPT_STRING, .value = &opt.sources, .arg = "LIST",
	  .help = "what to record from (default: all but pmu, as far as they work here)" },
	{ .name = "ring-size", .type = PK_OPT_STRING, .value = &opt.ring_size, .arg = "BYTES",
	  .help = "buffer of each CPU, 64K to 64M (default by number of CPUs, at most 1M)" },
	{ .name = "kernel-depth", .type = PK_OPT_U64, .value = &opt.kernel_depth, .arg = "FRAMES",
	  .help = "longest kernel stack, 0: none (default 512)", .max = PKPROF_MAX_DEPTH },
	{ .name = "user-depth", .type = PK_OPT_U64, .value = &opt.user_depth, .arg = "FRAMES",
	  .help = "longest user stack, 0: none (default 512)", .max = PKPROF_MAX_DEPTH },
	{ .name = "wait-period", .type = PK_OPT_STRING, .value = &opt.wait_period, .arg = "TIME",
	  .help = "instants at which waits get stacks are so far apart, up to 1min; 1ns: each wait" },
	{ .name = "wait-cap", .type = PK_OPT_U64, .value = &opt.wait_cap, .arg = "N",
	  .help = "stacks of waits per second and CPU, 0: no limit (default 500)",
	  .max = UINT32_MAX - 1 },
	{ .name = "io-cap", .type = PK_OPT_U64, .value = &opt.io_cap, .arg = "N",
	  .help = "stacks of block I/O per second and CPU, 0: no limit (default 500)",
	  .max = UINT32_MAX - 1 },
	{ .name = "budget", .type = PK_OPT_STRING, .value = &opt.budget, .arg = "PERCENT",
	  .help = "most of all CPUs' time that recording may take, or off (default)" },
	{ .name = "no-symbols", .type = PK_OPT_FLAG, .value = &opt.no_symbols,
	  .help = "do not put the names of functions into the file" },
	{ .name = "redact", .type = PK_OPT_CHOICE, .value = &opt.redact, .arg = "WHAT",
	  .choices = pk_redact_levels,
	  .help = "leave names (paths, command lines, hosts, peers), or all, out of the file" },
	{ .name = "jvm-maps", .type = PK_OPT_FLAG, .value = &opt.jvm_maps,
	  .help = "ask Java VMs, now and then and at the end, to list the code that they compiled" },
	{ .name = "debuginfod", .type = PK_OPT_FLAG, .value = &opt.servers,
	  .help = "ask the servers of $DEBUGINFOD_URLS for debug files, for 2 minutes at most" },
	{ .name = "no-cache", .type = PK_OPT_FLAG, .value = &opt.no_cache,
	  .help = "name functions without what earlier recordings kept, and keep nothing" },
	{ .name = "no-lines", .type = PK_OPT_FLAG, .value = &opt.no_lines,
	  .help = "nor source lines and inlined functions" },
	{ .name = "module", .type = PK_OPT_STRING, .value = &opt.module, .arg = "FILE.ko",
	  .help = "load this module if none is loaded" },
	{ .name = "dump-ring", .type = PK_OPT_STRING, .value = &opt.dump, .arg = "FILE",
	  .help = "write the raw records as well" },
	{ .name = "replay", .type = PK_OPT_STRING, .value = &opt.replay, .arg = "FILE",
	  .help = "take the records from such a dump, not from the kernel" },
	{ 0 },
};

static int parse_duration(uint64_t *ret, struct pk_err *err)
{
	if (!opt.duration)
		return 0;
	if (pk_unit_parse_ns(opt.duration, ret) || !*ret)
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "option -d takes a time above 0, like 10 or 500ms; not '%s'",
				   opt.duration);
	return 0;
}

/* Rounded up to the next power of two. */
static int parse_ring_size(uint32_t *ret, struct pk_err *err)
{
	uint64_t bytes, size = PKPROF_MIN_RING_BYTES;

	if (!opt.ring_size)
		return 0;
	if (pk_unit_parse_bytes(opt.ring_size, &bytes) || !bytes || bytes > PKPROF_MAX_RING_BYTES)
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "option --ring-size takes a size up to 64M, like 256K; not '%s'",
				   opt.ring_size);
	while (size < bytes)
		size *= 2;
	*ret = size;
	return 0;
}

/* To the nearest power of two; 1 ns is each wait, which a limit would make senseless. */
static int parse_wait_period(struct pk_source_config *cfg, struct pk_err *err)
{
	uint64_t ns, period = 1;

	cfg->wait_cap = opt.wait_cap ? opt.wait_cap : UINT32_MAX;
	if (!opt.wait_period)
		return 0;
	if (pk_unit_parse_ns(opt.wait_period, &ns) || !ns || ns > PKPROF_MAX_WAIT_PERIOD_NS)
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "option --wait-period takes a time from 1ns to 1min, like 4ms; "
				   "not '%s'", opt.wait_period);
	while (period + period / 2 < ns)
		period *= 2;
	cfg->wait_period_ns = period;
	if (period == 1)
		cfg->wait_cap = UINT32_MAX;
	return 0;
}

#define DEFAULT_BUDGET "1"
#define PPM_PER_PERCENT 10000

/* In per cent, or off; where nothing is said environment variable PKPROF_BUDGET may say it. */
static int parse_budget(uint32_t *ret, struct pk_err *err)
{
	const char *text = opt.budget ? opt.budget : getenv("PKPROF_BUDGET");
	double percent;
	char *end;

	if (!text || !*text)
		text = DEFAULT_BUDGET;
	*ret = 0;
	if (!strcmp(text, "off"))
		return 0;
	percent = strtod(text, &end);
	if (*end == '%')
		end++;
	if (end == text || *end || !(percent >= 0.01 && percent <= 100))
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "%s takes per cent of the CPUs' time, 0.01 to 100, or off; not '%s'",
				   opt.budget ? "option --budget" : "PKPROF_BUDGET", text);
	*ret = percent * PPM_PER_PERCENT;
	return 0;
}

static int parse_sources(uint32_t *ret, struct pk_err *err)
{
	*ret = DEFAULT_SOURCES;
	if (opt.sources && pk_sources_parse(opt.sources, ret, err))
		return -EINVAL;
	if ((*ret >> PKPROF_SRC_CPU & 1) && (*ret >> PKPROF_SRC_PMU & 1))
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "sources cpu and pmu sample the same time; name one of them");
	*ret = pk_sources_complete(*ret);
	*ret |= 1u << PKPROF_SRC_CORE | 1u << PKPROF_SRC_DEF;
	return 0;
}

static int check_combinations(bool has_command, struct pk_err *err)
{
	if (opt.only && !has_command)
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "option --only needs a COMMAND to record, behind --");
	if (opt.only && opt.pids)
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "options --only and -p name different processes; use one of them");
	if (opt.redact && !strcmp(opt.output, "-"))
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "option --redact needs a file: name one with -o");
	if (opt.replay && (has_command || opt.pids || opt.cpus || opt.duration))
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "option --replay takes a dump as it is: without COMMAND, -p, -C, -d");
	if (opt.servers && opt.no_symbols)
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "options --debuginfod and --no-symbols contradict each other");
	if (opt.servers && !getenv("DEBUGINFOD_URLS"))
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "--debuginfod asks the servers of $DEBUGINFOD_URLS, which is "
				   "not set");
	return 0;
}

/* One line, on a terminal only, rewritten in place. */
static void show_progress(void *ctx, const struct pk_record_progress *p)
{
	struct pk_strbuf line = { 0 };

	(void)ctx;
	pk_record_view_line(p, &line);
	if (line.data)
		fprintf(stderr, "\r\033[K%s", line.data);
	fflush(stderr);
	pk_strbuf_deinit(&line);
}

/* @ctx: the error that record() gives back. */
static void show_failure(void *ctx, const struct pk_err *err)
{
	struct pk_err *told = ctx;

	fprintf(stderr, "%s", !opt.quiet && isatty(STDERR_FILENO) ? "\r\033[K" : "");
	pk_help_error(&pk_cmd_record, err->code, err);
	fputs("the command still runs; Ctrl-C ends it\n", stderr);
	told->told = true;
}

static void show_end(const struct pk_record_config *cfg, const struct pk_record_result *r)
{
	struct pk_strbuf text = { 0 };

	if (cfg->progress)
		fprintf(stderr, "\r\033[K");
	if (!opt.quiet && r->complete) {
		pk_record_view_summary(r, opt.output, &text);
		if (text.data)
			fputs(text.data, stderr);
	}
	pk_strbuf_deinit(&text);
}

/* What was recorded into @raw goes to where it was asked for, without what is not to be told. */
static int redact(const char *raw, struct pk_err *err)
{
	PK_AUTO_FREE char *old = NULL;
	struct pk_err why = { 0 };
	int ret;

	if (asprintf(&old, "%s.old", opt.output) < 0) {
		old = NULL;
		return -ENOMEM;
	}
	if (rename(opt.output, old) && errno != ENOENT)
		ret = pk_err_exit(&why, -errno, PK_EXIT_OUTPUT, "cannot keep %s: %s", opt.output,
				  strerror(errno));
	else
		ret = pk_redact_file(raw, opt.output, opt.redact, NULL, &why);
	if (ret)
		return pk_err_exit(err, ret, PK_EXIT_OUTPUT,
				   "%s; what was recorded is in %s, with all names", why.msg, raw);
	unlink(raw);
	return 0;
}

static int record(struct pk_record_config *cfg, struct pk_err *err)
{
	struct pk_record_result result;
	int ret = pk_record(cfg, &result, err);

	show_end(cfg, &result);
	if (!ret && opt.redact)
		ret = redact(cfg->path, err);
	if (!ret && result.command_ended)
		ret = result.command_exit;
	pk_record_result_deinit(&result);
	return ret;
}

static int parse(struct pk_record_config *cfg, pk_pid_list *pids, pk_cpu_set *cpus, struct pk_err *err)
{
	int ret = check_combinations(cfg->command, err);

	if (!ret)
		ret = parse_duration(&cfg->duration_ns, err);
	if (!ret)
		ret = parse_ring_size(&cfg->source.ring_bytes, err);
	if (!ret)
		ret = parse_sources(&cfg->source.sources, err);
	if (!ret)
		ret = parse_wait_period(&cfg->source, err);
	if (!ret)
		ret = parse_budget(&cfg->source.budget_ppm, err);
	if (!ret && opt.pids)
		ret = pk_pid_list_parse(opt.pids, pids, err);
	if (!ret && opt.cpus)
		ret = pk_cpu_list_parse(opt.cpus, cpus, err);
	if (!ret && opt.cpus)
		ret = pk_cpu_set_check(cpus, err);
	cfg->source.pids = pids->data;
	cfg->source.nr_pids = pids->nr;
	cfg->source.cpus = cpus->data;
	cfg->source.cpus_bytes = cpus->nr;
	return ret;
}

static int run(int nr_args, char **args, struct pk_err *err)
{
	struct pk_record_config cfg = {
		.engine = opt.replay ? &pk_source_replay : &pk_source_kmod,
		.engine_arg = opt.replay ? opt.replay : opt.module,
		.source = {
			.all_sources = opt.sources != NULL,
			.period_ns = (PK_NS_PER_S + opt.freq / 2) / opt.freq,
			.kernel_depth = opt.kernel_depth,
			.user_depth = opt.user_depth,
			.io_cap = opt.io_cap ? opt.io_cap : UINT32_MAX,
		},
		.path = opt.output,
		.command = nr_args ? args : NULL,
		.only = opt.only,
		.scan = !opt.replay,
		.symbols = !opt.no_symbols,
		.jvm_maps = opt.jvm_maps,
		.cache = !opt.no_cache,
		.servers = opt.servers,
		.lines = !opt.no_lines,
		.dump_path = opt.dump,
		.cpus_text = opt.cpus,
		.pids_text = opt.pids,
		.progress = !opt.quiet && isatty(STDERR_FILENO) ? show_progress : NULL,
		.failed = show_failure,
		.ctx = err,
	};
	PK_AUTO_FREE char *raw = NULL;
	pk_pid_list pids = { 0 };
	pk_cpu_set cpus = { 0 };
	int ret;

	if (opt.redact && asprintf(&raw, "%s.raw", opt.output) < 0) {
		raw = NULL;
		return -ENOMEM;
	}
	if (raw)
		cfg.path = raw;
	cfg.began_ns = pk_monotonic_ns();
	ret = parse(&cfg, &pids, &cpus, err);
	if (!ret)
		ret = record(&cfg, err);
	pk_vec_deinit(&pids);
	pk_vec_deinit(&cpus);
	return ret;
}

const struct pk_cmd pk_cmd_record = {
	.name = "record",
	.args = "[-- COMMAND...]",
	.summary = "Record what all CPUs execute, with stacks, into a file",
	.details =
		"Records the whole system until Ctrl-C, until COMMAND ends, or for the time that -d "
		"gives. An existing FILE is kept as FILE.old. Loads the installed kernel module if "
		"none is loaded.\n\n"
		"The exit code is that of COMMAND, if there is one and it ended (128 and the number "
		"of a signal). A COMMAND that still runs when Ctrl-C or SIGTERM ends the recording "
		"is sent SIGTERM; when -d ends it, it is waited for. With -o - COMMAND's standard "
		"output goes to standard error.",
	.opts = opts,
	.run = run,
};
