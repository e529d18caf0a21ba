// SPDX-License-Identifier: GPL-2.0-or-later
/* Command stat: the live ledger, interval by interval. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/unit.h"
#include "cmd/cmd.h"
#include "cmd/output.h"
#include "model/live.h"
#include "record/pid_list.h"
#include "record/signals.h"
#include "view/stat_view.h"
#include "view/text.h"

#define MIN_INTERVAL_NS (10 * PK_NS_PER_MS)
#define DEFAULT_ROWS	10
#define ROWS_NOT_SAID	UINT64_MAX

/* Keys in their order: the lines of the ledger, then the two of model/live.h, then pk_io_columns. */
static const char *const sort_keys[] = {
	[PKPROF_LINE_CPU] = "cpu",
	[PKPROF_LINE_WAKEUP] = "runq",
	[PKPROF_LINE_PREEMPTED] = "preempted",
	[PKPROF_LINE_THROTTLED] = "throttled",
	[PKPROF_LINE_DISK] = "disk",
	[PKPROF_LINE_FAULT] = "fault",
	[PKPROF_LINE_FUTEX] = "futex",
	[PKPROF_LINE_KLOCK] = "klock",
	[PKPROF_LINE_RTLOCK] = "rtlock",
	[PKPROF_LINE_SOCKET] = "socket",
	[PKPROF_LINE_PIPE] = "pipe",
	[PKPROF_LINE_TTY] = "tty",
	[PKPROF_LINE_POLL] = "poll",
	[PKPROF_LINE_AIO] = "aio",
	[PKPROF_LINE_SLEEP] = "sleep",
	[PKPROF_LINE_CHILD] = "child",
	[PKPROF_LINE_STOPPED] = "stopped",
	[PKPROF_LINE_KTHREAD] = "kthread",
	[PKPROF_LINE_OTHER] = "other",
	[PKPROF_LINE_LOST] = "lost",
	[PK_LIVE_BY_SWITCHES] = "switches",
	[PK_LIVE_BY_TOTAL] = "total",
	"rd/s", "rdB/s", "wr/s", "wrB/s", "req/s", "reqB/s", "ms", "p99ms",
	"inB/s", "outB/s", "send/s", "seg/s", "again/s", "open/s", "close/s",
	NULL,
};
#define FIRST_IO_KEY (PK_LIVE_BY_TOTAL + 1)
_Static_assert(PKPROF_NR_LINES == 20, "a new line needs a sort key");
_Static_assert(PK_ARRAY_SIZE(sort_keys) == FIRST_IO_KEY + PK_NR_IO_COLUMNS + 1,
	       "a new column needs a sort key");

static const char *const row_kinds[] = { "process", "thread", NULL };
static const char *const shows[] = {
	[PK_SHOW_TIME] = "time", [PK_SHOW_IO] = "io", [PK_SHOW_NET] = "net", NULL,
};
static const char *const default_keys[] = {
	[PK_SHOW_TIME] = "cpu", [PK_SHOW_IO] = "reqB/s", [PK_SHOW_NET] = "outB/s",
};

static struct {
	const char *interval, *pids, *show, *by, *sort, *module;
	uint64_t count, rows;
	bool json;
} opt = { .show = "time", .by = "process", .rows = ROWS_NOT_SAID };

static const struct pk_opt opts[] = {
	{ .letter = 'i', .name = "interval", .type = PK_OPT_STRING, .value = &opt.interval,
	  .arg = "SECONDS", .help = "time between two readings, from 10ms on (default 1 second)" },
	{ .letter = 'n', .name = "count", .type = PK_OPT_U64, .value = &opt.count, .arg = "COUNT",
	  .help = "end after so many intervals", .min = 1 },
	{ .letter = 'p', .name = "pid", .type = PK_OPT_STRING, .value = &opt.pids, .arg = "PID,...",
	  .help = "only these processes, busy or not" },
	{ .name = "show", .type = PK_OPT_CHOICE, .value = &opt.show, .arg = "WHAT",
	  .help = "where time goes, files and block devices, or TCP (default time)", .choices = shows },
	{ .name = "by", .type = PK_OPT_CHOICE, .value = &opt.by, .arg = "WHAT",
	  .help = "one row per process or thread (default process)", .choices = row_kinds },
	{ .name = "sort", .type = PK_OPT_CHOICE, .value = &opt.sort, .arg = "LINE",
	  .help = "most of this first (default cpu, reqB/s, outB/s); rows without any are left out",
	  .choices = sort_keys },
	{ .name = "rows", .type = PK_OPT_U64, .value = &opt.rows, .arg = "ROWS",
	  .help = "at most so many per interval, 0: all (default 10, with --json all)" },
	{ .name = "json", .type = PK_OPT_FLAG, .value = &opt.json,
	  .help = "one line of JSON per interval, with stable names; times are ns" },
	{ .name = "module", .type = PK_OPT_STRING, .value = &opt.module, .arg = "FILE.ko",
	  .help = "load this module if none is loaded" },
	{ 0 },
};

struct stat_run {
	struct pk_live *live;
	struct pk_live_model model;
	struct pk_live_io io;
	struct pk_signals signals;
	struct pk_output out;
	struct pk_stat_layout layout;
	bool terminal;
	uint64_t interval_ns;
	pk_pid_list pids;
};

static int parse_interval(uint64_t *ret, struct pk_err *err)
{
	*ret = PK_NS_PER_S;
	if (opt.interval && (pk_unit_parse_ns(opt.interval, ret) || *ret < MIN_INTERVAL_NS))
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "option -i takes a time from 10ms on, like 2 or 500ms; not '%s'",
				   opt.interval);
	return 0;
}

static unsigned int index_of(const char *const *names, const char *name)
{
	unsigned int i = 0;

	while (strcmp(names[i], name))
		i++;
	return i;
}

/* Is the key one of what is shown? */
static int parse_sort(struct pk_stat_layout *o, struct pk_err *err)
{
	unsigned int key = index_of(sort_keys, opt.sort ? opt.sort : default_keys[o->show]);
	bool fits = o->show == PK_SHOW_TIME ?
			    key < FIRST_IO_KEY :
			    key >= FIRST_IO_KEY && pk_io_columns[key - FIRST_IO_KEY].show == o->show;

	if (!fits)
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "--show %s has no '%s' to sort by", opt.show, opt.sort);
	o->key = o->show == PK_SHOW_TIME ? key : (unsigned int)PKPROF_LINE_CPU;
	o->io_key = o->show == PK_SHOW_TIME ? 0 : key - FIRST_IO_KEY;
	return 0;
}

static int parse(struct stat_run *s, struct pk_err *err)
{
	int ret = parse_interval(&s->interval_ns, err);

	if (!ret && opt.pids)
		ret = pk_pid_list_parse(opt.pids, &s->pids, err);
	s->layout.show = index_of(shows, opt.show);
	s->layout.threads = !strcmp(opt.by, "thread");
	if (!ret && s->layout.threads && s->layout.show != PK_SHOW_TIME)
		ret = pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				  "files, requests and connections are counted by process, not by thread");
	if (!ret)
		ret = parse_sort(&s->layout, err);
	s->layout.max_rows = opt.rows != ROWS_NOT_SAID ? opt.rows : opt.json ? 0 : DEFAULT_ROWS;
	s->layout.idle = opt.pids;
	return ret;
}

/* The ledger has ids of the initial pid namespace. */
static int translate_pids(struct stat_run *s, struct pk_err *err)
{
	int ret = pk_live_global_pids(s->live, s->pids.data, s->pids.nr, err);

	for (size_t i = 0; !ret && i < s->pids.nr; i++)
		if (!s->pids.data[i])
			ret = pk_err_exit(err, -ESRCH, PK_EXIT_NO_TARGET,
					  "a process of -p is gone; look it up again with ps or "
					  "pgrep");
	s->layout.tgids = s->pids.data;
	s->layout.nr_tgids = s->pids.nr;
	return ret;
}

static int read_sums(struct stat_run *s, struct pk_err *err)
{
	int ret;

	if (s->layout.show == PK_SHOW_TIME)
		return 0;
	pk_live_io_begin(&s->io);
	ret = pk_live_read(s->live, pk_live_io_epoch(&s->io), PK_LIVE_IO_WHAT, &pk_live_io_visitor,
			   &s->io, err);
	if (ret)
		return ret;
	ret = pk_live_io_end(&s->io);
	return ret ? pk_err_set(err, ret, "readings of files, requests and connections do not fit "
					  "together: %s", strerror(-ret)) :
		     0;
}

/* What is wanted besides the ledger, as far as it works here. */
static int watch(struct stat_run *s, struct pk_err *err)
{
	uint32_t sources = pk_show_sources(s->layout.show), works;
	int ret;

	if (!sources)
		return 0;
	ret = pk_live_watch(s->live, sources, &works, err);
	if (!ret && !works)
		ret = pk_err_set(err, -EOPNOTSUPP, "--show %s does not work here: `pkprof-user list` "
						   "says what does", opt.show);
	return ret;
}

static int read_ledger(struct stat_run *s, struct pk_err *err)
{
	int ret;

	pk_live_model_begin(&s->model);
	ret = pk_live_read(s->live, pk_live_model_epoch(&s->model), PK_LIVE_WHAT,
			   &pk_live_model_visitor, &s->model, err);
	if (ret)
		return ret;
	ret = pk_live_model_end(&s->model);
	return ret ? pk_err_set(err, ret, "the ledger's readings do not fit together: %s",
				strerror(-ret)) :
		     read_sums(s, err);
}

static int show(struct stat_run *s, bool first)
{
	struct pk_strbuf *out = &s->out.sink.buf;
	time_t now = time(NULL);
	char text[16] = "";
	struct tm tm;

	if (opt.json) {
		pk_stat_view_json(&s->layout, &s->model.picture, &s->io, pk_clock_ns(CLOCK_REALTIME), out);
		return pk_sink_flush(&s->out.sink);
	}
	/* it may have been resized */
	if (s->terminal)
		pk_stat_layout_init(&s->layout, pk_text_style_of(s->out.sink.fd).width);
	if (first || s->terminal)
		pk_stat_view_header(&s->layout, out);
	if (localtime_r(&now, &tm))
		strftime(text, sizeof(text), "%H:%M:%S", &tm);
	pk_stat_view_interval(&s->layout, &s->model.picture, &s->io, text, out);
	return pk_sink_flush(&s->out.sink);
}

/* Until @when_ns of CLOCK_MONOTONIC; true: a signal came first. */
static bool wait_until(struct stat_run *s, uint64_t when_ns)
{
	struct pollfd fd = { .fd = s->signals.fd, .events = POLLIN };
	uint64_t now_ns;

	while ((now_ns = pk_monotonic_ns()) < when_ns) {
		uint64_t left_ns = when_ns - now_ns;
		struct timespec ts = { left_ns / PK_NS_PER_S, left_ns % PK_NS_PER_S };

		if (ppoll(&fd, 1, &ts, NULL) > 0 && pk_signals_take(&s->signals))
			return true;
	}
	return pk_signals_take(&s->signals);
}

/* Those that -p named are gone, all of them. */
static bool is_over(const struct stat_run *s)
{
	for (size_t i = 0; i < s->model.picture.processes.nr; i++)
		for (size_t k = 0; k < s->pids.nr; k++)
			if (s->model.picture.processes.data[i].tgid == s->pids.data[k])
				return false;
	return s->pids.nr;
}

static int loop(struct stat_run *s, struct pk_err *err)
{
	uint64_t next_ns = pk_monotonic_ns();
	int ret = read_ledger(s, err);

	for (uint64_t i = 0; !ret && (!opt.count || i < opt.count); i++) {
		next_ns += s->interval_ns;
		/* after a pause go on from here, do not hurry after the clock */
		if (next_ns < pk_monotonic_ns())
			next_ns = pk_monotonic_ns() + s->interval_ns;
		if (wait_until(s, next_ns))
			break;
		ret = read_ledger(s, err);
		if (!ret && is_over(s))
			break;
		if (!ret)
			ret = show(s, !i);
	}
	return ret;
}

static int run_live(struct stat_run *s, struct pk_err *err)
{
	int ret = pk_signals_open(&s->signals, err);

	if (ret)
		return ret;
	ret = pk_output_open("-", &s->out, err);
	if (!ret) {
		unsigned int width = pk_text_style_of(s->out.sink.fd).width;

		s->terminal = width;
		pk_stat_layout_init(&s->layout, width);
		ret = pk_output_close(&s->out, loop(s, err), err);
	}
	pk_signals_close(&s->signals);
	return ret;
}

static int run(int nr_args, char **args, struct pk_err *err)
{
	struct stat_run s = { 0 };
	int ret;

	if (nr_args)
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "stat takes no argument '%s'; `report --ledger` shows files",
				   args[0]);
	ret = parse(&s, err);
	if (!ret)
		ret = pk_live_open(opt.module, &s.live, err);
	if (!ret)
		ret = translate_pids(&s, err);
	if (!ret)
		ret = watch(&s, err);
	if (!ret)
		ret = run_live(&s, err);
	pk_live_close(s.live);
	pk_live_model_deinit(&s.model);
	pk_live_io_deinit(&s.io);
	pk_vec_deinit(&s.pids);
	return ret;
}

const struct pk_cmd pk_cmd_stat = {
	.name = "stat",
	.summary = "Show live where the time of processes goes, interval by interval",
	.details =
		"Like vmstat, per process: what share of each interval its threads were on a CPU, "
		"on the run queue, waiting for disk, locks, sockets and so on. 100 is one thread in "
		"that column all the time, so a process with many threads has more. Works with and "
		"without a recording, for any number of readers. Processes that are gone have one "
		"row, (exited).\n\n"
		"--show io has the operations on files (not on pipes and sockets), the block requests and "
		"the devices instead, --show net the TCP connections. They are counted while somebody "
		"watches; while a recording runs that counts them, figures are of what it records.\n\n"
		"A terminal gets as many columns as fit, `rest` being the sum of the others; a file or "
		"a pipe gets all. Ends after -n intervals, with Ctrl-C, or when all processes of -p are "
		"gone. Loads the installed kernel "
		"module if none is loaded.",
	.opts = opts,
	.run = run,
};
