// SPDX-License-Identifier: GPL-2.0-or-later
/* Command info: what is in a profile file. */
#include <errno.h>

#include "cmd/cmd.h"
#include "cmd/show.h"
#include "profile/reader.h"
#include "view/info_view.h"

static struct {
	bool json;
} opt;

static const struct pk_opt opts[] = {
	{ .name = "json",
	  .type = PK_OPT_FLAG,
	  .value = &opt.json,
	  .help = "JSON with stable names; times ns" },
	{ 0 },
};

static int run(int nr_args, char **args, struct pk_err *err)
{
	const char *path = nr_args ? args[0] : PK_DEFAULT_FILE;
	struct pk_result result = { 0 };
	struct pk_profile p;
	int ret;

	if (nr_args > 1)
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE, "one file at a time, not also '%s'",
				   args[1]);
	ret = pk_profile_load(path, &p, err);
	if (ret)
		return ret;
	ret = pk_info_result(&p, path, &result);
	if (!ret)
		ret = pk_show(&result, opt.json, err);
	pk_result_deinit(&result);
	pk_profile_deinit(&p);
	return ret;
}

const struct pk_cmd pk_cmd_info = {
	.name = "info",
	.args = "[FILE]",
	.summary = "Show what is in a profile: host, phases, counts, losses",
	.details = "The books are shown for each CPU and source: what was generated is what was "
		   "delivered and what was lost, by reason, and the last line says whether that "
		   "holds. FILE is " PK_DEFAULT_FILE " unless given, - reads standard input.",
	.opts = opts,
	.run = run,
};
