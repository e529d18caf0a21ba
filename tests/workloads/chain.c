// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Four processes, each of which waits for the next, and the last for a disk.
 *
 *	chain DEVICE SECONDS
 *
 * "chain-a" asks "chain-b" over a pipe, that asks "chain-c" over a socket, that asks
 * "chain-d" over a pipe, and that reads 4 KB from DEVICE past the page cache. Prints
 * their answers (answer.h), "rounds NR", and "disk NANOSECONDS", what all reads took
 * together.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "answer.h"

#define BLOCK_BYTES	4096
#define NR_BLOCKS	256
#define NR_LINKS	4

/* How a link is asked by the one before it, and how that one waits for its answer. */
struct link {
	const char *name, *line;
	int ask[2], tell[2];	/* [0] is read, [1] written; the first link has none */
};

static struct link links[NR_LINKS] = {
	{ .name = "chain-a", .line = "pipe" },
	{ .name = "chain-b", .line = "socket" },
	{ .name = "chain-c", .line = "pipe" },
	{ .name = "chain-d", .line = "disk" },
};

static int open_channels(void)
{
	for (int i = 1; i < NR_LINKS; i++) {
		struct link *l = &links[i];

		/* the one before it says on what it waits */
		if (!strcmp(links[i - 1].line, "pipe")) {
			if (pipe(l->ask) || pipe(l->tell))
				return -1;
			continue;
		}
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, l->ask))
			return -1;
		/* both ways over one pair */
		l->tell[0] = l->ask[1];
		l->tell[1] = l->ask[0];
	}
	return 0;
}

static int send_byte(int fd)
{
	return write(fd, "", 1) == 1 ? 0 : -1;
}

static int receive_byte(int fd)
{
	char byte;

	return read(fd, &byte, 1) == 1 ? 0 : -1;
}

static WORK int ask_next(int next)
{
	if (send_byte(links[next].ask[1]))
		return -1;
	return receive_byte(links[next].tell[0]);
}

static WORK int read_disk(int fd, void *block, unsigned int round)
{
	return pread(fd, block, BLOCK_BYTES, (off_t)(round % NR_BLOCKS) * BLOCK_BYTES) == BLOCK_BYTES ?
	       0 : -1;
}

/* A link's life: until the one before it closes its end. */
static int serve(int me, int disk, void *block)
{
	struct answer answer;
	unsigned int round = 0;

	prctl(PR_SET_NAME, links[me].name);
	answer_begin(&answer, links[me].name, links[me].line);
	while (!receive_byte(links[me].ask[0])) {
		int ret = me == NR_LINKS - 1 ?
			  ANSWER_WAIT(&answer, read_disk(disk, block, round++)) :
			  ANSWER_WAIT(&answer, ask_next(me + 1));

		if (ret || send_byte(links[me].tell[1]))
			return 1;
	}
	if (me == NR_LINKS - 1)
		printf("rounds %u\ndisk %llu\n", round, (unsigned long long)answer.waited_ns);
	return fflush(stdout) || answer_end(&answer) ? 1 : 0;
}

/* Keeps of all channels what link @me needs. A socket may be closed twice: EBADF. */
static void close_others(int me)
{
	for (int i = 1; i < NR_LINKS; i++) {
		if (i != me + 1) {
			close(links[i].ask[1]);
			close(links[i].tell[0]);
		}
		if (i != me) {
			close(links[i].ask[0]);
			close(links[i].tell[1]);
		}
	}
}

int main(int argc, char **argv)
{
	void *block = aligned_alloc(BLOCK_BYTES, BLOCK_BYTES);
	int disk = argc > 2 ? open(argv[1], O_RDONLY | O_DIRECT) : -1, failed = 0, status;
	struct answer answer;
	uint64_t end_ns;

	/* before there are channels, of which it must have no end */
	answer_apart();
	if (disk < 0 || open_channels()) {
		fprintf(stderr, "usage: chain DEVICE SECONDS (%s)\n", strerror(errno));
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	for (int i = NR_LINKS - 1; i > 0; i--) {
		pid_t pid = fork();

		if (!pid) {
			close_others(i);
			return serve(i, disk, block);
		}
	}
	close_others(0);
	prctl(PR_SET_NAME, links[0].name);
	answer_begin(&answer, links[0].name, links[0].line);
	end_ns = answer.from_ns + (uint64_t)(strtod(argv[2], NULL) * NSEC_PER_SEC);
	while (clock_ns(CLOCK_MONOTONIC) < end_ns)
		failed |= ANSWER_WAIT(&answer, ask_next(1));
	failed |= answer_end(&answer);
	close(links[1].ask[1]);
	while (wait(&status) > 0)
		failed |= status;
	return failed ? 1 : 0;
}
