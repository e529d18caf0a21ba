// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests and answers over TCP, each byte of them counted.
 *
 *	tcptalk serve ADDRESS PORT MODE THINK_MS [N]
 *		MODE prefork: N workers accept and answer; fork: one process accepts, and
 *		for each connection a child answers; late: accepts THINK_MS after each
 *		arrival. Ends at SIGTERM.
 *	tcptalk ask ADDRESS PORT CONNECTIONS REQUESTS BYTES REPLY_BYTES [KEEP_MS]
 *		one connection after the other, and on each that many requests; stays
 *		connected for KEEP_MS
 *	tcptalk loop N
 *		both ends in one process: N times one byte is sent, then received
 *	tcptalk pour ADDRESS PORT BYTES
 *		one request of that many bytes, written by 64 KB, without pause
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
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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

	memset(ret, 0, sizeof(*ret));
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

static int loop(unsigned int nr)
{
	int ends[2];

	if (both_ends(ends)) {
		perror("tcptalk: loop");
		return 1;
	}
	nr_connections = 1;
	while (nr--)
		if (give(ends[0], NULL, 1) || take(ends[1], NULL, 1) != 1)
			return 1;
	return say();
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "loop"))
		return loop(strtoul(argv[2], NULL, 10));
	if (argc >= 6 && !strcmp(argv[1], "serve"))
		return serve(argv + 2, argc - 2);
	if (argc >= 8 && !strcmp(argv[1], "ask"))
		return ask_all(argv + 2, argc - 2);
	if (argc == 5 && !strcmp(argv[1], "pour"))
		return pour(argv + 2);
	fprintf(stderr, "usage: tcptalk serve ADDRESS PORT prefork|fork|late THINK_MS [N]\n"
			"       tcptalk ask ADDRESS PORT CONNECTIONS REQUESTS BYTES REPLY_BYTES [KEEP_MS]\n"
			"       tcptalk loop N\n"
			"       tcptalk pour ADDRESS PORT BYTES\n");
	return 2;
}
