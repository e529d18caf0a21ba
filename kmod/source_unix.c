// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Source unix: what became of each Unix stream connection, whose it was and how long it took.
 *
 * In: callbacks of ftrace (35 instructions a hit outside the callback; 5.10: 71), and
 * tracepoints for the bytes where the kernel has them (15 to 20). Out: sums and
 * distributions, read by dumps; no records. The kernel counts no bytes of a Unix socket, so
 * they are taken where a call can fail no more.
 *
 *	unix_stream_connect	connecting begins; connect() again or the socket's end after
 *				that: the attempt failed
 *	security_unix_stream_connect	it is connected, and its other end waits for accept()
 *	security_sock_graft	accept() has a socket: owner, end of its wait in the queue
 *	unix_socketpair		both ends
 *	unix_release_sock	the socket goes
 *	unix_stream_sendmsg	a send: owner, begin of a wait for room, end of a service
 *	unix_stream_recvmsg	a receive begins
 *	sock_send_length, sock_recv_length	since 6.3: what a call did
 *	skb_queue_tail		until then: data are with the receiver
 *	unix_stream_read_actor	until then: data are copied to a receiver, if its memory is there
 *	unix_stream_splice_read, unix_stream_sendpage (until 6.4)	splice() and sendfile()
 *				pass by these: by kretprobe
 *
 * What waits inside a call is inlined on all kernels. That a call blocked is told by how
 * often its thread went to sleep meanwhile.
 *
 * Context: task, preemptible; skb_queue_tail and tracepoints also of other sockets in
 * softirq. This file has the probes of connections, and attaches and detaches; unix_data.c has
 * those of what is sent and received, unix_probe.h what they share.
 */
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/un.h>

#include "compat/unix.h"
#include "ftrace_hook.h"
#include "source.h"
#include "tracepoint.h"
#include "unix_probe.h"

#ifdef CONFIG_DYNAMIC_FTRACE

/* Of each CPU; its irqs are off. */
DEFINE_PER_CPU(struct pk_tsc_clock, pk_unix_clock);

/* --- connections --- */

/* Of connect() so far nothing came. */
static void pk_unix_failed(const struct pk_unix_run *r, struct pk_unix_sock *s)
{
	if (s->connecting)
		pk_unix_count(r, s, PKPROF_NET_FAILED, 1);
	s->connecting = 0;
}

static __always_inline void pk_unix_connect(void *data, pk_ftrace_regs *regs)
{
	const struct sock *sk = ((const struct socket *)pk_ftrace_arg(regs, 0))->sk;
	struct pk_unix_run run;
	struct pk_unix_sock *s;

	/* a connection that there is stays what it is */
	if (!pk_unix_is(sk) || READ_ONCE(sk->sk_state) != TCP_CLOSE)
		return;
	pk_unix_enter(&run, data);
	pk_unix_lock(&run, sk);
	s = pk_unix_find(run.u, sk);
	if (s)
		pk_unix_failed(&run, s);
	s = pk_unix_begin(run.u, sk, PKPROF_NET_OPENED, run.now_ns);
	if (s) {
		pk_unix_name(run.u, s, (const struct sockaddr_un *)pk_ftrace_arg(regs, 1),
			     pk_ftrace_arg(regs, 2));
		s->since_ns = run.now_ns;
		s->connecting = 1;
		pk_unix_own(&run, s, sk);
	}
	pk_unix_unlock(&run);
	pk_unix_leave(&run);
}

/* The one who called connect(). By its listener's name, as the other end is. */
static void pk_unix_connected(struct pk_unix_run *r, const struct sock *sk, const struct sock *listener)
{
	struct pk_unix_sock *s;

	pk_unix_lock(r, sk);
	s = pk_unix_find(r->u, sk);
	if (s && s->connecting) {
		pk_unix_name_by(r->u, s, listener);
		pk_unix_own(r, s, sk);
		pk_unix_count(r, s, PKPROF_NET_CONNECTED, 1);
		pk_unix_dist(r, s, PKPROF_NET_CONNECT, s->since_ns);
		s->since_ns = r->now_ns;
		s->connecting = 0;
		s->up = 1;
	}
	pk_unix_unlock(r);
}

static void pk_unix_arrived(struct pk_unix_run *r, const struct sock *sk, const struct sock *listener)
{
	struct pk_unix_sock *s;

	pk_unix_lock(r, sk);
	s = pk_unix_begin(r->u, sk, PKPROF_NET_ACCEPTED, r->now_ns);
	if (s) {
		pk_unix_name_by(r->u, s, listener);
		s->since_ns = r->now_ns;
		s->up = s->queued = s->fresh = 1;
		s->depth = min_t(u32, skb_queue_len_lockless(&listener->sk_receive_queue) + 1, U16_MAX);
	}
	pk_unix_unlock(r);
}

static __always_inline void pk_unix_join(void *data, pk_ftrace_regs *regs)
{
	const struct sock *sk = (const struct sock *)pk_ftrace_arg(regs, 0);
	const struct sock *listener = (const struct sock *)pk_ftrace_arg(regs, 1);
	struct pk_unix_run run;

	if (!pk_unix_is(sk))
		return;
	pk_unix_enter(&run, data);
	pk_unix_connected(&run, sk, listener);
	pk_unix_arrived(&run, (const struct sock *)pk_ftrace_arg(regs, 2), listener);
	pk_unix_leave(&run);
}

static void pk_unix_accepted(struct pk_unix_run *r, struct pk_unix_sock *s, const struct sock *sk)
{
	pk_unix_own(r, s, sk);
	if (!s->queued)
		return;
	s->queued = 0;
	pk_unix_dist(r, s, PKPROF_NET_ACCEPT, s->since_ns);
	pk_net_dist(&r->u->sums.keys, pk_net_this_cpu(&r->u->sums), s->cell, PKPROF_NET_DEPTH,
		    s->depth, r->now_ns);
}

/* Also of other kinds of sockets, and of those that are made. */
static __always_inline void pk_unix_graft(void *data, pk_ftrace_regs *regs)
{
	const struct sock *sk = (const struct sock *)pk_ftrace_arg(regs, 0);
	struct pk_unix_run run;
	struct pk_unix_sock *s;

	if (!pk_unix_is(sk))
		return;
	pk_unix_enter(&run, data);
	s = pk_unix_seen(&run, sk);
	if (s)
		pk_unix_accepted(&run, s, sk);
	pk_unix_unlock(&run);
	pk_unix_leave(&run);
}

static void pk_unix_made(struct pk_unix_run *r, const struct sock *sk)
{
	struct pk_unix_sock *s;

	if (!pk_unix_is(sk))
		return;
	pk_unix_lock(r, sk);
	s = pk_unix_begin(r->u, sk, PKPROF_NET_PAIRED, r->now_ns);
	if (s) {
		s->since_ns = r->now_ns;
		s->maker = current->tgid;
		s->up = s->fresh = 1;
	}
	pk_unix_unlock(r);
}

static __always_inline void pk_unix_pair(void *data, pk_ftrace_regs *regs)
{
	struct pk_unix_run run;

	pk_unix_enter(&run, data);
	pk_unix_made(&run, ((const struct socket *)pk_ftrace_arg(regs, 0))->sk);
	pk_unix_made(&run, ((const struct socket *)pk_ftrace_arg(regs, 1))->sk);
	pk_unix_leave(&run);
}

static void pk_unix_gone(struct pk_unix_run *r, struct pk_unix_sock *s, const struct sock *sk)
{
	pk_unix_failed(r, s);
	if (s->cell == PK_NET_NO_CELL)
		pk_unix_give(r->u, s, sk, s->maker, r->now_ns);
	if (s->up)
		pk_unix_dist(r, s, PKPROF_NET_LIFE, s->since_ns);
	if (s->up || READ_ONCE(sk->sk_state) == TCP_ESTABLISHED)
		pk_unix_count(r, s, PKPROF_NET_CLOSED, 1);
	pk_unix_drop(r->u, s);
}

static __always_inline void pk_unix_release(void *data, pk_ftrace_regs *regs)
{
	const struct sock *sk = (const struct sock *)pk_ftrace_arg(regs, 0);
	struct pk_unix_run run;
	struct pk_unix_sock *s;

	if (!pk_unix_is(sk))
		return;
	pk_unix_enter(&run, data);
	pk_unix_lock(&run, sk);
	s = pk_unix_find(run.u, sk);
	if (s)
		pk_unix_gone(&run, s, sk);
	pk_unix_unlock(&run);
	pk_unix_leave(&run);
}

PK_FTRACE_CALLBACK(pk_unix_release_callback, pk_unix_release)
PK_FTRACE_CALLBACK(pk_unix_connect_callback, pk_unix_connect)
PK_FTRACE_CALLBACK(pk_unix_join_callback, pk_unix_join)
PK_FTRACE_CALLBACK(pk_unix_graft_callback, pk_unix_graft)
PK_FTRACE_CALLBACK(pk_unix_pair_callback, pk_unix_pair)

static struct pk_ftrace_hook pk_unix_hooks[] = {
	{ .name = "unix_release_sock", .fn = pk_unix_release_callback },
	{ .name = "unix_stream_connect", .fn = pk_unix_connect_callback },
	{ .name = "security_unix_stream_connect", .fn = pk_unix_join_callback },
	{ .name = "security_sock_graft", .fn = pk_unix_graft_callback },
	{ .name = "unix_socketpair", .fn = pk_unix_pair_callback },
	{ .name = "unix_stream_sendmsg", .fn = pk_unix_send_callback },
	{ .name = "unix_stream_recvmsg", .fn = pk_unix_recv_callback },
};

static PK_FTRACE_TABLE(pk_unix_table, pk_unix_hooks);

PK_UNIX_LENGTHS(pk_unix_lengths, pk_unix_sent_probe, pk_unix_received_probe);

/* Where no tracepoint tells the bytes. */
static struct pk_ftrace_hook pk_unix_byte_hooks[] = {
	{ .name = "skb_queue_tail", .fn = pk_unix_queue_callback, .alone = true },
	{ .name = "unix_stream_read_actor", .fn = pk_unix_copy_callback, .alone = true },
};

static PK_FTRACE_TABLE(pk_unix_byte_table, pk_unix_byte_hooks);

/* --- attach, detach --- */

static int pk_unix_bytes_attach(struct pk_unix *u)
{
	if (PK_UNIX_HAS_LENGTHS)
		return pk_tracepoints_attach(pk_unix_lengths, ARRAY_SIZE(pk_unix_lengths), u);
	return pk_ftrace_table_attach(&pk_unix_byte_table, u);
}

static void pk_unix_bytes_detach(struct pk_unix *u)
{
	if (PK_UNIX_HAS_LENGTHS)
		pk_tracepoints_detach(pk_unix_lengths, ARRAY_SIZE(pk_unix_lengths), u);
	else
		pk_ftrace_table_detach(&pk_unix_byte_table);
}

/* The end of sockets first: none is followed whose end is not told. */
static int pk_unix_hook(struct pk_unix *u)
{
	int err = pk_ftrace_table_attach(&pk_unix_table, u);

	if (err)
		return err;
	err = pk_unix_bytes_attach(u);
	if (err)
		pk_ftrace_table_detach(&pk_unix_table);
	return err;
}

static int pk_unix_attach(struct pk_session *s)
{
	struct pk_unix *u = pk_unix_create(s);
	unsigned int cpu;
	int err;

	if (!u)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		pk_tsc_clock_init(per_cpu_ptr(&pk_unix_clock, cpu));
	err = pk_unix_hook(u);
	if (err) {
		pk_unix_destroy(u);
		return err;
	}
	pk_unix_pass_attach(u);
	s->unix_socks = u;
	return 0;
}

static void pk_unix_detach(struct pk_session *s)
{
	pk_unix_pass_detach();
	pk_unix_bytes_detach(s->unix_socks);
	pk_ftrace_table_detach(&pk_unix_table);
}

/* Sockets are met anew. */
static int pk_unix_resume(struct pk_session *s)
{
	struct pk_unix *u = s->unix_socks;
	int err;

	memset(u->key, 0, sizeof(u->key));
	memset(u->sock, 0, sizeof(u->sock));
	err = pk_unix_hook(u);
	if (!err)
		pk_unix_pass_attach(u);
	return err;
}

static int pk_unix_works(void)
{
	int err = pk_ftrace_table_find(&pk_unix_table);

	if (err)
		return err;
	if (PK_UNIX_HAS_LENGTHS)
		return pk_tracepoints_find(pk_unix_lengths, ARRAY_SIZE(pk_unix_lengths));
	return pk_ftrace_table_find(&pk_unix_byte_table);
}

#else /* CONFIG_DYNAMIC_FTRACE */

static int pk_unix_works(void)
{
	return -EOPNOTSUPP;
}

static int pk_unix_attach(struct pk_session *s)
{
	return -EOPNOTSUPP;
}

static void pk_unix_detach(struct pk_session *s)
{
}

static int pk_unix_resume(struct pk_session *s)
{
	return -EOPNOTSUPP;
}

#endif

const struct pk_source pk_source_unix = {
	.name = "unix",
	.id = PKPROF_SRC_UNIX,
	.works = pk_unix_works,
	.attach = pk_unix_attach,
	.detach = pk_unix_detach,
	.pause = pk_unix_detach,
	.resume = pk_unix_resume,
};
