// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests and answers over TCP or a Unix stream socket, each byte of them counted.
 *
 *	tcptalk serve ADDRESS PORT MODE THINK_MS [N]
 *		MODE prefork: N workers accept and answer; fork: one process accepts, and
 *		for each connection a child answers; late: accepts THINK_MS after each
 *		arrival. Ends at SIGTERM.
 *	tcptalk ask ADDRESS PORT CONNECTIONS REQUESTS BYTES REPLY_BYTES [KEEP_MS]
 *		one connection after the other, and on each that many requests; stays
 *		connected for KEEP_MS
 *	tcptalk loop N [pair]
 *		both ends in one process: N times one byte is sent, then received; pair: of a
 *		socketpair()
 *	tcptalk pair REQUESTS BYTES REPLY_BYTES THINK_MS
 *		of a socketpair() one end asks, in the other one a child answers
 *	tcptalk odd
 *		a socketpair() in which much is tried that moves no byte, or less than was asked
 *	tcptalk pour ADDRESS PORT BYTES
 *		one request of that many bytes, written by 64 KB, without pause
 *
 * ADDRESS is that of a Unix socket if it is a path or begins with @, for an abstract one;
 * PORT is then ignored.
 *
 * Each process that talked says at its end
 *
 *	talked PID IN_BYTES OUT_BYTES CONNECTIONS RESTED_NS CONNECT_NS
 *
 * RESTED_NS being what its thinking took in truth, CONNECT_NS what all its connects did.
 *
 * A request is 8 bytes, its own length and the wanted reply's in the machine's order, and
 * as many more as make up its length.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

#define CHUNK 65536
#define MAX_WORKERS 64

static char buffer[CHUNK];
static unsigned long long in_bytes, out_bytes, nr_connections;
static unsigned long long rested_ns, connect_ns;
static volatile sig_atomic_t over;

static void on_term(int sig)
{
	(void)sig;
	over = 1;
}

static int say(void)
{
	char text[128];
	int len = snprintf(text, sizeof(text), "talked %d %llu %llu %llu %llu %llu\n", getpid(),
			   in_bytes, out_bytes, nr_connections, rested_ns, connect_ns);

	return write(STDOUT_FILENO, text, len) == len ? 0 : 1;
}

static void rest(unsigned int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };
	uint64_t from_ns = clock_ns(CLOCK_MONOTONIC);

	if (ms)
		nanosleep(&t, NULL);
	rested_ns += clock_ns(CLOCK_MONOTONIC) - from_ns;
}

/* 1: all of it; 0: the end came first; -1: errno. */
static int take(int fd, void *to, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(fd, to ? (char *)to + done : buffer,
				 len - done < CHUNK || to ? len - done : CHUNK);

		if (n <= 0)
			return n;
		done += n;
		in_bytes += n;
	}
	return 1;
}

static int give(int fd, const void *from, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = send(fd, from ? (const char *)from + done : buffer,
				 len - done < CHUNK || from ? len - done : CHUNK, MSG_NOSIGNAL);

		if (n < 0)
			return -1;
		done += n;
		out_bytes += n;
	}
	return 0;
}

static int ask(int fd, const unsigned int head[2])
{
	char *request = malloc(head[0]);
	int ret;

	if (!request)
		return -1;
	memset(request, 'x', head[0]);
	memcpy(request, head, 8);
	ret = give(fd, request, head[0]);
	free(request);
	return ret ? ret : take(fd, NULL, head[1]) == 1 ? 0 : -1;
}

static void answer(int fd, unsigned int think_ms)
{
	unsigned int head[2];

	nr_connections++;
	while (take(fd, head, 8) == 1 && (head[0] <= 8 || take(fd, NULL, head[0] - 8) == 1)) {
		rest(think_ms);
		if (give(fd, NULL, head[1]))
			break;
	}
	close(fd);
}

static int address_of(const char *address, const char *port, struct sockaddr_storage *ret,
		      socklen_t *len_ret)
{
	struct sockaddr_in *v4 = (void *)ret;
	struct sockaddr_in6 *v6 = (void *)ret;
	struct sockaddr_un *un = (void *)ret;

	memset(ret, 0, sizeof(*ret));
	if (*address == '/' || *address == '@') {
		un->sun_family = AF_UNIX;
		snprintf(un->sun_path, sizeof(un->sun_path), "%s", address);
		*len_ret = sizeof(*un);
		if (*address == '@') {
			un->sun_path[0] = '\0';
			*len_ret = offsetof(struct sockaddr_un, sun_path) + strlen(address);
		}
		return 0;
	}
	if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(atoi(port));
		*len_ret = sizeof(*v4);
		return 0;
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(atoi(port));
	*len_ret = sizeof(*v6);
	return inet_pton(AF_INET6, address, &v6->sin6_addr) == 1 ? 0 : -1;
}

static int serve_until_over(int listener, unsigned int think_ms, int late, int fork_each)
{
	while (!over) {
		int fd;

		if (late) {
			fd_set set;

			FD_ZERO(&set);
			FD_SET(listener, &set);
			if (select(listener + 1, &set, NULL, NULL, NULL) < 0)
				continue;
			rest(think_ms);
		}
		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			continue;
		if (!fork_each) {
			answer(fd, late ? 0 : think_ms);
		} else if (!fork()) {
			close(listener);
			answer(fd, think_ms);
			_exit(say());
		} else {
			close(fd);
		}
	}
	return fork_each ? 0 : say();
}

static int serve(char **args, int nr)
{
	int listener, one = 1, workers = nr > 4 ? atoi(args[4]) : 1;
	const char *mode = args[2];
	unsigned int think_ms = atoi(args[3]);
	struct sigaction term = { .sa_handler = on_term };
	struct sockaddr_storage address;
	pid_t worker[MAX_WORKERS];
	socklen_t len;

	if (address_of(args[0], args[1], &address, &len))
		return 2;
	listener = socket(address.ss_family, SOCK_STREAM, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (*args[0] == '/')
		unlink(args[0]);
	if (bind(listener, (void *)&address, len) || listen(listener, 128)) {
		perror("tcptalk: listen");
		return 1;
	}
	sigaction(SIGTERM, &term, NULL);
	if (strcmp(mode, "prefork")) {
		int ret = serve_until_over(listener, think_ms, !strcmp(mode, "late"), !strcmp(mode, "fork"));

		while (wait(NULL) > 0)
			;
		return ret;
	}
	for (int i = 0; i < workers && i < MAX_WORKERS; i++) {
		worker[i] = fork();
		if (!worker[i])
			_exit(serve_until_over(listener, think_ms, 0, 0));
	}
	while (!over)
		rest(10);
	for (int i = 0; i < workers && i < MAX_WORKERS; i++)
		kill(worker[i], SIGTERM);
	while (wait(NULL) > 0)
		;
	return 0;
}

static int connected(const char *address, const char *port)
{
	struct sockaddr_storage to;
	uint64_t from_ns;
	socklen_t len;
	int fd, one = 1;

	if (address_of(address, port, &to, &len))
		return -1;
	fd = socket(to.ss_family, SOCK_STREAM, 0);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	from_ns = clock_ns(CLOCK_MONOTONIC);
	if (connect(fd, (void *)&to, len)) {
		perror("tcptalk: connect");
		close(fd);
		return -1;
	}
	connect_ns += clock_ns(CLOCK_MONOTONIC) - from_ns;
	nr_connections++;
	return fd;
}

static int ask_all(char **args, int nr)
{
	unsigned int head[2] = { atoi(args[4]), atoi(args[5]) };

	for (int c = atoi(args[2]); c > 0; c--) {
		int fd = connected(args[0], args[1]);

		if (fd < 0)
			return 1;
		for (int r = atoi(args[3]); r > 0; r--)
			if (ask(fd, head))
				return 1;
		rest(nr > 6 ? atoi(args[6]) : 0);
		close(fd);
	}
	return say();
}

static int pour(char **args)
{
	unsigned int head[2] = { atoi(args[2]), 8 };
	int fd = connected(args[0], args[1]);

	if (fd < 0 || give(fd, head, 8) || give(fd, NULL, head[0] - 8) || take(fd, NULL, 8) != 1)
		return 1;
	close(fd);
	return say();
}

/* Returns the connection's ends, or -1. */
static int both_ends(int ends[2])
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	if (bind(listener, (void *)&address, len) || listen(listener, 1) ||
	    getsockname(listener, (void *)&address, &len))
		return -1;
	ends[0] = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(ends[0], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(ends[0], (void *)&address, len))
		return -1;
	ends[1] = accept(listener, NULL, NULL);
	close(listener);
	return ends[1] < 0 ? -1 : 0;
}

static int loop(unsigned int nr, int pair)
{
	int ends[2];

	if (pair ? socketpair(AF_UNIX, SOCK_STREAM, 0, ends) : both_ends(ends)) {
		perror("tcptalk: loop");
		return 1;
	}
	nr_connections = 1;
	while (nr--)
		if (give(ends[0], NULL, 1) || take(ends[1], NULL, 1) != 1)
			return 1;
	return say();
}

/* --- a pair ------------------------------------------------------------------------- */

static int pair(char **args)
{
	unsigned int head[2] = { atoi(args[1]), atoi(args[2]) };
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		return 1;
	if (!fork()) {
		close(ends[0]);
		answer(ends[1], atoi(args[3]));
		_exit(say());
	}
	close(ends[1]);
	nr_connections = 1;
	for (int r = atoi(args[0]); r > 0; r--)
		if (ask(ends[0], head))
			return 1;
	close(ends[0]);
	wait(NULL);
	return say();
}

static void moved(unsigned long long *bytes, ssize_t n)
{
	if (n > 0)
		*bytes += n;
}

static ssize_t send_with_file(int to, int file)
{
	char room[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec data = { buffer, 3000 };
	struct msghdr m = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = room,
			    .msg_controllen = sizeof(room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &file, sizeof(file));
	return sendmsg(to, &m, MSG_NOSIGNAL);
}

/* Each call counts what it returned. The buffers of a send are read in parts and at once. */
static int odd(void)
{
	int ends[2], pipes[2], file = open("/proc/self/exe", O_RDONLY);
	struct iovec parts[2] = { { buffer, 700 }, { buffer, 800 } };

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) || pipe(pipes) || file < 0)
		return 1;
	nr_connections = 2;
	moved(&in_bytes, recv(ends[1], buffer, 10, MSG_DONTWAIT));
	moved(&out_bytes, send(ends[0], buffer, 100, 0));
	recv(ends[1], buffer, 100, MSG_PEEK);
	moved(&in_bytes, recv(ends[1], buffer, 30, 0));
	recv(ends[1], buffer, 7, MSG_PEEK);
	moved(&out_bytes, writev(ends[0], parts, 2));
	moved(&in_bytes, recv(ends[1], buffer, 1000, MSG_DONTWAIT));
	moved(&in_bytes, readv(ends[1], parts, 2));
	moved(&out_bytes, send_with_file(ends[0], file));
	for (int i = 0; i < 3; i++)
		moved(&in_bytes, recv(ends[1], buffer, sizeof(buffer), MSG_DONTWAIT));
	/* as much as there is room for: some whole, one in part, then none */
	for (int i = 0; i < 20; i++)
		moved(&out_bytes, send(ends[0], buffer, sizeof(buffer), MSG_DONTWAIT));
	while (recv(ends[1], buffer, 50000, MSG_DONTWAIT | MSG_PEEK) > 0)
		moved(&in_bytes, recv(ends[1], buffer, 33333, MSG_DONTWAIT));
	moved(&out_bytes, sendfile(ends[0], file, NULL, 10000));
	moved(&in_bytes, splice(ends[1], NULL, pipes[1], NULL, 4000, 0));
	/* what is shut moves nothing more, but what is there is still read; one byte stays */
	moved(&out_bytes, send(ends[1], buffer, 5, 0));
	shutdown(ends[0], SHUT_WR);
	moved(&out_bytes, send(ends[0], buffer, 100, MSG_NOSIGNAL));
	moved(&in_bytes, recv(ends[0], buffer, 4, 0));
	for (ssize_t n = 1; n > 0; moved(&in_bytes, n))
		n = recv(ends[1], buffer, 1500, MSG_DONTWAIT);
	close(ends[0]);
	moved(&out_bytes, send(ends[1], buffer, 100, MSG_NOSIGNAL));
	close(ends[1]);
	return say();
}

int main(int argc, char **argv)
{
	if ((argc == 3 || argc == 4) && !strcmp(argv[1], "loop"))
		return loop(strtoul(argv[2], NULL, 10), argc == 4);
	if (argc == 6 && !strcmp(argv[1], "pair"))
		return pair(argv + 2);
	if (argc == 2 && !strcmp(argv[1], "odd"))
		return odd();
	if (argc >= 6 && !strcmp(argv[1], "serve"))
		return serve(argv + 2, argc - 2);
	if (argc >= 8 && !strcmp(argv[1], "ask"))
		return ask_all(argv + 2, argc - 2);
	if (argc == 5 && !strcmp(argv[1], "pour"))
		return pour(argv + 2);
	fprintf(stderr, "usage: tcptalk serve ADDRESS PORT prefork|fork|late THINK_MS [N]\n"
			"       tcptalk ask ADDRESS PORT CONNECTIONS REQUESTS BYTES REPLY_BYTES [KEEP_MS]\n"
			"       tcptalk loop N [pair]\n"
			"       tcptalk pair REQUESTS BYTES REPLY_BYTES THINK_MS\n"
			"       tcptalk odd\n"
			"       tcptalk pour ADDRESS PORT BYTES\n");
	return 2;
}
