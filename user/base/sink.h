/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Buffered output to a descriptor: writers append to the buffer and let it
 * drain now and then, so that outputs larger than memory stream through.
 * The first failure is remembered and ends the output.
 */
#ifndef PK_SINK_H
#define PK_SINK_H

#include "base/err.h"
#include "base/strbuf.h"

#define PK_SINK_BYTES (256u << 10)	/* buffered before a write */

struct pk_sink {
	struct pk_strbuf buf;
	int fd;			/* not closed by the sink; -1: keep all in buf */
	int code;		/* -errno of the first failed write, else 0 */
	uint64_t bytes;		/* written so far */
};

static inline struct pk_sink pk_sink_of(int fd)
{
	return (struct pk_sink){ .fd = fd };
}
void pk_sink_deinit(struct pk_sink *s);
/* Write out what is buffered; 0 or -errno of this or an earlier failure. */
int pk_sink_flush(struct pk_sink *s);
/* The same once enough is buffered: call it after each record. */
static inline int pk_sink_drain(struct pk_sink *s)
{
	return s->buf.len < PK_SINK_BYTES || s->fd < 0 ? s->code : pk_sink_flush(s);
}

#endif
