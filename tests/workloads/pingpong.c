// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two processes that answer each other, over channels of all kinds. Each side thinks
 * (computes) before it answers, and the other one waits meanwhile.
 *
 *	pingpong CHANNEL SECONDS [THINK_US]	default: 500
 *
 * CHANNEL: pipe, eventfd, tty, unix, tcp, epoll (a server that epoll_wait()s for its
 * client on a Unix socket, which it does not block in). Prints the answers
 * (answer.h) of both sides, CHANNEL-ping and CHANNEL-pong.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <termios.h>

#include "answer.h"

/* Descriptors of one side. */
struct end {
	int in, out, epoll;	/* epoll: -1, or wait there before reading */
};

struct channel {
	const char *name;
	const char *lines[2];	/* of ping, of pong */
	int (*open)(struct end ends[2]);
};

static int pipe_open(struct end ends[2])
{
	int there[2], back[2];

	if (pipe(there) || pipe(back))
		return -1;
	ends[0] = (struct end){ back[0], there[1], -1 };
	ends[1] = (struct end){ there[0], back[1], -1 };
	return 0;
}

static int eventfd_open(struct end ends[2])
{
	int there = eventfd(0, 0), back = eventfd(0, 0);

	ends[0] = (struct end){ back, there, -1 };
	ends[1] = (struct end){ there, back, -1 };
	return there < 0 || back < 0 ? -1 : 0;
}

/* One side has the terminal, the other its master. */
static int tty_open(struct end ends[2])
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;
	struct termios settings;

	if (master < 0 || grantpt(master) || unlockpt(master))
		return -1;
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	if (slave < 0 || tcgetattr(slave, &settings))
		return -1;
	cfmakeraw(&settings);
	if (tcsetattr(slave, TCSANOW, &settings))
		return -1;
	ends[0] = (struct end){ master, master, -1 };
	ends[1] = (struct end){ slave, slave, -1 };
	return 0;
}

static int unix_open(struct end ends[2])
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return -1;
	ends[0] = (struct end){ pair[0], pair[0], -1 };
	ends[1] = (struct end){ pair[1], pair[1], -1 };
	return 0;
}

static int tcp_open(struct end ends[2])
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), client, server;

	client = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&address, len) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&address, &len) ||
	    connect(client, (struct sockaddr *)&address, len))
		return -1;
	server = accept(listener, NULL, NULL);
	ends[0] = (struct end){ client, client, -1 };
	ends[1] = (struct end){ server, server, -1 };
	return server < 0 ? -1 : 0;
}

static int epoll_open(struct end ends[2])
{
	struct epoll_event event = { .events = EPOLLIN };

	if (unix_open(ends))
		return -1;
	ends[1].epoll = epoll_create1(0);
	return epoll_ctl(ends[1].epoll, EPOLL_CTL_ADD, ends[1].in, &event);
}

static const struct channel channels[] = {
	{ "pipe", { "pipe", "pipe" }, pipe_open },
	{ "eventfd", { "pipe", "pipe" }, eventfd_open },
	/* it also waits for the kernel's worker that moves what was typed */
	{ "tty", { "tty,klock", "tty,klock" }, tty_open },
	{ "unix", { "socket", "socket" }, unix_open },
	{ "tcp", { "socket", "socket" }, tcp_open },
	{ "epoll", { "socket", "poll" }, epoll_open },
};
#define NR_CHANNELS (sizeof(channels) / sizeof(channels[0]))

static uint64_t duration_ns, think_ns;

/* Eight bytes, which is what an eventfd takes. The last ball is 2. */
static int throw_ball(const struct end *e, uint64_t ball)
{
	return write(e->out, &ball, sizeof(ball)) == sizeof(ball) ? 0 : -1;
}

static int wait_for_ball(const struct end *e)
{
	struct epoll_event event;
	uint64_t ball = 0;

	if (e->epoll >= 0 && epoll_wait(e->epoll, &event, 1, -1) != 1)
		return -1;
	/* a terminal may give it in pieces */
	for (size_t got = 0; got < sizeof(ball);) {
		ssize_t n = read(e->in, (char *)&ball + got, sizeof(ball) - got);

		if (n <= 0)
			return -1;
		got += n;
	}
	return (int)ball;
}

static WORK int play(const struct channel *c, const struct end *e, bool is_ping)
{
	struct answer answer;
	char name[32];
	int ball = 1;

	snprintf(name, sizeof(name), "%s-%s", c->name, is_ping ? "ping" : "pong");
	answer_begin(&answer, name, c->lines[!is_ping]);
	do {
		if (!is_ping) {
			ball = ANSWER_WAIT(&answer, wait_for_ball(e));
			if (ball < 0)
				return -1;
		}
		spin_until(thread_cpu_ns() + think_ns);
		if (is_ping && clock_ns(CLOCK_MONOTONIC) - answer.from_ns > duration_ns)
			ball = 2;
		if (throw_ball(e, ball))
			return -1;
		if (is_ping && ANSWER_WAIT(&answer, wait_for_ball(e)) != ball)
			return -1;
	} while (ball != 2);
	return answer_end(&answer);
}

int main(int argc, char **argv)
{
	const struct channel *c = NULL;
	int failed = 0, status;
	struct end ends[2];

	for (size_t i = 0; argc > 2 && i < NR_CHANNELS; i++)
		if (!strcmp(argv[1], channels[i].name))
			c = &channels[i];
	if (!c) {
		fprintf(stderr, "usage: pingpong pipe|eventfd|tty|unix|tcp|epoll SECONDS [THINK_US]\n");
		return 2;
	}
	duration_ns = strtod(argv[2], NULL) * NSEC_PER_SEC;
	think_ns = (argc > 3 ? strtoull(argv[3], NULL, 0) : 500) * 1000;
	if (c->open(ends)) {
		fprintf(stderr, "pingpong: %s: %s\n", c->name, strerror(errno));
		return 1;
	}
	for (int i = 0; i < 2; i++) {
		pid_t pid = fork();

		if (!pid)
			return play(c, &ends[i], !i) ? 1 : 0;
		failed |= pid < 0;
	}
	while (wait(&status) > 0)
		failed |= status;
	return failed ? 1 : 0;
}
