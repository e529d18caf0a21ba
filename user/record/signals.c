// SPDX-License-Identifier: GPL-2.0-or-later
/* Signals that end a recording; see signals.h. */
#include <errno.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "record/signals.h"

int pk_signals_open(struct pk_signals *s, struct pk_err *err)
{
	struct sigaction deflt = { .sa_handler = SIG_DFL }, ignore = { .sa_handler = SIG_IGN };
	struct sigaction hup;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaction(SIGHUP, NULL, &hup);
	if (hup.sa_handler != SIG_IGN)
		sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, &s->mask);
	/* a shell ignores SIGINT for its background jobs, and then it would never come */
	sigaction(SIGINT, &deflt, &s->old_int);
	sigaction(SIGTERM, &deflt, &s->old_term);
	sigaction(SIGPIPE, &ignore, &s->old_pipe);
	sigaction(SIGXFSZ, &ignore, &s->old_xfsz);
	s->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->fd >= 0)
		return 0;
	pk_signals_restore(s);
	return pk_err_set(err, -errno, "cannot watch for signals: %s", strerror(errno));
}

void pk_signals_restore(const struct pk_signals *s)
{
	sigaction(SIGINT, &s->old_int, NULL);
	sigaction(SIGTERM, &s->old_term, NULL);
	sigaction(SIGPIPE, &s->old_pipe, NULL);
	sigaction(SIGXFSZ, &s->old_xfsz, NULL);
	sigprocmask(SIG_SETMASK, &s->mask, NULL);
}

void pk_signals_close(struct pk_signals *s)
{
	if (s->fd < 0)
		return;
	/* One that is pending did its work. */
	while (pk_signals_take(s))
		;
	close(s->fd);
	s->fd = -1;
	pk_signals_restore(s);
}

int pk_signals_take(struct pk_signals *s)
{
	struct signalfd_siginfo info;

	return read(s->fd, &info, sizeof(info)) == sizeof(info) ? (int)info.ssi_signo : 0;
}
