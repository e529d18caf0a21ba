// SPDX-License-Identifier: GPL-2.0-or-later
/* Tracepoint io_uring_complete hands on the entry of the completion ring; by 7.2. */
#include <trace/events/io_uring.h>

static void pk_trace(void *data, struct io_ring_ctx *ring, void *request, struct io_uring_cqe *result)
{
}

void pk_probe(void);
void pk_probe(void)
{
	check_trace_callback_type_io_uring_complete(pk_trace);
}
