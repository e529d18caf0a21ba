// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Threads that never wake.
 *
 *	forever
 *
 * One each blocked in futex, pause, read of a pipe, recv, poll and epoll_wait, and a
 * main thread that waits for a child which sleeps. Prints the answers (answer.h, with
 * times of 0) and then "blocked"; ends by a signal only.
 */
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "answer.h"

static void forever_futex(void)
{
	static unsigned int word;

	for (;;)
		syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, word, NULL, NULL, 0);
}

static void forever_pause(void)
{
	for (;;)
		pause();
}

static void forever_pipe(void)
{
	int fds[2];
	char byte;

	if (pipe(fds))
		exit(1);
	while (read(fds[0], &byte, 1))
		;
}

static void forever_recv(void)
{
	int fds[2];
	char byte;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		exit(1);
	while (recv(fds[0], &byte, 1, 0))
		;
}

static void forever_poll(void)
{
	for (;;)
		poll(NULL, 0, -1);
}

static void forever_epoll(void)
{
	int fd = epoll_create1(0);
	struct epoll_event event;

	for (;;)
		epoll_wait(fd, &event, 1, -1);
}

static const struct kind {
	const char *name, *line;
	void (*wait)(void);
} kinds[] = {
	{ "forever-futex", "futex", forever_futex }, { "forever-pause", "sleep", forever_pause },
	{ "forever-pipe", "pipe", forever_pipe },    { "forever-recv", "socket", forever_recv },
	{ "forever-poll", "poll", forever_poll },    { "forever-epoll", "poll", forever_epoll },
};

static void *kind_main(void *arg)
{
	const struct kind *kind = arg;
	struct answer answer = { .name = kind->name, .line = kind->line };

	answer.from_ns = clock_ns(CLOCK_MONOTONIC);
	prctl(PR_SET_NAME, kind->name);
	if (answer_end(&answer))
		exit(1);
	kind->wait();
	return NULL;
}

int main(void)
{
	struct answer answer = { .name = "forever-child", .line = "child" };
	pthread_t thread;
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		forever_pause();
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (pthread_create(&thread, NULL, kind_main, (void *)&kinds[i]))
			return 1;
	if (pid < 0 || answer_end(&answer))
		return 1;
	/* long enough for all of them to block, and no more than a hint for who waits */
	usleep(200000);
	if (write(STDOUT_FILENO, "blocked\n", 8) != 8)
		return 1;
	while (waitpid(pid, NULL, 0) != pid)
		;
	return 0;
}
