/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What calls on sockets return. PK_UNIX_LENGTHS is a table of tracepoints that tell; where
 * the kernel has none it is empty, and entries of functions have to do.
 */
#ifndef PK_COMPAT_UNIX_H
#define PK_COMPAT_UNIX_H

#include "config.h"
#include "tracepoint.h"

/* fn(void *data, struct sock *sk, int ret, int flags), of a send and of a receive */
#if HAVE_SOCK_LENGTH
#include <trace/events/sock.h>

#define PK_UNIX_LENGTHS(table, sent, received)                                               \
	PK_PROBE_CHECK(sock_send_length, sent)                                               \
	PK_PROBE_CHECK(sock_recv_length, received)                                           \
	static struct pk_tracepoint table[] = {                                              \
		{ .name = "sock_send_length", .probe = sent },                               \
		{ .name = "sock_recv_length", .probe = received },                           \
	}
#define PK_UNIX_HAS_LENGTHS true
#else
#define PK_UNIX_LENGTHS(table, sent, received)                                               \
	static void *const table##_unused[] __maybe_unused = { sent, received };             \
	static struct pk_tracepoint table[0]
#define PK_UNIX_HAS_LENGTHS false
#endif

#endif
