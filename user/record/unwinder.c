// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unwind rows for the module; see unwinder.h.
 *
 * Parent and child talk over a pair of sockets that keep messages apart: a job goes down with
 * its file's descriptor, an answer comes up for each, in order, with a table in a file of
 * memory. So the child never holds more than one file, the parent knows at any time what is not
 * answered yet, and the device is the parent's alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "record/child.h"
#include "record/unwinder.h"
#include "unwind/cache.h"
#include "unwind/compile.h"

#define MAX_DEATHS	  8	       /* then it is left at that */
#define MAX_CPU_S	  300	       /* of one child */
#define MAX_ADDRESS_BYTES (1ULL << 30) /* of its address space */

struct answer {
	int code;	/* 0 or -errno; 0: with a descriptor of the table */
	uint64_t bytes; /* of the table */
};

/* A message that may carry a descriptor. */
struct parcel {
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov;
	struct msghdr msg;
};

static struct msghdr *wrap(struct parcel *p, void *data, size_t bytes)
{
	*p = (struct parcel){ .iov = { data, bytes } };
	p->msg = (struct msghdr){
		.msg_iov = &p->iov,
		.msg_iovlen = 1,
		.msg_control = &p->control,
		.msg_controllen = sizeof(p->control),
	};
	return &p->msg;
}

/* @fd -1: none. Return: 0 or -errno. */
static int send_with(int to, const void *data, size_t bytes, int fd, int flags)
{
	struct parcel p;
	struct msghdr *msg = wrap(&p, (void *)data, bytes);

	if (fd >= 0) {
		p.control.head.cmsg_level = SOL_SOCKET;
		p.control.head.cmsg_type = SCM_RIGHTS;
		p.control.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&p.control.head), &fd, sizeof(int));
	} else {
		msg->msg_control = NULL;
		msg->msg_controllen = 0;
	}
	return sendmsg(to, msg, flags | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* @fd_ret: -1 if none came. Return: 0 or -errno; -EPIPE: the other side is gone. */
static int receive_with(int from, void *data, size_t bytes, int *fd_ret, int flags)
{
	struct parcel p;
	ssize_t n = recvmsg(from, wrap(&p, data, bytes), flags | MSG_CMSG_CLOEXEC);
	const struct cmsghdr *head;

	*fd_ret = -1;
	if (n < 0)
		return -errno;
	head = CMSG_FIRSTHDR(&p.msg);
	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
		memcpy(fd_ret, CMSG_DATA(head), sizeof(*fd_ret));
	return n == (ssize_t)bytes ? 0 : -EPIPE;
}

/* --- the child ----------------------------------------------------------- */

/* The table in a file of memory. Return: its descriptor or -errno. */
static int put_in_file(const struct pk_rows_blob *rows)
{
	int fd = memfd_create("pkprof-rows", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (write(fd, rows->data, rows->bytes) == (ssize_t)rows->bytes)
		return fd;
	close(fd);
	return -ENOSPC;
}

/* Return: descriptor of the table, or -errno. */
static int do_job(struct pk_rows_cache *cache, const struct pk_unwinder_job *job, int fd,
		  uint64_t *bytes_ret)
{
	struct pk_rows_blob rows = { 0 };
	struct pk_err err = { 0 };
	int ret;

	if (job->flags & PKPROF_ROWS_VDSO)
		ret = pk_rows_compile_vdso(&rows, NULL, &err);
	else
		ret = pk_rows_cached(cache, fd, "a mapped file", &rows, &err);
	if (ret)
		return ret;
	rows.data->dev = job->key.dev;
	rows.data->ino = job->key.ino;
	rows.data->gen = job->key.gen;
	rows.data->flags |= job->flags;
	*bytes_ret = rows.bytes;
	ret = put_in_file(&rows);
	pk_rows_release(&rows);
	return ret;
}

/* Does not return. */
static void run(const char *dir, int fd)
{
	const struct pk_rows_cache_opt opt = { .dir = dir };
	struct pk_rows_cache *cache = NULL;
	struct pk_unwinder_job job;
	struct pk_err err = { 0 };
	int file;

	pk_child_limits(MAX_CPU_S, MAX_ADDRESS_BYTES);
	/* above all the device: the session ends with the recorder, not with us */
	if (dup2(fd, 3) != 3 || close_range(4, ~0u, 0))
		_Exit(1);
	fd = 3;
	/* a cache only saves time */
	if (pk_rows_cache_open(&opt, &cache, &err))
		cache = NULL;
	while (!receive_with(fd, &job, sizeof(job), &file, 0)) {
		struct answer answer = { 0 };
		int table = do_job(cache, &job, file, &answer.bytes);

		answer.code = table < 0 ? table : 0;
		if (send_with(fd, &answer, sizeof(answer), table, 0))
			break;
		if (table >= 0)
			close(table);
	}
	_Exit(0);
}

/* --- the parent ---------------------------------------------------------- */

static int start_child(struct pk_unwinder *u)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	u->pid = fork();
	if (!u->pid) {
		close(pair[0]);
		run(u->cache, pair[1]);
	}
	close(pair[1]);
	if (u->pid < 0) {
		close(pair[0]);
		return -errno;
	}
	u->fd = pair[0];
	return 0;
}

static void end_child(struct pk_unwinder *u)
{
	if (u->fd < 0)
		return;
	close(u->fd);
	u->fd = -1;
	kill(u->pid, SIGKILL);
	waitpid(u->pid, NULL, 0);
}

int pk_unwinder_start(struct pk_unwinder *u, struct pk_source *s, const char *cache)
{
	const struct pk_unwinder_job vdso = { .flags = PKPROF_ROWS_VDSO, .fd = -1 };
	int ret;

	*u = (struct pk_unwinder){ .source = s, .cache = cache, .fd = -1 };
	if (!s->ops->take_rows)
		return 0;
	ret = start_child(u);
	if (!ret && pk_vec_add(&u->queue, vdso))
		ret = -ENOMEM;
	return ret;
}

/* Of jobs before @upto in the queue descriptors are closed already. */
static void forget_queue(struct pk_unwinder *u)
{
	for (size_t i = u->next; i < u->queue.nr; i++)
		if (u->queue.data[i].fd >= 0)
			close(u->queue.data[i].fd);
	u->queue.nr = u->next = 0;
}

void pk_unwinder_stop(struct pk_unwinder *u)
{
	end_child(u);
	forget_queue(u);
	pk_vec_deinit(&u->queue);
	pk_map64_deinit(&u->known);
}

static uint64_t hash_of(const struct pk_file_key *key, bool gen_known)
{
	uint64_t gen = gen_known ? 1ULL << 32 | key->gen : 0;

	return pk_hash64(key->ino ^ pk_hash64(key->dev ^ pk_hash64(gen)));
}

void pk_unwinder_add(struct pk_unwinder *u, const struct pk_file_key *key, bool gen_known, int fd)
{
	struct pk_unwinder_job job = {
		.key = *key,
		.flags = gen_known ? 0 : PKPROF_ROWS_ANY_GEN,
	};
	uint64_t hash = hash_of(key, gen_known);

	if (u->fd < 0 || pk_map64_get(&u->known, hash) != PK_MAP64_NONE)
		return;
	job.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (job.fd < 0)
		return;
	/* without memory it stays without rows, which its stacks will say */
	if (pk_map64_set(&u->known, hash, 1) || pk_vec_add(&u->queue, job))
		close(job.fd);
}

/* To the engine; the child may have sent anything, but only the engine looks at it. */
static int hand_over(struct pk_unwinder *u, const struct answer *a, int fd)
{
	void *rows;
	int ret;

	if (a->code)
		return a->code;
	rows = mmap(NULL, a->bytes, PROT_READ, MAP_SHARED, fd, 0);
	if (rows == MAP_FAILED)
		return -errno;
	ret = u->source->ops->take_rows(u->source, rows, a->bytes);
	munmap(rows, a->bytes);
	return ret;
}

static void take_answer(struct pk_unwinder *u, const struct answer *a, int fd)
{
	u->nr_open--;
	switch (hand_over(u, a, fd)) {
	case 0:
		u->stats.nr_tables++;
		u->stats.table_bytes += a->bytes;
		break;
	case -EEXIST: /* under another identity */
		break;
	case -ENOSPC:
		u->stats.nr_refused++;
		break;
	default:
		u->stats.nr_without++;
	}
}

/* The child is gone, and with it what it worked on and what was on its way to it. */
static void replace_child(struct pk_unwinder *u)
{
	end_child(u);
	u->stats.nr_without += u->nr_open;
	u->nr_open = 0;
	if (++u->stats.nr_deaths > MAX_DEATHS || start_child(u))
		forget_queue(u);
}

/* Return: -errno; -EAGAIN: no more at present. */
static int take_answers(struct pk_unwinder *u)
{
	struct answer a;
	int fd, ret;

	while (!(ret = receive_with(u->fd, &a, sizeof(a), &fd, MSG_DONTWAIT))) {
		take_answer(u, &a, fd);
		if (fd >= 0)
			close(fd);
	}
	return ret;
}

static int send_jobs(struct pk_unwinder *u)
{
	while (u->next < u->queue.nr) {
		const struct pk_unwinder_job *job = &u->queue.data[u->next];
		int ret = send_with(u->fd, job, sizeof(*job), job->fd, MSG_DONTWAIT);

		if (ret)
			return ret;
		if (job->fd >= 0)
			close(job->fd);
		u->stats.nr_files++;
		u->nr_open++;
		u->next++;
	}
	u->queue.nr = u->next = 0;
	return 0;
}

static bool is_fatal(int ret)
{
	/* ETOOMANYREFS: as many descriptors are on their way as may be */
	return ret && ret != -EAGAIN && ret != -EINTR && ret != -ETOOMANYREFS;
}

void pk_unwinder_work(struct pk_unwinder *u)
{
	if (u->fd >= 0 && (is_fatal(take_answers(u)) || is_fatal(send_jobs(u))))
		replace_child(u);
}

short pk_unwinder_events(const struct pk_unwinder *u)
{
	if (u->fd < 0)
		return 0;
	return POLLIN | (u->next < u->queue.nr ? POLLOUT : 0);
}

bool pk_unwinder_idle(const struct pk_unwinder *u)
{
	return u->fd < 0 || (u->next == u->queue.nr && !u->nr_open);
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

void pk_unwinder_wait(struct pk_unwinder *u, int stop_fd, unsigned int patience_ms)
{
	uint64_t until_ms = now_ms() + patience_ms, at_ms;

	while (!pk_unwinder_idle(u) && (at_ms = now_ms()) < until_ms) {
		/* another child may have another descriptor */
		struct pollfd fds[] = {
			{ .fd = u->fd, .events = pk_unwinder_events(u) },
			{ .fd = stop_fd, .events = POLLIN },
		};

		if (poll(fds, 2, until_ms - at_ms) < 0 || fds[1].revents)
			return;
		pk_unwinder_work(u);
	}
}
