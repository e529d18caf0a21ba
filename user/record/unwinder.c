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
#include <unistd.h>

#include "base/clock.h"
#include "base/confined.h"
#include "base/parcel.h"
#include "base/unit.h"
#include "record/child.h"
#include "record/unwinder.h"
#include "unwind/cache.h"
#include "unwind/compile.h"

#define MAX_DEATHS	  8	       /* then it is left at that */
#define MAX_CPU_S	  300	       /* of one child */
#define MAX_FILE_S	  60	       /* of one file */
#define MAX_ADDRESS_BYTES (1ULL << 30) /* of its address space */

struct answer {
	int code;	/* 0 or -errno; 0: with a descriptor of the table */
	uint64_t bytes; /* of the table */
};

/* --- the compiler: a child of the child, without rights ----------------------- */

enum message {
	COMPILE,	/* int32_t: is it the vDSO; else with the file */
	ROWS,		/* int32_t: 0 or -errno, then a table */
};

static int compile(const struct pk_strbuf *job, int file, struct pk_rows_blob *ret)
{
	struct pk_err err = { 0 };
	int32_t is_vdso;

	if (job->len != sizeof(is_vdso))
		return -EINVAL;
	memcpy(&is_vdso, job->data, sizeof(is_vdso));
	if (is_vdso)
		return pk_rows_compile_vdso(ret, NULL, &err);
	return file < 0 ? -EINVAL : pk_rows_compile(file, "a mapped file", ret, NULL, &err);
}

static void serve(void *ctx, int fd)
{
	struct pk_strbuf job = { 0 }, answer = { 0 };
	int32_t code = 0;
	uint32_t kind;
	int file;

	(void)ctx;
	while (!pk_channel_receive(fd, &kind, &job, &file)) {
		struct pk_rows_blob rows = { 0 };

		code = compile(&job, file, &rows);
		pk_strbuf_clear(&answer);
		pk_strbuf_add(&answer, &code, sizeof(code));
		if (!code)
			pk_strbuf_add(&answer, rows.data, rows.bytes);
		pk_rows_release(&rows);
		if (pk_strbuf_failed(&answer) ||
		    pk_channel_send(fd, ROWS, answer.data, answer.len))
			break;
	}
	pk_strbuf_deinit(&job);
	pk_strbuf_deinit(&answer);
}

struct compiler {
	struct pk_confined process;
	unsigned int nr_deaths;
};

/* The answer of the compiler, which stays until the next one. Return: -EIO: it gave none. */
static int await_rows(struct compiler *c, const char **data_ret, size_t *bytes_ret)
{
	struct pk_channel *channel = &c->process.channel;
	uint64_t until_ns = pk_monotonic_ns() + MAX_FILE_S * PK_NS_PER_S;
	uint32_t kind;
	int ret;

	while ((ret = pk_channel_take(channel, sizeof(int32_t) + PK_ROWS_MAX_BYTES, &kind,
				      data_ret, bytes_ret)) == -EAGAIN) {
		struct pollfd fd = { .fd = channel->fd, .events = pk_channel_events(channel) };
		uint64_t at_ns = pk_monotonic_ns();

		if (at_ns >= until_ns || poll(&fd, 1, (until_ns - at_ns) / 1000000 + 1) < 0)
			return -EIO;
		ret = pk_channel_work(channel);
		/* what it said before it died counts */
		if (ret && channel->in.len <= channel->taken)
			return -EIO;
	}
	return ret || kind != ROWS || *bytes_ret < sizeof(int32_t) ? -EIO : 0;
}

static int take_rows(const char *data, size_t bytes, struct pk_rows_blob *ret)
{
	int32_t code;

	memcpy(&code, data, sizeof(code));
	if (code)
		return code < 0 ? code : -EIO;
	bytes -= sizeof(code);
	if (!bytes)
		return -EIO;
	ret->data = malloc(bytes);
	if (!ret->data)
		return -ENOMEM;
	memcpy(ret->data, data + sizeof(code), bytes);
	ret->bytes = bytes;
	if (pk_rows_valid(ret->data, bytes))
		return 0;
	pk_rows_release(ret);
	return -EIO;
}

/* @file is taken over; -1: the vDSO. A compiler that fails is replaced for the next file. */
static int ask_compiler(struct compiler *c, int file, struct pk_rows_blob *ret)
{
	const struct pk_confined_config cfg = { MAX_CPU_S, MAX_ADDRESS_BYTES, serve, NULL };
	int32_t is_vdso = file < 0;
	const char *data;
	size_t bytes;
	int code = 0;

	if (!c->process.pid)
		code = c->nr_deaths > MAX_DEATHS ? -EIO : pk_confined_start(&c->process, &cfg);
	if (code) {
		if (file >= 0)
			close(file);
		return code;
	}
	code = pk_channel_put(&c->process.channel, COMPILE, &is_vdso, sizeof(is_vdso), file);
	if (!code)
		code = await_rows(c, &data, &bytes);
	if (!code)
		code = take_rows(data, bytes, ret);
	if (code == -EIO || code == -EPIPE) {
		c->nr_deaths++;
		pk_confined_end(&c->process);
	}
	return code;
}

static int make_rows(void *ctx, int fd, struct pk_rows_blob *ret, struct pk_err *err)
{
	int code = ask_compiler(ctx, fd, ret);

	return code ? pk_err_set(err, code, "no unwind rows") : 0;
}

/* --- the child: knows the cache, and never looks into a file itself -------------- */

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
static int do_job(struct pk_rows_cache *cache, struct compiler *c,
		  const struct pk_unwinder_job *job, int fd, uint64_t *bytes_ret)
{
	const struct pk_rows_maker maker = { make_rows, c };
	struct pk_rows_blob rows = { 0 };
	struct pk_err err = { 0 };
	int ret;

	if (job->flags & PKPROF_ROWS_VDSO)
		ret = ask_compiler(c, -1, &rows);
	else if (fd < 0)
		ret = -EBADF;
	else
		ret = pk_rows_cached(cache, fd, &maker, "a mapped file", &rows, &err);
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
	struct compiler compiler = { 0 };
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
	while (!pk_parcel_receive(fd, &job, sizeof(job), &file, 0)) {
		struct answer answer = { 0 };
		int table = do_job(cache, &compiler, &job, file, &answer.bytes);

		answer.code = table < 0 ? table : 0;
		if (pk_parcel_send(fd, &answer, sizeof(answer), table, 0))
			break;
		if (table >= 0)
			close(table);
	}
	pk_confined_end(&compiler.process);
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

	while (!(ret = pk_parcel_receive(u->fd, &a, sizeof(a), &fd, MSG_DONTWAIT))) {
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
		int ret = pk_parcel_send(u->fd, job, sizeof(*job), job->fd, MSG_DONTWAIT);

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

void pk_unwinder_wait(struct pk_unwinder *u, int stop_fd, unsigned int patience_ms)
{
	uint64_t until_ns = pk_monotonic_ns() + patience_ms * PK_NS_PER_MS, at_ns;

	while (!pk_unwinder_idle(u) && (at_ns = pk_monotonic_ns()) < until_ns) {
		/* another child may have another descriptor */
		struct pollfd fds[] = {
			{ .fd = u->fd, .events = pk_unwinder_events(u) },
			{ .fd = stop_fd, .events = POLLIN },
		};

		if (poll(fds, 2, (until_ns - at_ns) / PK_NS_PER_MS + 1) < 0 || fds[1].revents)
			return;
		pk_unwinder_work(u);
	}
}
