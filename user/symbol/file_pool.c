// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files handed out to confined children; see file_pool.h. Each child has one file at a time, and
 * either owes an answer or waits for a debug file.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/confined.h"
#include "symbol/debug_fetch.h"
#include "symbol/file_pool.h"
#include "symbol/file_worker.h"

#define MS 1000000ULL

#define DEFAULT_FILE_CPU_MS 30000
#define DEFAULT_SERVERS_MS  120000
/* A child that sleeps uses no CPU time. Much more than that, for a machine with other work. */
#define WALL_FACTOR 6
#define CHILD_CPU_S 300
/* After so much of it a child makes room for another, so that no file pays for those before. */
#define CHILD_SPENT_NS	   (120 * 1000 * MS)
#define CHILD_MEMORY_BYTES (512ULL << 20)
/* Of files that are read at the same time; one alone may be larger. */
#define FILES_BYTES	 (512ULL << 20)
#define LOOK_MS		 200

enum child_state {
	IDLE,
	READING,
	WANTS_SERVER, /* in the queue for servers */
	AT_SERVER,    /* its question was put */
};

struct child {
	struct pk_confined process;
	enum child_state state;
	struct pk_file_task *task;
	struct pk_debug_wish wish;
	unsigned int place; /* of debug files: looked at up to here */
	unsigned int nr_wishes;
	bool asked_server;
	uint32_t owner;		   /* of the files that it was given */
	uint64_t cpu_ns, start_ns; /* when it got the file */
};

struct pool {
	const struct pk_file_pool_config *cfg;
	struct pk_file_pool_stats *stats;
	struct pk_file_task *tasks;
	size_t nr, next; /* tasks; next to be handed out */
	struct child children[PK_FILE_POOL_MAX];
	unsigned int nr_children;
	struct pk_file_task *again[PK_FILE_POOL_MAX]; /* go before the others: one child's each */
	unsigned int nr_again;
	uint64_t bytes; /* of files in the children's hands */
	struct pk_debug_fetch fetch;
	uint64_t fetch_start_ns, fetch_spent_ns;
	bool no_servers;
};

static int compare_tasks(const void *a, const void *b)
{
	const struct pk_file_task *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	return x->nr > y->nr ? -1 : x->nr < y->nr;
}

/* ---- children ------------------------------------------------------------------------- */

static int start_child(struct pool *p, struct child *c)
{
	const struct pk_confined_config cfg = {
		.cpu_s = CHILD_CPU_S,
		.memory_bytes = CHILD_MEMORY_BYTES,
		.serve = p->cfg->serve ? p->cfg->serve : pk_file_worker,
		.ctx = p->cfg->ctx,
	};

	p->stats->nr_children++;
	return pk_confined_start(&c->process, &cfg);
}

/* Its file is done with, one way or the other. */
static int finish(struct pool *p, struct child *c, int code, const struct pk_answer *a)
{
	const struct pk_file_task *t = c->task;

	c->state = IDLE;
	c->task = NULL;
	p->bytes -= t->bytes;
	return p->cfg->done(p->cfg->ctx, t, code, a);
}

/* It goes, and costs the file that it had: its lines, or if those were not wanted its names. */
static int give_up(struct pool *p, struct child *c, unsigned int *count)
{
	if (c->state == AT_SERVER) {
		/* nobody waits for that answer, which must not go to another one */
		pk_debug_fetch_end(&p->fetch);
		p->fetch_spent_ns += pk_monotonic_ns() - p->fetch_start_ns;
	}
	++*count;
	pk_confined_end(&c->process);
	if (!c->task->lines)
		return finish(p, c, -EIO, NULL);
	c->task->lines = false;
	p->again[p->nr_again++] = c->task;
	p->bytes -= c->task->bytes;
	c->state = IDLE;
	c->task = NULL;
	return 0;
}

static int send_job(struct child *c, int file)
{
	const struct pk_file_task *t = c->task;
	struct pk_file_job_head head = { .nr = t->nr, .build_id_len = t->build_id_len,
					 .lines = t->lines };
	struct pk_strbuf b = { 0 };
	int ret;

	memcpy(head.build_id, t->build_id, sizeof(head.build_id));
	pk_strbuf_add(&b, &head, sizeof(head));
	pk_strbuf_add(&b, t->off, t->nr * sizeof(*t->off));
	if (pk_strbuf_failed(&b)) {
		close(file);
		ret = -ENOMEM;
	} else {
		ret = pk_channel_put(&c->process.channel, PK_FILE_JOB, b.data, b.len, file);
	}
	pk_strbuf_deinit(&b);
	return ret;
}

static int hand_out(struct pool *p, struct child *c, struct pk_file_task *t)
{
	int file = p->cfg->open(p->cfg->ctx, t), ret = 0;

	if (file < 0)
		return p->cfg->done(p->cfg->ctx, t, file, NULL);
	/* a file may take over its child, and then answer for the files that follow */
	if (c->process.pid && c->owner != t->owner)
		pk_confined_end(&c->process);
	if (!c->process.pid)
		ret = start_child(p, c);
	c->owner = t->owner;
	c->state = READING;
	c->task = t;
	c->place = c->nr_wishes = 0;
	c->asked_server = false;
	c->start_ns = pk_monotonic_ns();
	c->cpu_ns = pk_confined_cpu_ns(&c->process);
	p->bytes += t->bytes;
	if (ret)
		close(file);
	else
		ret = send_job(c, file);
	return ret ? give_up(p, c, &p->stats->nr_died) : 0;
}

static struct pk_file_task *next_task(struct pool *p)
{
	if (p->nr_again)
		return p->again[p->nr_again - 1];
	return p->next < p->nr ? &p->tasks[p->next] : NULL;
}

static struct pk_file_task *take_task(struct pool *p)
{
	return p->nr_again ? p->again[--p->nr_again] : &p->tasks[p->next++];
}

/* Dearest first, so that none of them is what all wait for in the end. */
static int hand_out_all(struct pool *p)
{
	int ret = 0;

	for (unsigned int i = 0; !ret && i < p->nr_children; i++) {
		struct child *c = &p->children[i];

		while (!ret && c->state == IDLE && next_task(p)) {
			if (p->bytes && p->bytes + next_task(p)->bytes > FILES_BYTES)
				return 0;
			ret = hand_out(p, c, take_task(p));
		}
	}
	return ret;
}

static unsigned int nr_busy(const struct pool *p)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < p->nr_children; i++)
		nr += p->children[i].state != IDLE;
	return nr;
}

/* ---- debug files ------------------------------------------------------------------------ */

/* @file -1: there is none. */
static int give_debug_file(struct pool *p, struct child *c, int file)
{
	int ret;

	c->state = READING;
	ret = pk_channel_put(&c->process.channel, PK_FILE_DEBUG, NULL, 0, file);
	return ret ? give_up(p, c, &p->stats->nr_died) : 0;
}

static bool may_ask_server(const struct pool *p, const struct child *c)
{
	return p->cfg->where->servers && !p->no_servers && !c->asked_server && c->wish.servers &&
	       c->wish.build_id_len;
}

/* False: it makes no sense. */
static bool take_wish(struct child *c, const char *data, size_t bytes)
{
	bool shared = c->nr_wishes && c->wish.shared;

	if (bytes != sizeof(c->wish) || ++c->nr_wishes > 2 * (PK_DEBUG_MAX_PLACES + 2))
		return false;
	memcpy(&c->wish, data, sizeof(c->wish));
	/* another file than that before, at other places */
	if (c->wish.shared != shared)
		c->place = 0;
	return c->wish.build_id_len <= sizeof(c->wish.build_id) &&
	       memchr(c->wish.link, '\0', sizeof(c->wish.link));
}

static int answer_wish(struct pool *p, struct child *c)
{
	int file = pk_debug_open_next(p->cfg->where, &c->wish, c->task->path, &c->place);

	if (file < 0 && may_ask_server(p, c)) {
		c->state = WANTS_SERVER;
		return 0;
	}
	return give_debug_file(p, c, file);
}

/* No more of them; who waits for one gets none. */
static int end_servers(struct pool *p)
{
	int ret = 0;

	pk_debug_fetch_end(&p->fetch);
	p->no_servers = true;
	for (unsigned int i = 0; !ret && i < p->nr_children; i++)
		if (p->children[i].state == WANTS_SERVER || p->children[i].state == AT_SERVER)
			ret = give_debug_file(p, &p->children[i], -1);
	return ret;
}

static uint64_t servers_left_ns(const struct pool *p)
{
	uint64_t all_ns = (p->cfg->servers_ms ? p->cfg->servers_ms : DEFAULT_SERVERS_MS) * MS;

	return all_ns > p->fetch_spent_ns ? all_ns - p->fetch_spent_ns : 0;
}

/* @at: who has a question at the servers, or NULL; @wants: who has one for them. */
static int ask_server(struct pool *p, struct child *wants)
{
	int ret = p->fetch.pid ? 0 : pk_debug_fetch_start(&p->fetch);

	if (!ret)
		ret = pk_debug_fetch_ask(&p->fetch, &wants->wish);
	if (ret)
		return end_servers(p);
	p->stats->nr_asked++;
	p->fetch_start_ns = pk_monotonic_ns();
	wants->asked_server = true;
	wants->state = AT_SERVER;
	return 0;
}

static int take_from_server(struct pool *p, struct child *at)
{
	uint64_t spent_ns = pk_monotonic_ns() - p->fetch_start_ns;
	int file, ret = pk_debug_fetch_take(&p->fetch, &file);

	if (ret == -EAGAIN || ret == -EINTR) {
		if (spent_ns < servers_left_ns(p))
			return 0;
		p->stats->servers_gave_up = true;
		return end_servers(p);
	}
	p->fetch_spent_ns += spent_ns;
	at->start_ns = pk_monotonic_ns();
	if (!ret)
		return give_debug_file(p, at, file);
	pk_debug_fetch_end(&p->fetch);
	return give_debug_file(p, at, -1);
}

static struct child *child_that(struct pool *p, enum child_state state)
{
	for (unsigned int i = 0; i < p->nr_children; i++)
		if (p->children[i].state == state)
			return &p->children[i];
	return NULL;
}

static int work_servers(struct pool *p)
{
	struct child *at = child_that(p, AT_SERVER), *wants;
	int ret = at ? take_from_server(p, at) : 0;

	if (ret || child_that(p, AT_SERVER))
		return ret;
	wants = child_that(p, WANTS_SERVER);
	return wants ? ask_server(p, wants) : 0;
}

/* ---- answers ---------------------------------------------------------------------------- */

static int take_answer(struct pool *p, struct child *c, const char *data, size_t bytes)
{
	const struct pk_file_task *t = c->task;
	struct pk_answer a;
	int32_t code = -EIO;
	int ret;

	if (bytes >= sizeof(code))
		memcpy(&code, data, sizeof(code));
	if (code == -ESTALE || code == -ENOMEM)
		return finish(p, c, code, NULL);
	ret = code ? -EBADMSG
		   : pk_answer_decode(data + sizeof(code), bytes - sizeof(code), t->nr, &a);
	if (ret == -ENOMEM)
		return finish(p, c, ret, NULL);
	if (!ret && !pk_answer_fits(&a, t->off, t->nr)) {
		pk_answer_deinit(&a);
		ret = -EBADMSG;
	}
	if (ret)
		return give_up(p, c, &p->stats->nr_lied);
	ret = finish(p, c, 0, &a);
	pk_answer_deinit(&a);
	if (pk_confined_cpu_ns(&c->process) > CHILD_SPENT_NS)
		pk_confined_end(&c->process);
	return ret;
}

static int take_message(struct pool *p, struct child *c)
{
	size_t max_bytes = pk_file_answer_max(c->task->nr) +
			   (c->task->lines ? pk_file_lines_max(c->task->nr) : 0);
	const char *data;
	uint32_t kind;
	size_t bytes;
	int ret = pk_channel_take(&c->process.channel, max_bytes, &kind, &data, &bytes);

	if (ret == -EAGAIN)
		return 0;
	/* it speaks when it is asked, and says what there is to be said */
	if (ret || c->state != READING)
		return give_up(p, c, &p->stats->nr_lied);
	if (kind == PK_FILE_ANSWER)
		return take_answer(p, c, data, bytes);
	if (kind == PK_FILE_WISH && take_wish(c, data, bytes))
		return answer_wish(p, c);
	return give_up(p, c, &p->stats->nr_lied);
}

static bool is_slow(const struct pool *p, const struct child *c)
{
	uint64_t max_ns = (p->cfg->file_cpu_ms ? p->cfg->file_cpu_ms : DEFAULT_FILE_CPU_MS) * MS;

	/* what it waits for is not its fault */
	return c->state == READING && (pk_confined_cpu_ns(&c->process) > c->cpu_ns + max_ns ||
				       pk_monotonic_ns() > c->start_ns + max_ns * WALL_FACTOR);
}

static int work_child(struct pool *p, struct child *c, short events)
{
	int ret;

	if (c->state == IDLE)
		return 0;
	ret = events ? pk_channel_work(&c->process.channel) : 0;
	if (ret == -ENOMEM)
		return ret;
	/* what it said before it died counts */
	if (c->process.channel.in.len) {
		int code = take_message(p, c);

		if (code || c->state == IDLE || !c->process.pid)
			return code;
	}
	if (ret)
		return give_up(p, c, &p->stats->nr_died);
	return is_slow(p, c) ? give_up(p, c, &p->stats->nr_slow) : 0;
}

/* ---- all of it --------------------------------------------------------------------------- */

static int wait_for_children(struct pool *p)
{
	struct pollfd fds[PK_FILE_POOL_MAX + 1];
	int ret;

	for (unsigned int i = 0; i < p->nr_children; i++) {
		const struct child *c = &p->children[i];

		fds[i] = (struct pollfd){ .fd = c->state == IDLE ? -1 : c->process.channel.fd };
		fds[i].events = pk_channel_events(&c->process.channel);
	}
	fds[p->nr_children] = (struct pollfd){ .fd = p->fetch.fd, .events = POLLIN };
	if (poll(fds, p->nr_children + 1, LOOK_MS) < 0 && errno != EINTR)
		return -errno;
	ret = work_servers(p);
	for (unsigned int i = 0; !ret && i < p->nr_children; i++)
		ret = work_child(p, &p->children[i], fds[i].fd >= 0 ? fds[i].revents : 0);
	return ret;
}

static unsigned int default_children(void)
{
	long nr = sysconf(_SC_NPROCESSORS_ONLN);

	return nr < 1 ? 1 : nr;
}

int pk_file_pool_run(const struct pk_file_pool_config *cfg, struct pk_file_task *tasks, size_t nr,
		     struct pk_file_pool_stats *ret)
{
	struct pool *p = calloc(1, sizeof(*p));
	int code = 0;

	*ret = (struct pk_file_pool_stats){ 0 };
	if (!p)
		return -ENOMEM;
	*p = (struct pool){
		.cfg = cfg,
		.stats = ret,
		.tasks = tasks,
		.nr = nr,
		.fetch = { .fd = -1 },
		.nr_children = cfg->max_children ? cfg->max_children : default_children(),
	};
	if (p->nr_children > PK_FILE_POOL_MAX)
		p->nr_children = PK_FILE_POOL_MAX;
	if (nr)
		qsort(tasks, nr, sizeof(*tasks), compare_tasks);
	code = hand_out_all(p);
	while (!code && (nr_busy(p) || next_task(p))) {
		code = wait_for_children(p);
		if (!code)
			code = hand_out_all(p);
	}
	for (unsigned int i = 0; i < p->nr_children; i++)
		pk_confined_end(&p->children[i].process);
	pk_debug_fetch_end(&p->fetch);
	free(p);
	return code;
}
