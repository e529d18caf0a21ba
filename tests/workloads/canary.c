// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * canary - is there life beside a test? Until it is told to stop by SIGTERM: starts a program,
 * reads 4 KiB of a file, and sends a byte over loopback and back, and keeps the longest time
 * that one of them took.
 *
 *	canary FILE
 *
 * Twenty times a second, a program once a second, at the lowest real-time priority: what it
 * waits for is the kernel, not its turn among the test's own tasks. Writes "spawn MS N", "read MS
 * N", "ping MS N" and "beat MS N" to FILE at the end and every 5 seconds: the longest and how
 * many. "beat" is how late it was woken itself.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

#define BEAT_NS	      50000000ull
#define BEATS_A_SPAWN 20
#define BEATS_A_WRITE 100

enum deed {
	SPAWN,
	READ,
	PING,
	BEAT,
	NR_DEEDS
};

static const char *const names[NR_DEEDS] = { "spawn", "read", "ping", "beat" };
static uint64_t longest_ns[NR_DEEDS], times[NR_DEEDS];
static volatile sig_atomic_t is_over;
static int listener, client, server;
static char self[] = "/proc/self/exe", word[] = "leave";

static void stop(int sig)
{
	(void)sig;
	is_over = 1;
}

static void took(enum deed deed, uint64_t from_ns)
{
	uint64_t ns = clock_ns(CLOCK_MONOTONIC) - from_ns;

	if (ns > longest_ns[deed])
		longest_ns[deed] = ns;
	times[deed]++;
}

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void connect_loopback(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t bytes = sizeof(at);

	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || client < 0 || bind(listener, (void *)&at, bytes) ||
	    listen(listener, 1) || getsockname(listener, (void *)&at, &bytes) ||
	    connect(client, (void *)&at, bytes))
		die("loopback");
	server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (server < 0)
		die("accept");
}

static void spawn(void)
{
	char *const argv[] = { self, word, NULL }, *const envp[] = { NULL };
	uint64_t from_ns = clock_ns(CLOCK_MONOTONIC);
	int status;
	pid_t pid;

	if (posix_spawn(&pid, self, NULL, NULL, argv, envp))
		return;
	waitpid(pid, &status, 0);
	took(SPAWN, from_ns);
}

static void read_file(void)
{
	static char page[4096];
	uint64_t from_ns = clock_ns(CLOCK_MONOTONIC);
	int fd = open(self, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (read(fd, page, sizeof(page)) > 0)
		took(READ, from_ns);
	close(fd);
}

static void ping(void)
{
	uint64_t from_ns = clock_ns(CLOCK_MONOTONIC);
	char byte = 0;

	if (write(client, &byte, 1) == 1 && read(server, &byte, 1) == 1 &&
	    write(server, &byte, 1) == 1 && read(client, &byte, 1) == 1)
		took(PING, from_ns);
}

static void write_figures(const char *path)
{
	FILE *f = fopen(path, "we");

	if (!f)
		return;
	for (int deed = 0; deed < NR_DEEDS; deed++)
		fprintf(f, "%s %.1f %lu\n", names[deed], longest_ns[deed] / 1e6, times[deed]);
	fclose(f);
}

int main(int argc, char **argv)
{
	const struct sched_param lowest = { .sched_priority = 1 };

	if (argc == 2 && !strcmp(argv[1], word))
		return 0;
	if (argc != 2) {
		fprintf(stderr, "usage: canary FILE\n");
		return 2;
	}
	signal(SIGTERM, stop);
	connect_loopback();
	if (sched_setscheduler(0, SCHED_RR, &lowest))
		die("sched_setscheduler");
	for (uint64_t beat = 1; !is_over; beat++) {
		uint64_t from_ns = clock_ns(CLOCK_MONOTONIC) + BEAT_NS;
		struct timespec until = { from_ns / 1000000000, from_ns % 1000000000 };

		/* a signal ends it before its time */
		if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL))
			continue;
		took(BEAT, from_ns);
		if (beat % BEATS_A_SPAWN == 0)
			spawn();
		read_file();
		ping();
		if (beat % BEATS_A_WRITE == 0)
			write_figures(argv[1]);
	}
	write_figures(argv[1]);
	return 0;
}
