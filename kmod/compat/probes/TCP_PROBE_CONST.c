// SPDX-License-Identifier: GPL-2.0-or-later
/* The segment of tcp_probe's tracepoint is constant, 6.13. */
#include <trace/events/tcp.h>

static void pk_trace(void *data, struct sock *sk, const struct sk_buff *skb)
{
}

void pk_probe(void);
void pk_probe(void)
{
	check_trace_callback_type_tcp_probe(pk_trace);
}
