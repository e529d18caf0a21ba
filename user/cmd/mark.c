// SPDX-License-Identifier: GPL-2.0-or-later
/* Command mark: starts a phase in the running recording. */
#include <errno.h>
#include <string.h>

#include "cmd/cmd.h"
#include "source/kmod.h"

static const struct pk_opt opts[] = { { 0 } };

static int run(int nr_args, char **args, struct pk_err *err)
{
	if (nr_args != 1 || !args[0][0])
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "a mark is one text; put it in quotes if it has blanks");
	if (strlen(args[0]) > PKPROF_MAX_TEXT)
		return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
				   "the text has %zu bytes, a mark takes at most %u",
				   strlen(args[0]), PKPROF_MAX_TEXT);
	return pk_kmod_mark(args[0], err);
}

const struct pk_cmd pk_cmd_mark = {
	.name = "mark",
	.args = "TEXT",
	.summary = "Start a phase in the running recording",
	.details = "The phase TEXT lasts until the next mark. Whoever may record may mark, also "
		   "the recording of somebody else. `report --phase TEXT` shows the phase alone.",
	.opts = opts,
	.run = run,
};
