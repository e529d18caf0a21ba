// SPDX-License-Identifier: GPL-2.0-or-later
/* Command status: the running session, asked from the module over netlink. */
#include <errno.h>

#include "cmd/cmd.h"
#include "cmd/show.h"
#include "source/kmod.h"
#include "source/link.h"
#include "source/nl.h"
#include "view/status_view.h"

static struct {
	bool json;
} opt;

static const struct pk_opt opts[] = {
	{ .name = "json",
	  .type = PK_OPT_FLAG,
	  .value = &opt.json,
	  .help = "JSON with stable names; ratios are 0..1, times ns" },
	{ 0 },
};

/* One CPU's books of one source, into the sum over CPUs. */
static int add_books(void *ctx, unsigned int cpu, const struct pkprof_counters *c)
{
	struct pk_status *s = ctx;
	struct pkprof_counters *sum;

	(void)cpu;
	if (c->source >= PKPROF_NR_SOURCES)
		return 0;
	sum = &s->books[c->source];
	sum->generated += c->generated;
	for (unsigned int why = 0; why < PKPROF_NR_LOSSES; why++)
		sum->lost[why] += c->lost[why];
	sum->hits += c->hits;
	sum->timed_hits += c->timed_hits;
	sum->timed_ns += c->timed_ns;
	sum->entry_ns = c->entry_ns;
	s->nr_cpus[c->source]++;
	return 0;
}

static int ask(struct pk_nl *nl, struct pk_status *s, struct pk_err *err)
{
	int ret = pk_nl_info(nl, &s->info, err);

	if (!ret)
		ret = pk_link_check_abi(s->info.abi, s->info.abi_compat, s->info.version, err);
	if (!ret)
		ret = pk_nl_status(nl, &s->session, err);
	if (!ret && s->session.state != PKPROF_STATE_IDLE)
		ret = pk_nl_books(nl, add_books, s, err);
	/* it ended between the two questions */
	return ret == -ENOENT ? 0 : ret;
}

static int run(int nr_args, char **args, struct pk_err *err)
{
	struct pk_result result = { 0 };
	struct pk_status s = { 0 };
	struct pk_nl *nl;
	int ret;

	if (nr_args)
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "status takes no argument '%s'; `info` shows files", args[0]);
	ret = pk_nl_open(&nl, err);
	if (ret)
		return ret;
	ret = ask(nl, &s, err);
	pk_nl_close(nl);
	if (!ret)
		ret = pk_status_result(&s, &result);
	if (!ret)
		ret = pk_show(&result, opt.json, err);
	pk_result_deinit(&result);
	return ret;
}

const struct pk_cmd pk_cmd_status = {
	.name = "status",
	.summary = "Show the running recording, live",
	.details =
		"Asks the kernel module what it is doing: whose recording is running, since "
		"when, at which rate, and the books up to now. Needs no rights. Exit code 0 also "
		"when nothing is recorded.",
	.opts = opts,
	.run = run,
};
