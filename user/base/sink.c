// SPDX-License-Identifier: GPL-2.0-or-later
/* Buffered output to a descriptor; see sink.h. */
#include <errno.h>
#include <unistd.h>

#include "base/sink.h"

void pk_sink_deinit(struct pk_sink *s)
{
	pk_strbuf_deinit(&s->buf);
}

int pk_sink_flush(struct pk_sink *s)
{
	size_t done = 0;

	if (!s->code && pk_strbuf_failed(&s->buf))
		s->code = -ENOMEM;
	while (s->fd >= 0 && !s->code && done < s->buf.len) {
		ssize_t n = write(s->fd, s->buf.data + done, s->buf.len - done);

		if (n >= 0)
			done += n;
		else if (errno != EINTR)
			s->code = -errno;
	}
	s->bytes += done;
	if (s->fd >= 0)
		pk_strbuf_clear(&s->buf);
	return s->code;
}
