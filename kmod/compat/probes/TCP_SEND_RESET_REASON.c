// SPDX-License-Identifier: GPL-2.0-or-later
/* "tcp: rstreason: let it work finally in tcp_send_active_reset()", 6.10. */
#include <trace/events/tcp.h>

static void pk_trace(void *data, const struct sock *sk, const struct sk_buff *skb,
		     const enum sk_rst_reason reason)
{
}

void pk_probe(void);
void pk_probe(void)
{
	check_trace_callback_type_tcp_send_reset(pk_trace);
}
