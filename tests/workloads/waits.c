// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Waits that time ends: a thread for each kind, which does nothing else.
 *
 *	waits SECONDS [NAME...]		default: all that this kernel has
 *
 * Each thread waits 10 ms at a time, as often as fits into SECONDS, and prints its
 * answer (answer.h). A call that this kernel refuses is told: "absent NAME ERRNO".
 */
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>

#include "answer.h"

#define WAIT_MS 10

static const struct timespec wait_time = { .tv_nsec = WAIT_MS * NSEC_PER_MSEC };

struct kind {
	const char *name, *line;
	int (*open)(void);		/* the object, or 0 where there is none; -1: absent */
	int (*wait)(int object);	/* 0: as it should be */
};

static int none_open(void)
{
	return 0;
}

static int nanosleep_wait(int object)
{
	(void)object;
	return nanosleep(&wait_time, NULL);
}

static int sigtimedwait_wait(int object)
{
	sigset_t set;

	(void)object;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	return sigtimedwait(&set, NULL, &wait_time) < 0 && errno == EAGAIN ? 0 : -1;
}

static int futex_wait(int object)
{
	unsigned int word = object;

	return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, word, &wait_time, NULL, 0) < 0 &&
	       errno == ETIMEDOUT ? 0 : -1;
}

static int poll_wait(int object)
{
	(void)object;
	return poll(NULL, 0, WAIT_MS);
}

static int select_wait(int object)
{
	struct timeval tv = { .tv_usec = WAIT_MS * 1000 };

	(void)object;
	return select(0, NULL, NULL, NULL, &tv);
}

static int epoll_open(void)
{
	return epoll_create1(0);
}

static int epoll_wait_once(int object)
{
	struct epoll_event event;

	return epoll_wait(object, &event, 1, WAIT_MS);
}

static int timerfd_open(void)
{
	return timerfd_create(CLOCK_MONOTONIC, 0);
}

static int timerfd_wait(int object)
{
	struct itimerspec it = { .it_value = wait_time };
	uint64_t times;

	return timerfd_settime(object, 0, &it, NULL) ||
	       read(object, &times, sizeof(times)) != sizeof(times) ? -1 : 0;
}

static int socket_open(int family, int type)
{
	struct timeval tv = { .tv_usec = WAIT_MS * 1000 };
	int fd = socket(family, type, 0);

	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)))
		return -1;
	return fd;
}

static int udp_open(void)
{
	return socket_open(AF_INET, SOCK_DGRAM);
}

static int unix_open(void)
{
	struct sockaddr address = { .sa_family = AF_UNIX };
	int fd = socket_open(AF_UNIX, SOCK_DGRAM);

	/* with the family alone the kernel gives it a name of its own */
	return fd >= 0 && bind(fd, &address, sizeof(address.sa_family)) ? -1 : fd;
}

static int recv_wait(int object)
{
	char byte;

	return recv(object, &byte, 1, 0) < 0 && errno == EAGAIN ? 0 : -1;
}

static int read_socket_wait(int object)
{
	char byte;

	return read(object, &byte, 1) < 0 && errno == EAGAIN ? 0 : -1;
}

static const struct kind kinds[] = {
	{ "nanosleep", "sleep", none_open, nanosleep_wait },
	{ "sigtimedwait", "sleep", none_open, sigtimedwait_wait },
	{ "futex-timeout", "futex", none_open, futex_wait },
	{ "poll", "poll", none_open, poll_wait },
	{ "select", "poll", none_open, select_wait },
	{ "epoll", "poll", epoll_open, epoll_wait_once },
	{ "timerfd", "poll", timerfd_open, timerfd_wait },
	{ "udp", "socket", udp_open, recv_wait },
	{ "unix-dgram", "socket", unix_open, recv_wait },
	{ "read-socket", "socket", udp_open, read_socket_wait },
};
#define NR_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static uint64_t duration_ns;

/* Returns NULL if all was as it should be. */
static void *kind_main(void *arg)
{
	const struct kind *kind = arg;
	int object = kind->open();
	struct answer answer;
	uint64_t end_ns;

	if (object < 0) {
		printf("absent %s %d\n", kind->name, errno);
		return NULL;
	}
	answer_begin(&answer, kind->name, kind->line);
	end_ns = answer.from_ns + duration_ns;
	while (clock_ns(CLOCK_MONOTONIC) < end_ns)
		if (ANSWER_WAIT(&answer, kind->wait(object))) {
			fprintf(stderr, "waits: %s: %s\n", kind->name, strerror(errno));
			return arg;
		}
	return answer_end(&answer) ? arg : NULL;
}

static bool wanted(const char *name, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	pthread_t threads[NR_KINDS];
	unsigned int nr = 0;
	void *failed = NULL, *ret;
	sigset_t set;

	if (argc < 2) {
		fprintf(stderr, "usage: waits SECONDS [NAME...]\n");
		return 2;
	}
	duration_ns = strtod(argv[1], NULL) * NSEC_PER_SEC;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (size_t i = 0; i < NR_KINDS; i++)
		if (wanted(kinds[i].name, argv + 2) &&
		    !pthread_create(&threads[nr], NULL, kind_main, (void *)&kinds[i]))
			nr++;
	while (nr--)
		if (!pthread_join(threads[nr], &ret) && ret)
			failed = ret;
	return failed ? 1 : 0;
}
