// SPDX-License-Identifier: GPL-2.0-or-later
/* Tracepoint io_uring_complete tells the request and what a large entry has besides: by 6.1, until 6.12. */
#include <trace/events/io_uring.h>

static void pk_trace(void *data, void *ring, void *request, u64 user_data, int ret,
		     unsigned int flags, u64 extra1, u64 extra2)
{
}

void pk_probe(void);
void pk_probe(void)
{
	check_trace_callback_type_io_uring_complete(pk_trace);
}
