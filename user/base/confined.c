// SPDX-License-Identifier: GPL-2.0-or-later
/* Children without rights; see confined.h. */
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/confined.h"
#include "base/restrict.h"

/* In the child. Does not return. */
static void run(const struct pk_confined_config *cfg, int fd, pid_t parent)
{
	const struct pk_restrict r = {
		.fd = fd,
		.parent = parent,
		.cpu_s = cfg->cpu_s,
		.memory_bytes = cfg->memory_bytes,
	};
	sigset_t none;

	/* the recorder takes its signals from a descriptor; what ends a child must end it */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGINT, SIG_IGN);
	if (pk_restrict(&r))
		_Exit(1);
	cfg->serve(cfg->ctx, PK_RESTRICT_FD);
	_Exit(0);
}

int pk_confined_start(struct pk_confined *c, const struct pk_confined_config *cfg)
{
	pid_t parent = getpid();
	int pair[2];

	*c = (struct pk_confined){ .channel = pk_channel_of(-1) };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -errno;
	c->pid = fork();
	if (!c->pid)
		run(cfg, pair[1], parent);
	close(pair[1]);
	if (c->pid < 0) {
		int ret = -errno;

		c->pid = 0;
		close(pair[0]);
		return ret;
	}
	c->channel.fd = pair[0];
	return 0;
}

void pk_confined_end(struct pk_confined *c)
{
	if (!c->pid)
		return;
	kill(c->pid, SIGKILL);
	while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		;
	c->pid = 0;
	pk_channel_deinit(&c->channel);
}

uint64_t pk_confined_cpu_ns(const struct pk_confined *c)
{
	struct timespec ts;
	clockid_t clock;

	if (!c->pid || clock_getcpuclockid(c->pid, &clock) || clock_gettime(clock, &ts))
		return 0;
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}
