/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tracepoints of TCP sockets. PK_PROBE_ macros as in compat/tracepoint.h: each defines a
 * probe of the type that this kernel calls, checked where it is defined, which hands on
 * to fn(data, ...).
 */
#ifndef PK_COMPAT_TCP_H
#define PK_COMPAT_TCP_H

#include <net/tcp.h>
#include <trace/events/sock.h>
#include <trace/events/tcp.h>
#include "compat/tracepoint.h"
#include "config.h"

/* fn(void *data, const struct sock *sk, const struct sk_buff *skb) */
#if HAVE_TCP_RETRANSMIT_ERR
#define PK_PROBE_TCP_RETRANSMIT(name, fn)                                                    \
	static void name(void *data, const struct sock *sk, const struct sk_buff *skb, int err) \
	{                                                                                    \
		fn(data, sk, skb);                                                           \
	}                                                                                    \
	PK_PROBE_CHECK(tcp_retransmit_skb, name)
#else
#define PK_PROBE_TCP_RETRANSMIT(name, fn)                                                    \
	static void name(void *data, const struct sock *sk, const struct sk_buff *skb)       \
	{                                                                                    \
		fn(data, sk, skb);                                                           \
	}                                                                                    \
	PK_PROBE_CHECK(tcp_retransmit_skb, name)
#endif

/* fn(void *data, const struct sock *sk); @sk may be NULL */
#if HAVE_TCP_SEND_RESET_REASON
#define PK_PROBE_TCP_SEND_RESET(name, fn)                                                    \
	static void name(void *data, const struct sock *sk, const struct sk_buff *skb,       \
			 const enum sk_rst_reason reason)                                    \
	{                                                                                    \
		fn(data, sk);                                                                \
	}                                                                                    \
	PK_PROBE_CHECK(tcp_send_reset, name)
#else
#define PK_PROBE_TCP_SEND_RESET(name, fn)                                                    \
	static void name(void *data, const struct sock *sk, const struct sk_buff *skb)       \
	{                                                                                    \
		fn(data, sk);                                                                \
	}                                                                                    \
	PK_PROBE_CHECK(tcp_send_reset, name)
#endif

#endif
