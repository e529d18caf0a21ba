// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One thread that waits for one thing, then for another, in turns.
 *
 *	turns disks DEVICE_A DEVICE_B ROUNDS
 *		reads 4 KB past the page cache, from each once a round
 *	turns peers ADDRESS PORT_A PORT_B ROUNDS
 *		asks servers of tcptalk, each once a round; then a child by a Unix socket,
 *		which answers after 3 ms
 *	turns idle ADDRESS PORT SECONDS
 *		connects, and waits for an answer that does not come until then
 *
 * Prints, for each, its own clock around the calls that wait:
 *
 *	turns TARGET PID CALLS WAITED_NS
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

#define BLOCK_BYTES 4096
#define BLOCKS	    256

struct target {
	const char *name;
	uint64_t nr, waited_ns;
};

#define WAIT(t, call)                                                               \
	({                                                                          \
		uint64_t since_ns = clock_ns(CLOCK_MONOTONIC);                      \
		__typeof__(call) ret_ = (call);                                     \
		(t)->waited_ns += clock_ns(CLOCK_MONOTONIC) - since_ns;             \
		(t)->nr++;                                                          \
		ret_;                                                               \
	})

static int say(const struct target *t)
{
	return printf("turns %s %d %llu %llu\n", t->name, getpid(), (unsigned long long)t->nr,
		      (unsigned long long)t->waited_ns) < 0;
}

static int disks(char *const *devices, int rounds)
{
	struct target t[2] = { { .name = devices[0] }, { .name = devices[1] } };
	void *block = aligned_alloc(BLOCK_BYTES, BLOCK_BYTES);
	int fd[2];

	for (int i = 0; i < 2; i++) {
		fd[i] = open(devices[i], O_RDONLY | O_DIRECT);
		if (fd[i] < 0)
			return 1;
	}
	for (int n = 0; n < rounds; n++)
		for (int i = 0; i < 2; i++)
			if (WAIT(&t[i], pread(fd[i], block, BLOCK_BYTES, n % BLOCKS * BLOCK_BYTES)) !=
			    BLOCK_BYTES)
				return 1;
	free(block);
	return say(&t[0]) || say(&t[1]);
}

static int connected(const char *address, const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(atoi(port)) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return -1;
	return fd;
}

/* A request as tcptalk's: its own length, and the answer's. */
static int ask(int fd, struct target *t)
{
	const uint32_t request[2] = { 8, 8 };
	char answer[8];

	if (write(fd, request, sizeof(request)) != sizeof(request))
		return 1;
	return WAIT(t, recv(fd, answer, sizeof(answer), MSG_WAITALL)) != sizeof(answer);
}

static int answering_child(void)
{
	int fd[2];
	char request[8];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd))
		return -1;
	if (fork()) {
		close(fd[1]);
		return fd[0];
	}
	close(fd[0]);
	while (read(fd[1], request, sizeof(request)) == sizeof(request)) {
		usleep(3000);
		if (write(fd[1], request, sizeof(request)) != sizeof(request))
			_exit(1);
	}
	_exit(0);
}

static int peers(char *const *args, int rounds)
{
	struct target t[3] = { { .name = args[1] }, { .name = args[2] }, { .name = "unix" } };
	int fd[3] = { connected(args[0], args[1]), connected(args[0], args[2]), answering_child() };
	int wrong = fd[0] < 0 || fd[1] < 0 || fd[2] < 0;

	for (int n = 0; !wrong && n < rounds; n++)
		for (int i = 0; !wrong && i < 3; i++)
			wrong = ask(fd[i], &t[i]);
	for (int i = 0; i < 3; i++) {
		close(fd[i]);
		wrong = wrong || say(&t[i]);
	}
	wait(NULL);
	return wrong;
}

static int idle(char *const *args)
{
	const struct timeval limit = { .tv_sec = atoi(args[2]) };
	struct target t = { .name = args[1] };
	int fd = connected(args[0], args[1]);
	char answer;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)))
		return 1;
	if (WAIT(&t, recv(fd, &answer, 1, 0)) >= 0)
		return 1;
	return say(&t);
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "disks"))
		return disks(argv + 2, atoi(argv[4]));
	if (argc == 6 && !strcmp(argv[1], "peers"))
		return peers(argv + 2, atoi(argv[5]));
	if (argc == 5 && !strcmp(argv[1], "idle"))
		return idle(argv + 2);
	fprintf(stderr, "usage: turns disks DEVICE_A DEVICE_B ROUNDS\n"
			"       turns peers ADDRESS PORT_A PORT_B ROUNDS\n"
			"       turns idle ADDRESS PORT SECONDS\n");
	return 2;
}
