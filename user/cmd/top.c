// SPDX-License-Identifier: GPL-2.0-or-later
/* Command top: the live ledger on a screen. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/unit.h"
#include "cmd/cmd.h"
#include "cmd/top_stacks.h"
#include "record/signals.h"
#include "source/nl.h"
#include "view/top_screen.h"

static struct {
	const char *interval, *show, *sort, *filter, *module;
	bool stacks, ms;
} opt = { .show = "time" };

static const char *const shows[] = {
	[PK_SHOW_TIME] = "time", [PK_SHOW_IO] = "io", [PK_SHOW_NET] = "net", NULL,
};

static const struct pk_opt opts[] = {
	{ .letter = 'i', .name = "interval", .type = PK_OPT_STRING, .value = &opt.interval,
	  .arg = "SECONDS", .help = "time between two readings, 100ms to 1min (default 1 second)" },
	{ .name = "show", .type = PK_OPT_CHOICE, .value = &opt.show, .arg = "WHAT", .choices = shows,
	  .help = "begin with times, files and devices, or TCP (default time)" },
	{ .name = "sort", .type = PK_OPT_STRING, .value = &opt.sort, .arg = "COLUMN",
	  .help = "most of this first: a column's head, switch, pid or name (default cpu)" },
	{ .letter = 'f', .name = "filter", .type = PK_OPT_STRING, .value = &opt.filter, .arg = "TEXT",
	  .help = "only processes with this in their names" },
	{ .name = "ms", .type = PK_OPT_FLAG, .value = &opt.ms,
	  .help = "times in ms per second, not in %" },
	{ .name = "stacks", .type = PK_OPT_FLAG, .value = &opt.stacks,
	  .help = "begin with the hottest stacks, from a session of its own" },
	{ .name = "module", .type = PK_OPT_STRING, .value = &opt.module, .arg = "FILE.ko",
	  .help = "load this module if none is loaded" },
	{ 0 },
};

struct top_run {
	struct pk_live *live;
	struct pk_live_model model;
	struct pk_live_io io;
	struct pk_signals signals;
	struct pk_top_screen *screen;
	struct pk_top top;
	struct pk_top_stacks stacks;
	char clock[16];		/* of the picture */
};

static int parse(struct pk_top *t, struct pk_err *err)
{
	int sort = 0;

	while (strcmp(shows[t->show], opt.show))
		t->show++;
	if (opt.sort)
		sort = t->show == PK_SHOW_TIME ? pk_top_sort_find(opt.sort) :
						 pk_top_io_sort_find(t->show, opt.sort);

	if (opt.interval && (pk_unit_parse_ns(opt.interval, &t->interval_ns) ||
			     t->interval_ns < PK_TOP_MIN_INTERVAL_NS ||
			     t->interval_ns > PK_TOP_MAX_INTERVAL_NS))
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "option -i takes a time from 100ms to 1min, like 2 or 500ms; "
				   "not '%s'",
				   opt.interval);
	if (sort < 0)
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "--sort takes the head of a column, switch, pid or name; not "
				   "'%s'",
				   opt.sort);
	if (opt.filter && strlen(opt.filter) >= sizeof(t->filter))
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "--filter takes at most %zu bytes", sizeof(t->filter) - 1);
	if (t->show == PK_SHOW_TIME)
		t->sort = sort;
	else if (opt.sort)
		t->io_sort[t->show] = sort;
	t->ms = opt.ms;
	if (opt.filter)
		strcpy(t->filter, opt.filter);
	if (opt.stacks)
		t->view = PK_TOP_STACKS;
	return 0;
}

/* Whose session runs, for the first line. */
static int ask_session(struct top_run *r, struct pk_err *err)
{
	struct pk_top *t = &r->top;
	struct pk_nl_status s;
	int ret = pk_live_status(r->live, &s, err);

	if (ret)
		return ret;
	t->session[0] = '\0';
	if (s.state != PKPROF_STATE_RUNNING)
		return 0;
	if (r->stacks.owner_pid && s.owner_pid == r->stacks.owner_pid)
		snprintf(t->session, sizeof(t->session), "ours");
	else
		snprintf(t->session, sizeof(t->session), "%.*s (pid %u)", PKPROF_COMM_LEN,
			 s.owner_comm, s.owner_pid);
	return 0;
}

/* From the first time on that files or connections are shown they are counted. */
static int watch_sums(struct top_run *r, struct pk_err *err)
{
	uint32_t works;
	int ret;

	if (r->top.io || r->top.show == PK_SHOW_TIME)
		return 0;
	ret = pk_live_watch(r->live, PK_LIVE_IO_SOURCES, &works, err);
	if (!ret)
		r->top.io = &r->io;
	return ret;
}

static int read_sums(struct top_run *r, struct pk_err *err)
{
	int ret;

	if (!r->top.io)
		return 0;
	pk_live_io_begin(&r->io);
	ret = pk_live_read(r->live, pk_live_io_epoch(&r->io), PK_LIVE_IO_WHAT, &pk_live_io_visitor,
			   &r->io, err);
	if (ret)
		return ret;
	ret = pk_live_io_end(&r->io);
	if (ret)
		return pk_err_set(err, ret, "readings of files, requests and connections do not fit "
					    "together: %s", strerror(-ret));
	pk_live_io_join(&r->io.picture, &r->model.picture);
	return 0;
}

static int read_ledger(struct top_run *r, struct pk_err *err)
{
	time_t now = time(NULL);
	struct tm tm;
	int ret;

	pk_live_model_begin(&r->model);
	ret = pk_live_read(r->live, pk_live_model_epoch(&r->model), PK_LIVE_WHAT,
			   &pk_live_model_visitor, &r->model, err);
	if (ret)
		return ret;
	ret = pk_live_model_end(&r->model);
	if (ret)
		return pk_err_set(err, ret, "the ledger's readings do not fit together: %s",
				  strerror(-ret));
	if (localtime_r(&now, &tm))
		strftime(r->clock, sizeof(r->clock), "%H:%M:%S", &tm);
	ret = watch_sums(r, err);
	if (!ret)
		ret = read_sums(r, err);
	return ret ? ret : ask_session(r, err);
}

/* Without a second reading there is no interval to show. */
static const struct pk_live_picture *picture_of(const struct top_run *r)
{
	const struct pk_live_picture *p = &r->model.picture;

	return p->to_ns > p->from_ns ? p : NULL;
}

static int draw(struct top_run *r, struct pk_err *err)
{
	struct pk_top_page page;
	unsigned int height, width;
	int ret = pk_top_show(&r->top, picture_of(r));

	pk_top_stacks_put(&r->stacks, &r->top);
	pk_top_screen_size(r->screen, &height, &width);
	if (!ret)
		ret = pk_top_page_make(&r->top, height, width, pk_top_screen_unicode(r->screen),
				       r->clock, &page);
	if (ret)
		return pk_err_set(err, ret, "no memory for the screen");
	pk_top_screen_draw(r->screen, &page);
	pk_top_page_deinit(&page);
	return 0;
}

/* Until @when_ns, a key, a signal or a window of stacks. */
static void await(struct top_run *r, uint64_t when_ns)
{
	struct pollfd fds[] = {
		{ .fd = 0, .events = POLLIN },
		{ .fd = r->signals.fd, .events = POLLIN },
		{ .fd = r->stacks.windows.pid ? r->stacks.windows.fd : -1, .events = POLLIN },
	};
	uint64_t now = pk_monotonic_ns(), left_ns = when_ns > now ? when_ns - now : 0;
	struct timespec ts = { left_ns / PK_NS_PER_S, left_ns % PK_NS_PER_S };

	if (ppoll(fds, 3, &ts, NULL) <= 0)
		return;
	if (fds[0].revents & (POLLHUP | POLLERR))
		r->top.quit = true;	/* the terminal is gone */
	if (fds[2].revents)
		pk_top_stacks_take(&r->stacks);
}

static void take_keys(struct top_run *r)
{
	int key;

	while (!r->top.quit && (key = pk_top_screen_key(r->screen)) != PK_TOP_KEY_NONE)
		pk_top_key(&r->top, key);
}

static int loop(struct top_run *r, struct pk_err *err)
{
	uint64_t interval_ns = r->top.interval_ns, next_ns = pk_monotonic_ns() + interval_ns;
	int ret = read_ledger(r, err);

	while (!ret && !r->top.quit && !pk_signals_take(&r->signals)) {
		ret = draw(r, err);
		if (ret)
			break;
		await(r, r->top.paused ? UINT64_MAX / 2 : next_ns);
		take_keys(r);
		pk_top_stacks_want(&r->stacks, r->live, r->top.view == PK_TOP_STACKS);
		if (interval_ns != r->top.interval_ns)
			next_ns = next_ns - interval_ns + r->top.interval_ns;
		interval_ns = r->top.interval_ns;
		if (r->top.paused || pk_monotonic_ns() < next_ns)
			continue;
		ret = read_ledger(r, err);
		next_ns = pk_monotonic_ns() + interval_ns;
	}
	return ret;
}

static int run_screen(struct top_run *r, struct pk_err *err)
{
	int ret = pk_signals_open(&r->signals, err);

	if (ret)
		return ret;
	ret = pk_top_screen_open(&r->screen, err);
	if (!ret) {
		ret = loop(r, err);
		pk_top_screen_close(r->screen);
	}
	pk_top_stacks_close(&r->stacks);
	pk_signals_close(&r->signals);
	return ret;
}

static int run(int nr_args, char **args, struct pk_err *err)
{
	struct top_run r = { 0 };
	int ret = 0;

	if (nr_args)
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE, "top takes no argument '%s'",
				   args[0]);
	pk_top_init(&r.top);
	pk_top_stacks_init(&r.stacks, opt.module);
	ret = parse(&r.top, err);
	if (!ret)
		ret = pk_top_screen_check(err);
	if (!ret)
		ret = pk_live_open(opt.module, &r.live, err);
	if (!ret)
		ret = run_screen(&r, err);
	pk_live_close(r.live);
	pk_live_model_deinit(&r.model);
	pk_live_io_deinit(&r.io);
	pk_top_deinit(&r.top);
	return ret;
}

const struct pk_cmd pk_cmd_top = {
	.name = "top",
	.summary = "Show live on a screen where the time of processes goes",
	.details =
		"A row per process: what share of each interval its threads were on a CPU, on the run "
		"queue, waiting for disk, locks, sockets and so on; 100 is one thread there all the "
		"time. Keys sort, filter and pause, Enter shows a process's threads; h has them "
		"all.\n\n"
		"Key v, or --show, has the files and block devices of each process instead, then its TCP "
		"connections. They are counted from then on; while a recording runs that counts them, "
		"figures are of what it records.\n\n"
		"Works beside a recording and beside other readers. The hottest stacks (key s, "
		"--stacks) need a session, of which there is one at a time: while somebody else's "
		"runs, its owner is named instead. Needs a terminal; `pkprof-user stat` prints plain "
		"lines. Loads the installed kernel module if none is loaded.",
	.opts = opts,
	.run = run,
};
