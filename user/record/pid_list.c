// SPDX-License-Identifier: GPL-2.0-or-later
/* Process ids of option -p; see pid_list.h. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "record/pid_list.h"
#include "uapi/pkprof.h"

int pk_pid_list_parse(const char *text, pk_pid_list *ret, struct pk_err *err)
{
	const char *pos = text;

	do {
		char *end;
		unsigned long pid = strtoul(pos, &end, 10);

		if (*pos < '0' || *pos > '9' || !pid || pid > INT32_MAX || (*end && *end != ','))
			return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
					   "option -p takes process ids like 12,345; not '%s'", text);
		if (kill(pid, 0) && errno == ESRCH)
			return pk_err_exit(err, -ESRCH, PK_EXIT_NO_TARGET,
					   "there is no process %lu; look it up again with ps or pgrep",
					   pid);
		if (ret->nr == PKPROF_MAX_PIDS)
			return pk_err_exit(err, -EINVAL, PK_EXIT_USAGE,
					   "option -p takes at most %u process ids; without it the "
					   "whole system is meant", PKPROF_MAX_PIDS);
		if (pk_vec_add(ret, pid))
			return -ENOMEM;
		pos = end;
	} while (*pos++ == ',');
	return 0;
}
