// SPDX-License-Identifier: GPL-2.0-or-later
/* Limits of child processes; see child.h. */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "record/child.h"

/* @more: what the hard limit is above the soft one. */
static void limit(int resource, rlim_t value, rlim_t more)
{
	struct rlimit l;

	if (getrlimit(resource, &l))
		return;
	if (l.rlim_max == RLIM_INFINITY || value + more < l.rlim_max)
		l.rlim_max = value + more;
	l.rlim_cur = value < l.rlim_max ? value : l.rlim_max;
	setrlimit(resource, &l);
}

void pk_child_limits(unsigned int cpu_s, uint64_t address_bytes)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* at the hard limit it is killed without a word, at the soft one SIGXCPU tells why */
	limit(RLIMIT_CPU, cpu_s, 1);
	limit(RLIMIT_CORE, 0, 0);
#ifndef __SANITIZE_ADDRESS__
	limit(RLIMIT_AS, address_bytes, 0);
#else
	(void)address_bytes;
#endif
}
