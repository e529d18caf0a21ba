// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Source tcp: what became of each TCP connection, whose it was and how long it took.
 *
 * In: tracepoints (15 to 20 instructions a hit outside the probe), and callbacks of
 * ftrace where there are none (35). Out: sums and distributions, read by dumps; no
 * records. Bytes, segments and retransmissions are the socket's own figures, read when
 * it changes hands, when it goes and at dumps, so that a call costs nothing for them.
 *
 *	inet_sock_set_state	connecting, connected, accepted, closed
 *	tcp_destroy_sock	the socket goes: its last figures
 *	tcp_rcv_space_adjust	data are copied to a receiver, who runs: owner, end of its wait,
 *				begin of a service by the kernel's stamp of the segment
 *	tcp_retransmit_skb	a connection that we never saw before has figures to count
 *	tcp_retransmit_synack	what a listener sent again, before there is a socket
 *	tcp_receive_reset, tcp_send_reset
 *	tcp_sendmsg_locked	a send, and do_tcp_sendpages until 6.4: owner, end of a service,
 *				round trip time
 *	sk_wait_data		a receiver blocks
 *	sk_stream_wait_memory	a sender blocks: by kretprobe, as nothing else tells the end,
 *				at 400 instructions for what takes two switches
 *	security_sock_graft	accept() has a socket: owner, end of its wait in the queue
 *	inet_csk_complete_hashdance	a socket came into an accept queue: its depth
 *
 * Context: task or softirq; preemptible where the tracepoint is. Each probe turns irqs
 * off, so that its CPU's sums are its own. The socket is locked, or nobody else has it.
 *
 * Probes of data sent and received, the frequent ones, are in tcp_data.c.
 */
#include <linux/cpumask.h>
#include <linux/irqflags.h>
#include <linux/kprobes.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

#include "compat/tcp.h"
#include "session.h"
#include "source.h"
#include "tcp_probe.h"

DEFINE_PER_CPU(struct pk_tcp_here, pk_tcp_here);

static bool pk_tcp_is(const struct sock *sk)
{
	return sk->sk_protocol == IPPROTO_TCP &&
	       (sk->sk_family == AF_INET || sk->sk_family == AF_INET6);
}


/* --- a sender that blocks --- */

struct pk_tcp_block {
	const struct sock *sk;
	u64 from_ns;
};

/* Whose it is now; NULL: nobody's. Set before it is registered, constant then. */
static struct pk_tcp *pk_tcp_blocking;

static int pk_tcp_block_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct pk_tcp_block *b = (void *)ri->data;
	unsigned long irqs;

	local_irq_save(irqs);
	b->sk = (const struct sock *)regs_get_kernel_argument(regs, 0);
	b->from_ns = pk_tcp_now_ns();
	local_irq_restore(irqs);
	return 0;
}
NOKPROBE_SYMBOL(pk_tcp_block_entry);

static int pk_tcp_block_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct pk_tcp_block *b = (void *)ri->data;
	struct pk_tcp *t = pk_tcp_blocking;
	struct pk_tcp_run run;
	struct pk_tcp_sock *s;

	pk_tcp_enter(&run);
	s = pk_tcp_find(t, b->sk);
	if (s && s->cell != PK_NET_NO_CELL)
		pk_tcp_dist(t, s, PKPROF_NET_SEND, b->from_ns, pk_tcp_now_ns());
	pk_tcp_leave(&run);
	return 0;
}
NOKPROBE_SYMBOL(pk_tcp_block_return);

#define PK_TCP_MAX_BLOCKED 512	/* senders at once; of more the waits are not told */

static struct kretprobe pk_tcp_kretprobe;

static int pk_tcp_block_attach(struct pk_tcp *t)
{
	pk_tcp_blocking = t;
	pk_tcp_kretprobe = (struct kretprobe){
		.kp.symbol_name = "sk_stream_wait_memory",
		.entry_handler = pk_tcp_block_entry,
		.handler = pk_tcp_block_return,
		.data_size = sizeof(struct pk_tcp_block),
		.maxactive = PK_TCP_MAX_BLOCKED,
	};
	return register_kretprobe(&pk_tcp_kretprobe);
}

/* --- connections --- */

static void pk_tcp_connecting(struct pk_tcp *t, const struct sock *sk, u64 now_ns)
{
	struct pk_tcp_sock *s = pk_tcp_follow(t, sk, PKPROF_NET_OPENED, false, now_ns);

	if (!s)
		return;
	pk_tcp_restart(t, s, sk, now_ns);
	pk_tcp_give(t, s, sk, in_task() ? current->tgid : 0, now_ns);
}

static void pk_tcp_connected(struct pk_tcp *t, struct pk_tcp_sock *s, const struct sock *sk, u64 now_ns)
{
	pk_tcp_count(t, s, PKPROF_NET_CONNECTED, now_ns);
	if (s->since_ns)
		pk_tcp_dist(t, s, PKPROF_NET_CONNECT, s->since_ns, now_ns);
	s->since_ns = now_ns;
	s->up = 1;
	s->copied = tcp_sk(sk)->copied_seq;
}

static void pk_tcp_arrived(struct pk_tcp *t, const struct sock *sk, u64 now_ns)
{
	const struct pk_tcp_arrival *a = &this_cpu_ptr(&pk_tcp_here)->arrival;
	struct pk_tcp_sock *s = pk_tcp_follow(t, sk, PKPROF_NET_ACCEPTED, true, now_ns);

	if (s && a->child == sk)
		s->depth = min_t(u32, a->depth, U16_MAX);
}

static void pk_tcp_closed(struct pk_tcp *t, struct pk_tcp_sock *s, const struct sock *sk, bool failed,
			  u64 now_ns)
{
	pk_tcp_book(t, s, sk, now_ns);
	pk_tcp_rtt(t, s, sk, now_ns);
	if (failed) {
		pk_tcp_count(t, s, PKPROF_NET_FAILED, now_ns);
		return;
	}
	pk_tcp_count(t, s, PKPROF_NET_CLOSED, now_ns);
	if (s->up)
		pk_tcp_dist(t, s, PKPROF_NET_LIFE, s->since_ns, now_ns);
	s->up = 0;
}

static void pk_tcp_state(struct pk_tcp *t, const struct sock *sk, int old, int new)
{
	struct pk_tcp_sock *s;
	u64 now_ns = pk_tcp_now_ns();

	if (new == TCP_SYN_SENT) {
		pk_tcp_connecting(t, sk, now_ns);
		return;
	}
	s = pk_tcp_find(t, sk);
	if (new == TCP_ESTABLISHED) {
		if (s && s->who.role == PKPROF_NET_OPENED && s->cell != PK_NET_NO_CELL)
			pk_tcp_connected(t, s, sk, now_ns);
		else if (old == TCP_SYN_RECV)
			pk_tcp_arrived(t, sk, now_ns);
	} else if (new == TCP_CLOSE && s && old != TCP_CLOSE) {
		pk_tcp_closed(t, s, sk, old == TCP_SYN_SENT, now_ns);
	}
}

static void pk_tcp_state_probe(void *data, const struct sock *sk, const int old, const int new)
{
	struct pk_tcp_run run;

	if (!pk_tcp_is(sk))
		return;
	pk_tcp_enter(&run);
	pk_tcp_state(data, sk, old, new);
	pk_tcp_leave(&run);
}

static void pk_tcp_destroy_probe(void *data, struct sock *sk)
{
	struct pk_tcp *t = data;
	struct pk_tcp_run run;
	struct pk_tcp_sock *s;

	pk_tcp_enter(&run);
	s = pk_tcp_find(t, sk);
	if (s)
		pk_tcp_drop(t, s, sk, pk_tcp_now_ns());
	pk_tcp_leave(&run);
}

/* --- the accept queue --- */

static __always_inline void pk_tcp_arrive(void *data, pk_ftrace_regs *regs)
{
	const struct sock *listener = (const struct sock *)pk_ftrace_arg(regs, 0);
	struct pk_tcp_arrival *a;
	struct pk_tcp_run run;

	pk_tcp_enter(&run);
	a = &run.here->arrival;
	a->child = (const struct sock *)pk_ftrace_arg(regs, 1);
	a->depth = READ_ONCE(listener->sk_ack_backlog) + 1;
	pk_tcp_leave(&run);
}

static void pk_tcp_accepted(struct pk_tcp *t, struct pk_tcp_sock *s, const struct sock *sk)
{
	u64 now_ns = pk_tcp_now_ns();
	bool queued = s->queued;

	pk_tcp_own(t, s, sk, now_ns);
	s->queued = 0;
	if (!queued)
		return;
	pk_tcp_dist(t, s, PKPROF_NET_ACCEPT, s->since_ns, now_ns);
	if (s->depth)
		pk_net_dist(&t->sums.keys, pk_net_this_cpu(&t->sums), s->cell, PKPROF_NET_DEPTH, s->depth, now_ns);
}

/* Also of other kinds of sockets, which are not followed. */
static __always_inline void pk_tcp_graft(void *data, pk_ftrace_regs *regs)
{
	const struct sock *sk = (const struct sock *)pk_ftrace_arg(regs, 0);
	struct pk_tcp_run run;
	struct pk_tcp_sock *s;

	pk_tcp_enter(&run);
	s = pk_tcp_find(data, sk);
	if (s && s->who.role == PKPROF_NET_ACCEPTED)
		pk_tcp_accepted(data, s, sk);
	pk_tcp_leave(&run);
}

/* --- what goes wrong --- */

/* Of a connection that was not followed: this is the first that counts. */
static void pk_tcp_again(void *data, const struct sock *sk, const struct sk_buff *skb)
{
	struct pk_tcp *t = data;
	struct pk_tcp_run run;
	struct pk_tcp_sock *s;
	u64 now_ns;

	pk_tcp_enter(&run);
	now_ns = pk_tcp_now_ns();
	if (!pk_tcp_find(t, sk)) {
		s = pk_tcp_follow(t, sk, pk_tcp_role(sk), false, now_ns);
		if (s)
			s->booked.retrans -= tcp_skb_pcount(skb);
		else
			pk_net_count(pk_net_this_cpu(&t->sums), t->sums.keys.nr + pk_tcp_role(sk),
				     PKPROF_NET_RETRANS, tcp_skb_pcount(skb), now_ns);
	}
	pk_tcp_leave(&run);
}

static void pk_tcp_synack_probe(void *data, const struct sock *sk, const struct request_sock *req)
{
	struct pk_tcp *t = data;
	struct pk_tcp_run run;
	struct pk_net_who who;

	pk_tcp_who_asks(req, &who);
	pk_tcp_enter(&run);
	pk_net_count(pk_net_this_cpu(&t->sums), pk_net_cell_of(&t->sums.keys, &who), PKPROF_NET_RETRANS, 1,
		     pk_tcp_now_ns());
	pk_tcp_leave(&run);
}

static __always_inline void pk_tcp_reset(struct pk_tcp *t, const struct sock *sk,
					 enum pkprof_net_count what)
{
	struct pk_tcp_run run;
	struct pk_tcp_sock *s;

	pk_tcp_enter(&run);
	s = sk ? pk_tcp_find(t, sk) : NULL;
	if (s && s->cell != PK_NET_NO_CELL)
		pk_tcp_count(t, s, what, pk_tcp_now_ns());
	pk_tcp_leave(&run);
}

static void pk_tcp_reset_in_probe(void *data, struct sock *sk)
{
	pk_tcp_reset(data, sk, PKPROF_NET_RESETS_IN);
}

static void pk_tcp_reset_out(void *data, const struct sock *sk)
{
	pk_tcp_reset(data, sk, PKPROF_NET_RESETS_OUT);
}

PK_PROBE_CHECK(inet_sock_set_state, pk_tcp_state_probe)
PK_PROBE_CHECK(tcp_destroy_sock, pk_tcp_destroy_probe)
PK_PROBE_CHECK(tcp_retransmit_synack, pk_tcp_synack_probe)
PK_PROBE_CHECK(tcp_receive_reset, pk_tcp_reset_in_probe)
PK_PROBE_TCP_RETRANSMIT(pk_tcp_again_probe, pk_tcp_again)
PK_PROBE_TCP_SEND_RESET(pk_tcp_reset_out_probe, pk_tcp_reset_out)

/* The end of sockets comes first: none is followed whose end is not told. */
static struct pk_tracepoint pk_tcp_tracepoints[] = {
	{ .name = "tcp_destroy_sock", .probe = pk_tcp_destroy_probe },
	{ .name = "inet_sock_set_state", .probe = pk_tcp_state_probe },
	{ .name = "tcp_retransmit_skb", .probe = pk_tcp_again_probe },
	{ .name = "tcp_retransmit_synack", .probe = pk_tcp_synack_probe },
	{ .name = "tcp_receive_reset", .probe = pk_tcp_reset_in_probe },
	{ .name = "tcp_send_reset", .probe = pk_tcp_reset_out_probe },
	{ .name = "tcp_rcv_space_adjust", .probe = pk_tcp_space_probe },
};

PK_FTRACE_CALLBACK(pk_tcp_graft_callback, pk_tcp_graft)
PK_FTRACE_CALLBACK(pk_tcp_arrive_callback, pk_tcp_arrive)

static struct pk_ftrace_hook pk_tcp_hooks[] = {
	{ .name = "tcp_sendmsg_locked", .fn = pk_tcp_send_callback, .alone = true },
	{ .name = "do_tcp_sendpages", .fn = pk_tcp_send_callback, .optional = true },
	{ .name = "sk_wait_data", .fn = pk_tcp_wait_callback, .alone = true },
	{ .name = "security_sock_graft", .fn = pk_tcp_graft_callback, .optional = true },
	{ .name = "inet_csk_complete_hashdance", .fn = pk_tcp_arrive_callback, .optional = true },
};

static PK_FTRACE_TABLE(pk_tcp_table, pk_tcp_hooks);

/* --- attach, detach --- */

static void pk_tcp_populate_cpu(struct pk_tcp *t, unsigned int cpu)
{
	struct pk_tcp_here *here = per_cpu_ptr(&pk_tcp_here, cpu);
	struct pk_net_cpu *sums = t->sums.cpus[cpu];

	*here = (struct pk_tcp_here){
		.left = PK_TCP_TIME_EVERY,
		.books = &t->session->cpu[cpu]->books[PKPROF_SRC_TCP],
		.cells = sums->cells,
		.dists = sums->dists,
		.sums = sums,
	};
	pk_tsc_clock_init(&here->clock);
}

static int pk_tcp_populate(struct pk_tcp *t)
{
	int err = pk_net_store_init(&t->sums);
	unsigned int cpu, i;

	if (err)
		return err;
	for (i = 0; i < PK_TCP_LOCKS; i++)
		raw_spin_lock_init(&t->locks[i]);
	for_each_possible_cpu(cpu)
		pk_tcp_populate_cpu(t, cpu);
	return 0;
}

static int pk_tcp_hook(struct pk_tcp *t)
{
	int err = pk_tracepoints_attach(pk_tcp_tracepoints, ARRAY_SIZE(pk_tcp_tracepoints), t);

	if (err)
		return err;
	err = pk_ftrace_table_attach(&pk_tcp_table, t);
	if (err)
		goto err_tracepoints;
	err = pk_tcp_block_attach(t);
	if (err)
		goto err_hooks;
	return 0;

err_hooks:
	pk_ftrace_table_detach(&pk_tcp_table);
err_tracepoints:
	pk_tracepoints_detach(pk_tcp_tracepoints, ARRAY_SIZE(pk_tcp_tracepoints), t);
	return err;
}

static int pk_tcp_attach(struct pk_session *s)
{
	struct pk_tcp *t = vzalloc(sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	t->session = s;
	err = pk_tcp_populate(t);
	if (!err)
		err = pk_tcp_hook(t);
	if (err)
		pk_tcp_destroy(t);
	else
		s->tcp = t;
	return err;
}

/* Runs since the last one that was timed. No probe is there any more. */
static void pk_tcp_close_books(void)
{
	struct pk_tcp_here *here;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		here = per_cpu_ptr(&pk_tcp_here, cpu);
		local_add(PK_TCP_TIME_EVERY - here->left, &here->books->hits);
		here->left = PK_TCP_TIME_EVERY;
	}
}

static void pk_tcp_detach(struct pk_session *s)
{
	pk_tcp_close(s->tcp);
	unregister_kretprobe(&pk_tcp_kretprobe);
	pk_ftrace_table_detach(&pk_tcp_table);
	pk_tracepoints_detach(pk_tcp_tracepoints, ARRAY_SIZE(pk_tcp_tracepoints), s->tcp);
	pk_tcp_close_books();
}

/* What sockets did up to now is booked first. */
static void pk_tcp_pause(struct pk_session *s)
{
	pk_tcp_read_all(s->tcp);
	pk_tcp_detach(s);
}

/* Sockets are met anew; what they did meanwhile does not count. */
static int pk_tcp_resume(struct pk_session *s)
{
	struct pk_tcp *t = s->tcp;

	memset(t->nr_used, 0, sizeof(t->nr_used));
	memset(t->key, 0, sizeof(t->key));
	memset(t->sock, 0, sizeof(t->sock));
	WRITE_ONCE(t->closed, false);
	return pk_tcp_hook(t);
}

static int pk_tcp_works(void)
{
	int err = pk_tracepoints_find(pk_tcp_tracepoints, ARRAY_SIZE(pk_tcp_tracepoints));

	return err ? err : pk_ftrace_table_find(&pk_tcp_table);
}

const struct pk_source pk_source_tcp = {
	.name = "tcp",
	.id = PKPROF_SRC_TCP,
	.works = pk_tcp_works,
	.attach = pk_tcp_attach,
	.detach = pk_tcp_detach,
	.pause = pk_tcp_pause,
	.resume = pk_tcp_resume,
};
