// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is sent and received on Unix sockets: calls, whether they had to wait, bytes, and the
 * time from a request's last byte to its answer; for source unix, where the hooks are listed.
 *
 * In: callbacks of ftrace, tracepoints, kretprobes. Out: sums of the socket's cell. Context:
 * task, preemptible; skb_queue_tail also softirq.
 */
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/skbuff.h>

#include "unix_probe.h"

#ifdef CONFIG_DYNAMIC_FTRACE

/* --- calls --- */

static __always_inline void pk_unix_call_begin(const struct pk_unix_run *r, struct pk_unix_call *c)
{
	c->since_ns = r->now_ns;
	c->sleeps = current->nvcsw;
	c->tid = current->pid;
}

/* Data moved: whether the call had to wait for it. Should it wait once more, that is since now. */
static __always_inline void pk_unix_call_done(const struct pk_unix_run *r, struct pk_unix_sock *s,
					      struct pk_unix_call *c, enum pkprof_net_dist what)
{
	if (c->tid != current->pid || likely(c->sleeps == current->nvcsw))
		return;
	pk_unix_dist(r, s, what, c->since_ns);
	c->sleeps = current->nvcsw;
	c->since_ns = r->now_ns;
}

/* Data that came are received: the last of a request, or the first of the answer. */
static __always_inline void pk_unix_turn_in(const struct pk_unix_run *r, struct pk_unix_sock *s)
{
	u64 came_ns = READ_ONCE(s->came_ns);

	if (came_ns == s->arrived_ns && came_ns)
		return;
	s->arrived_ns = came_ns;
	/* the peer's send was not seen */
	if (!came_ns)
		came_ns = r->now_ns;
	if (s->turn == PK_UNIX_UNDECIDED)
		s->turn = PK_UNIX_ANSWERS;
	if (s->turn == PK_UNIX_ANSWERS) {
		s->mark_ns = came_ns;
		s->asked = 1;
	} else if (s->asked) {
		s->asked = 0;
		pk_net_dist(&r->u->sums.keys, pk_net_this_cpu(&r->u->sums), s->cell,
			    PKPROF_NET_SERVICE, came_ns > s->mark_ns ? came_ns - s->mark_ns : 0,
			    r->now_ns);
	}
}

static __always_inline void pk_unix_turn_out(const struct pk_unix_run *r, struct pk_unix_sock *s)
{
	if (s->turn == PK_UNIX_UNDECIDED)
		s->turn = PK_UNIX_ASKS;
	if (s->turn == PK_UNIX_ASKS) {
		s->mark_ns = r->now_ns;
		s->asked = 1;
	} else if (s->asked) {
		s->asked = 0;
		pk_unix_dist(r, s, PKPROF_NET_SERVICE, s->mark_ns);
	}
}

/* The data that the peer will find come from here. The peer stays as long as the call. */
static __always_inline void pk_unix_tell_peer(struct pk_unix_run *r, const struct sock *sk)
{
	const struct sock *peer = READ_ONCE(((const struct unix_sock *)sk)->peer);
	struct pk_unix_sock *p = peer ? pk_unix_find(r->u, peer) : NULL;

	if (likely(p))
		WRITE_ONCE(p->came_ns, r->now_ns);
}

static __always_inline void pk_unix_send(void *data, pk_ftrace_regs *regs)
{
	const struct sock *sk = ((const struct socket *)pk_ftrace_arg(regs, 0))->sk;
	struct pk_unix_run run;
	struct pk_unix_sock *s;

	pk_unix_enter(&run, data);
	s = pk_unix_seen(&run, sk);
	if (likely(s)) {
		pk_unix_own(&run, s, sk);
		pk_unix_count(&run, s, PKPROF_NET_SENDS, 1);
		pk_unix_turn_out(&run, s);
		pk_unix_call_begin(&run, &s->send);
		pk_unix_tell_peer(&run, sk);
	}
	pk_unix_unlock(&run);
	pk_unix_leave(&run);
}

static __always_inline void pk_unix_recv(void *data, pk_ftrace_regs *regs)
{
	const struct sock *sk = ((const struct socket *)pk_ftrace_arg(regs, 0))->sk;
	struct pk_unix_run run;
	struct pk_unix_sock *s;

	pk_unix_enter(&run, data);
	s = pk_unix_seen(&run, sk);
	if (likely(s)) {
		pk_unix_call_begin(&run, &s->recv);
		s->peeks = !!(pk_ftrace_arg(regs, 3) & MSG_PEEK);
	}
	pk_unix_unlock(&run);
	pk_unix_leave(&run);
}

/* --- bytes --- */

static __always_inline void pk_unix_sent(struct pk_unix *u, const struct sock *sk, u64 bytes)
{
	struct pk_unix_run run;
	struct pk_unix_sock *s;

	pk_unix_enter(&run, u);
	s = pk_unix_seen(&run, sk);
	if (likely(s)) {
		pk_unix_own(&run, s, sk);
		pk_unix_count(&run, s, PKPROF_NET_BYTES_OUT, bytes);
		pk_unix_call_done(&run, s, &s->send, PKPROF_NET_SEND);
	}
	pk_unix_unlock(&run);
	pk_unix_leave(&run);
}

static __always_inline void pk_unix_take(struct pk_unix_run *r, struct pk_unix_sock *s,
					 const struct sock *sk, u64 bytes)
{
	pk_unix_own(r, s, sk);
	pk_unix_count(r, s, PKPROF_NET_BYTES_IN, bytes);
	pk_unix_turn_in(r, s);
	pk_unix_call_done(r, s, &s->recv, PKPROF_NET_RECV);
}

static __always_inline void pk_unix_received(struct pk_unix *u, const struct sock *sk, u64 bytes)
{
	struct pk_unix_run run;
	struct pk_unix_sock *s;

	pk_unix_enter(&run, u);
	s = pk_unix_seen(&run, sk);
	if (likely(s))
		pk_unix_take(&run, s, sk, bytes);
	pk_unix_unlock(&run);
	pk_unix_leave(&run);
}

/* By what the calls return. */

void pk_unix_sent_probe(void *data, struct sock *sk, int ret, int flags)
{
	if (pk_unix_is(sk) && ret > 0)
		pk_unix_sent(data, sk, ret);
}

void pk_unix_received_probe(void *data, struct sock *sk, int ret, int flags)
{
	if (pk_unix_is(sk) && ret > 0)
		pk_unix_received(data, sk, flags & MSG_PEEK ? 0 : ret);
}

/* By the buffers: this one is put where the receiver finds it. Its sender is in a call. */
static __always_inline void pk_unix_queue(void *data, pk_ftrace_regs *regs)
{
	const struct sk_buff *skb = (const struct sk_buff *)pk_ftrace_arg(regs, 1);

	if (skb->sk && pk_unix_is(skb->sk))
		pk_unix_sent(data, skb->sk, skb->len);
}

/*
 * Data are about to be copied, from the first buffer of the queue unless they are only
 * looked at. So what is before the buffer is the queue, or else no socket's that we know.
 */
static __always_inline void pk_unix_copy(void *data, pk_ftrace_regs *regs)
{
	const struct sk_buff *skb = (const struct sk_buff *)pk_ftrace_arg(regs, 0);
	const struct sk_buff_head *queue = (const struct sk_buff_head *)READ_ONCE(skb->prev);
	const struct sock *sk = container_of(queue, struct sock, sk_receive_queue);
	struct pk_unix_run run;
	struct pk_unix_sock *s;

	pk_unix_enter(&run, data);
	pk_unix_lock(&run, sk);
	s = pk_unix_find(run.u, sk);
	if (likely(s && s->recv.tid == current->pid))
		pk_unix_take(&run, s, sk, s->peeks ? 0 : pk_ftrace_arg(regs, 2));
	pk_unix_unlock(&run);
	pk_unix_leave(&run);
}

/* --- bytes that pass by these: rare calls, of which the return is waited for --- */

struct pk_unix_pass {
	const struct sock *sk;
};

/* Whose it is now. Set before they are registered, constant then. */
static struct pk_unix *pk_unix_passing;

static int pk_unix_pass_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct pk_unix_pass *p = (void *)ri->data;

	p->sk = ((const struct socket *)regs_get_kernel_argument(regs, 0))->sk;
	return 0;
}
NOKPROBE_SYMBOL(pk_unix_pass_entry);

static int pk_unix_pass_in(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct pk_unix_pass *p = (void *)ri->data;
	long ret = regs_return_value(regs);

	if (ret > 0)
		pk_unix_received(pk_unix_passing, p->sk, ret);
	return 0;
}
NOKPROBE_SYMBOL(pk_unix_pass_in);

static int pk_unix_pass_out(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct pk_unix_pass *p = (void *)ri->data;
	long ret = (int)regs_return_value(regs);

	if (ret > 0)
		pk_unix_sent(pk_unix_passing, p->sk, ret);
	return 0;
}
NOKPROBE_SYMBOL(pk_unix_pass_out);

#define PK_UNIX_MAX_PASSING 512	/* calls at once; of more the bytes are not told */

static const struct {
	const char *name;
	kretprobe_handler_t handler;
} pk_unix_passes[] = {
	{ "unix_stream_splice_read", pk_unix_pass_in },
	{ "unix_stream_sendpage", pk_unix_pass_out },
};

static struct kretprobe pk_unix_kretprobes[ARRAY_SIZE(pk_unix_passes)];
static bool pk_unix_pass_attached[ARRAY_SIZE(pk_unix_passes)];

/* What this kernel has of them. */
void pk_unix_pass_attach(struct pk_unix *u)
{
	unsigned int i;

	pk_unix_passing = u;
	for (i = 0; i < ARRAY_SIZE(pk_unix_passes); i++) {
		pk_unix_kretprobes[i] = (struct kretprobe){
			.kp.symbol_name = pk_unix_passes[i].name,
			.entry_handler = pk_unix_pass_entry,
			.handler = pk_unix_passes[i].handler,
			.data_size = sizeof(struct pk_unix_pass),
			.maxactive = PK_UNIX_MAX_PASSING,
		};
		pk_unix_pass_attached[i] = !register_kretprobe(&pk_unix_kretprobes[i]);
	}
}

void pk_unix_pass_detach(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pk_unix_passes); i++)
		if (pk_unix_pass_attached[i])
			unregister_kretprobe(&pk_unix_kretprobes[i]);
}

PK_FTRACE_CALLBACK_SHARED(pk_unix_send_callback, pk_unix_send)
PK_FTRACE_CALLBACK_SHARED(pk_unix_recv_callback, pk_unix_recv)
PK_FTRACE_CALLBACK_SHARED(pk_unix_queue_callback, pk_unix_queue)
PK_FTRACE_CALLBACK_SHARED(pk_unix_copy_callback, pk_unix_copy)

#endif
