// SPDX-License-Identifier: GPL-2.0-or-later
/* Questions to a confined child; see errand.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/errand.h"

#define MS	1000000ULL
#define LOOK_MS 200
/* A child that sleeps uses no CPU time. Much more than that, for a machine with other work. */
#define WALL_FACTOR 6
#define CHILD_CPU_S 300
/* After so much of it a child makes room for another, so that no file pays for those before. */
#define CHILD_SPENT_NS (120 * 1000 * MS)

enum message {
	QUESTION, /* with the file */
	ANSWER,	  /* int32_t: 0 or -errno, then what there is to be said */
};

/* ---- in the child -------------------------------------------------------------------- */

static int answer_one(const struct pk_errands *e, int to, int file, const struct pk_strbuf *body)
{
	struct pk_strbuf out = { 0 };
	int32_t code = 0;
	int ret;

	pk_strbuf_add(&out, &code, sizeof(code));
	code = e->run(file, body->data, body->len, &out);
	/* its limit, not the memory of who asks */
	if (pk_strbuf_failed(&out) || code == -ENOMEM)
		code = -EFBIG;
	if (!code)
		ret = pk_channel_send(to, ANSWER, out.data, out.len);
	else
		ret = pk_channel_send(to, ANSWER, &code, sizeof(code));
	pk_strbuf_deinit(&out);
	return ret;
}

static void serve(void *ctx, int fd)
{
	const struct pk_errands *e = ctx;
	struct pk_strbuf body = { 0 };
	int file, ret = 0;
	uint32_t kind;

	while (!ret && !pk_channel_receive(fd, &kind, &body, &file) && file >= 0)
		ret = answer_one(e, fd, file, &body);
	pk_strbuf_deinit(&body);
}

/* ---- in the parent --------------------------------------------------------------------- */

void pk_errands_end(struct pk_errands *e)
{
	pk_confined_end(&e->child);
	e->is_spent = false;
}

static int make_ready(struct pk_errands *e, int file)
{
	const struct pk_confined_config cfg = {
		.cpu_s = CHILD_CPU_S,
		.memory_bytes = e->memory_bytes,
		.serve = serve,
		.ctx = e,
	};
	struct stat st;

	if (fstat(file, &st))
		return -errno;
	if (e->is_spent || st.st_uid != e->owner)
		pk_errands_end(e);
	e->owner = st.st_uid;
	return e->child.pid ? 0 : pk_confined_start(&e->child, &cfg);
}

/* The answer, as it lies in the channel. */
static int await(struct pk_errands *e, uint32_t *kind, const char **data, size_t *bytes)
{
	uint64_t cpu_ns = pk_confined_cpu_ns(&e->child), start_ns = pk_monotonic_ns();
	struct pollfd fd = { .fd = e->child.channel.fd };
	int ret, dead = 0;

	for (;;) {
		/* what it said before it died counts */
		ret = pk_channel_take(&e->child.channel, e->max_answer_bytes + sizeof(int32_t),
				      kind, data, bytes);
		if (ret != -EAGAIN)
			return ret == -ENOMEM ? ret : ret ? -EIO : 0;
		if (dead)
			return dead == -ENOMEM ? dead : -EIO;
		if (pk_confined_cpu_ns(&e->child) > cpu_ns + e->cpu_ms * MS ||
		    pk_monotonic_ns() > start_ns + e->cpu_ms * MS * WALL_FACTOR)
			return -ETIME;
		fd.events = pk_channel_events(&e->child.channel);
		if (poll(&fd, 1, LOOK_MS) > 0)
			dead = pk_channel_work(&e->child.channel);
	}
}

static int take_answer(struct pk_errands *e, struct pk_strbuf *answer)
{
	const char *data;
	uint32_t kind;
	size_t bytes;
	int32_t code;
	int ret = await(e, &kind, &data, &bytes);

	if (ret)
		return ret;
	if (kind != ANSWER || bytes < sizeof(code))
		return -EIO;
	memcpy(&code, data, sizeof(code));
	if (code)
		return code < 0 ? code : -EIO;
	pk_strbuf_add(answer, data + sizeof(code), bytes - sizeof(code));
	return pk_strbuf_failed(answer) ? -ENOMEM : 0;
}

int pk_errand(struct pk_errands *e, int file, const void *question, size_t bytes,
	      struct pk_strbuf *answer)
{
	int ret = make_ready(e, file), fd;

	if (ret)
		return ret;
	fd = fcntl(file, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return -errno;
	ret = pk_channel_put(&e->child.channel, QUESTION, question, bytes, fd);
	if (!ret)
		ret = take_answer(e, answer);
	else if (ret != -ENOMEM)
		ret = -EIO;
	/* after a refusal in its own words the child is as good as before */
	e->is_spent = ret == -EIO || ret == -ETIME || ret == -ENOMEM ||
		      pk_confined_cpu_ns(&e->child) > CHILD_SPENT_NS;
	return ret;
}
