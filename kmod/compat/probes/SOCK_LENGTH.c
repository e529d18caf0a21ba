// SPDX-License-Identifier: GPL-2.0-or-later
/* "net-tracepoints: adding sock send/recv length tracepoints", 6.3. */
#include <trace/events/sock.h>

static void pk_trace(void *data, struct sock *sk, int ret, int flags)
{
}

void pk_probe(void);
void pk_probe(void)
{
	check_trace_callback_type_sock_send_length(pk_trace);
	check_trace_callback_type_sock_recv_length(pk_trace);
}
