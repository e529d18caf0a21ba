// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages to and from confined children; see channel.h. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/channel.h"

#define READ_BYTES (64u << 10)

struct head {
	uint32_t kind;
	uint32_t bytes; /* that follow */
};

/* Room for one descriptor beside a message. */
union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int))];
};

/* As write(2). */
static ssize_t write_some(int to, const void *data, size_t bytes, int passed_fd, int flags)
{
	struct iovec iov = { (void *)data, bytes };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	union control control = { 0 };

	if (passed_fd >= 0) {
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.head), &passed_fd, sizeof(int));
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
	}
	return sendmsg(to, &msg, flags | MSG_NOSIGNAL);
}

/* ---- the child's end ---------------------------------------------------------------- */

static int write_all(int fd, const void *data, size_t bytes)
{
	while (bytes) {
		ssize_t n = write_some(fd, data, bytes, -1, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data = (const char *)data + n;
		bytes -= n;
	}
	return 0;
}

int pk_channel_send(int fd, uint32_t kind, const void *data, size_t bytes)
{
	const struct head h = { kind, bytes };
	int ret = bytes > UINT32_MAX ? -EFBIG : write_all(fd, &h, sizeof(h));

	return ret ? ret : write_all(fd, data, bytes);
}

/* As read(2); *fd_ret changes only when a descriptor comes. */
static ssize_t read_some(int from, void *data, size_t bytes, int *fd_ret)
{
	struct iovec iov = { data, bytes };
	union control control;
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(from, &msg, MSG_CMSG_CLOEXEC);
	const struct cmsghdr *head = n < 0 ? NULL : CMSG_FIRSTHDR(&msg);

	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
		memcpy(fd_ret, CMSG_DATA(head), sizeof(*fd_ret));
	return n;
}

static int read_all(int fd, void *data, size_t bytes, int *fd_ret)
{
	while (bytes) {
		ssize_t n = read_some(fd, data, bytes, fd_ret);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EPIPE;
		data = (char *)data + n;
		bytes -= n;
	}
	return 0;
}

int pk_channel_receive(int fd, uint32_t *kind_ret, struct pk_strbuf *body, int *fd_ret)
{
	struct head h;
	int ret;

	*fd_ret = -1;
	ret = read_all(fd, &h, sizeof(h), fd_ret);
	if (ret)
		return ret;
	*kind_ret = h.kind;
	pk_strbuf_clear(body);
	ret = pk_strbuf_reserve(body, h.bytes);
	if (!ret)
		ret = read_all(fd, body->data, h.bytes, fd_ret);
	body->len = h.bytes;
	return ret;
}

/* ---- the parent's end ----------------------------------------------------------------- */

static void close_passed(struct pk_channel *c)
{
	if (c->passed_fd >= 0)
		close(c->passed_fd);
	c->passed_fd = -1;
}

void pk_channel_deinit(struct pk_channel *c)
{
	close_passed(c);
	if (c->fd >= 0)
		close(c->fd);
	pk_strbuf_deinit(&c->in);
	pk_strbuf_deinit(&c->out);
	*c = pk_channel_of(-1);
}

/* 0, also when not all of it is gone; or -errno. */
static int send_more(struct pk_channel *c)
{
	while (c->sent < c->out.len) {
		ssize_t n = write_some(c->fd, c->out.data + c->sent, c->out.len - c->sent,
				       c->passed_fd, MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		/* ETOOMANYREFS: as many descriptors are on their way as may be */
		if (n < 0)
			return errno == EAGAIN || errno == ETOOMANYREFS ? 0 : -errno;
		close_passed(c);
		c->sent += n;
	}
	pk_strbuf_clear(&c->out);
	c->sent = 0;
	return 0;
}

int pk_channel_put(struct pk_channel *c, uint32_t kind, const void *data, size_t bytes,
		   int passed_fd)
{
	const struct head h = { kind, bytes };

	if (bytes > UINT32_MAX || (passed_fd >= 0 && c->out.len)) {
		if (passed_fd >= 0)
			close(passed_fd);
		return -EINVAL;
	}
	if (passed_fd >= 0)
		c->passed_fd = passed_fd;
	pk_strbuf_add(&c->out, &h, sizeof(h));
	pk_strbuf_add(&c->out, data, bytes);
	return pk_strbuf_failed(&c->out) ? -ENOMEM : send_more(c);
}

short pk_channel_events(const struct pk_channel *c)
{
	return POLLIN | (c->sent < c->out.len ? POLLOUT : 0);
}

/* What was taken makes room. */
static void drop_taken(struct pk_channel *c)
{
	if (!c->taken)
		return;
	memmove(c->in.data, c->in.data + c->taken, c->in.len - c->taken);
	c->in.len -= c->taken;
	c->taken = 0;
}

int pk_channel_work(struct pk_channel *c)
{
	int ret = send_more(c);
	ssize_t n;

	if (ret)
		return ret;
	drop_taken(c);
	if (pk_strbuf_reserve(&c->in, READ_BYTES))
		return -ENOMEM;
	n = recv(c->fd, c->in.data + c->in.len, READ_BYTES, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	c->in.len += n;
	return n ? 0 : -EPIPE;
}

int pk_channel_take(struct pk_channel *c, size_t max_bytes, uint32_t *kind_ret,
		    const char **data_ret, size_t *bytes_ret)
{
	size_t there = c->in.len - c->taken;
	struct head h;

	if (there < sizeof(h))
		return -EAGAIN;
	memcpy(&h, c->in.data + c->taken, sizeof(h));
	if (h.bytes > max_bytes)
		return -EBADMSG;
	if (there - sizeof(h) < h.bytes)
		return -EAGAIN;
	*kind_ret = h.kind;
	*data_ret = c->in.data + c->taken + sizeof(h);
	*bytes_ret = h.bytes;
	c->taken += sizeof(h) + h.bytes;
	return 0;
}
