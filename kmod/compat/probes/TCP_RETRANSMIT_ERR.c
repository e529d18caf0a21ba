// SPDX-License-Identifier: GPL-2.0-or-later
/* "tcp: trace retransmit failures in tcp_retransmit_skb", 7.0. */
#include <trace/events/tcp.h>

static void pk_trace(void *data, const struct sock *sk, const struct sk_buff *skb, int err)
{
}

void pk_probe(void);
void pk_probe(void)
{
	check_trace_callback_type_tcp_retransmit_skb(pk_trace);
}
