// SPDX-License-Identifier: GPL-2.0-or-later
/* The process that asks debuginfod servers; see debug_fetch.h. */
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/parcel.h"
#include "symbol/debug_fetch.h"
#include "symbol/debug_search.h"

/* In the child. Does not return. */
static void run(int to)
{
	struct pk_debug_wish wish;
	char answer = 0;
	int none, fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (!pk_parcel_receive(to, &wish, sizeof(wish), &none, 0)) {
		fd = pk_debug_ask_servers(&wish);
		if (pk_parcel_send(to, &answer, sizeof(answer), fd, 0))
			break;
		if (fd >= 0)
			close(fd);
	}
	_Exit(0);
}

int pk_debug_fetch_start(struct pk_debug_fetch *f)
{
	int pair[2], ret = 0;

	*f = (struct pk_debug_fetch){ .fd = -1 };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	f->pid = fork();
	if (!f->pid) {
		close(pair[0]);
		run(pair[1]);
	}
	if (f->pid < 0) {
		ret = -errno;
		f->pid = 0;
		close(pair[0]);
	} else {
		f->fd = pair[0];
	}
	close(pair[1]);
	return ret;
}

void pk_debug_fetch_end(struct pk_debug_fetch *f)
{
	if (!f->pid)
		return;
	kill(f->pid, SIGKILL);
	while (waitpid(f->pid, NULL, 0) < 0 && errno == EINTR)
		;
	close(f->fd);
	*f = (struct pk_debug_fetch){ .fd = -1 };
}

int pk_debug_fetch_ask(struct pk_debug_fetch *f, const struct pk_debug_wish *wish)
{
	return pk_parcel_send(f->fd, wish, sizeof(*wish), -1, MSG_DONTWAIT);
}

int pk_debug_fetch_take(struct pk_debug_fetch *f, int *fd_ret)
{
	char answer;

	return pk_parcel_receive(f->fd, &answer, sizeof(answer), fd_ret, MSG_DONTWAIT);
}
