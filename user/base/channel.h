/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages between a process and a confined child, over a pair of stream sockets: a kind, some
 * bytes, and downwards at times a descriptor. The child waits for what it asks for. The parent
 * never waits, and believes nothing of what comes up but that it is no longer than it allows.
 */
#ifndef PK_CHANNEL_H
#define PK_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

/* ---- the child's end: blocking ------------------------------------------------------ */

/* 0 or -errno; -EPIPE: the parent is gone. */
int pk_channel_send(int fd, uint32_t kind, const void *data, size_t bytes);
/*
 * The next message into @body, which is cleared before. *fd_ret: the descriptor that came along,
 * or -1. 0, -EPIPE: the parent is gone, -ENOMEM or -errno.
 */
int pk_channel_receive(int fd, uint32_t *kind_ret, struct pk_strbuf *body, int *fd_ret);

/* ---- the parent's end: never waits --------------------------------------------------- */

struct pk_channel {
	int fd;				/* -1: closed */
	struct pk_strbuf in, out;
	size_t taken, sent;		/* bytes of in that were read, of out that are gone */
	int passed_fd;			/* goes with the first byte of out, -1: none */
};

static inline struct pk_channel pk_channel_of(int fd)
{
	return (struct pk_channel){ .fd = fd, .passed_fd = -1 };
}
/* Closes it; all-zero is not fine, pk_channel_of(-1) is. */
void pk_channel_deinit(struct pk_channel *c);

/*
 * Send a message, or as much of it as fits, after what was sent before. @passed_fd is taken
 * over, also on failure; with one, nothing may be waiting to be sent. 0, -ENOMEM or -errno.
 */
int pk_channel_put(struct pk_channel *c, uint32_t kind, const void *data, size_t bytes,
		   int passed_fd);
/* What is to be waited for, for poll(). */
short pk_channel_events(const struct pk_channel *c);
/* Go on with sending, read what is there. 0 or -errno; -EPIPE: the child is gone. */
int pk_channel_work(struct pk_channel *c);
/*
 * The next message, whose bytes stay until the next call: 0; -EAGAIN: not there yet; -EBADMSG:
 * longer than @max_bytes. After -EBADMSG the channel is of no use any more.
 */
int pk_channel_take(struct pk_channel *c, size_t max_bytes, uint32_t *kind_ret,
		    const char **data_ret, size_t *bytes_ret);

#endif
