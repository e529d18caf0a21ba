// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Probes of source tcp that see data being sent and received, the frequent ones; which and
 * why is said in source_tcp.c.
 *
 * In: calls. Out: whose the socket is, how long a receiver was blocked, and the times from
 * a request to its answer. What is usual (the socket is known, who runs has it, its
 * distributions are there) is done in line, with all questions before the first change;
 * the rest is begun anew by a function that knows all cases.
 *
 * Context: task, but for data that are read in softirq for somebody else; the socket is
 * locked.
 */
#include <linux/preempt.h>

#include "compat/tcp.h"
#include "tcp_probe.h"

/*
 * A probe that sees @sk: @quick, which returns false where @any is to begin anew. Both are
 * known to the compiler where this is used, and @quick is in line there.
 */
static __always_inline void pk_tcp_probe(struct pk_tcp *t, const struct sock *sk,
					 bool (*quick)(struct pk_tcp *t, struct pk_tcp_here *here,
						       const struct sock *sk),
					 void (*any)(struct pk_tcp *t, const struct sock *sk,
						     unsigned long irqs))
{
	struct pk_tcp_here *here;
	unsigned long irqs;

	local_irq_save(irqs);
	here = this_cpu_ptr(&pk_tcp_here);
	if (likely(pk_tcp_enter_quick(here) && quick(t, here, sk)))
		local_irq_restore(irqs);
	else
		any(t, sk, irqs);
}

/* A slot whose owner runs, else negative. */
static __always_inline int pk_tcp_find_own(struct pk_tcp *t, const struct sock *sk)
{
	int at = pk_group_find(t->key, pk_group_of((u64)sk, PK_TCP_GROUPS, PK_TCP_GROUP),
			       PK_TCP_GROUP, (u64)sk);

	return likely(at >= 0 && pk_tcp_is_own(&t->sock[at])) ? at : -1;
}

/* Is there a distribution for it, and the time in one of its buckets? */
static __always_inline bool pk_tcp_can_book(const struct pk_net_cell *x, enum pkprof_net_dist what,
					    u64 ns)
{
	return likely(x->dist[what] && ns <= PK_HIST_MAX_NS / 2);
}

static __always_inline void pk_tcp_book_time(struct pk_tcp_here *here, const struct pk_net_cell *x,
					     enum pkprof_net_dist what, u64 ns)
{
	struct pk_hist *h = &here->dists[x->dist[what] - 1];

	h->nr[pk_hist_bucket_within(ns)]++;
	h->sum_ns += ns;
	if (ns > h->max_ns)
		h->max_ns = ns;
}

/* --- sends --- */

static __always_inline bool pk_tcp_send_quick(struct pk_tcp *t, struct pk_tcp_here *here,
					      const struct sock *sk)
{
	int at = pk_tcp_find_own(t, sk);
	struct pk_tcp_sock *s;
	struct pk_net_cell *x;
	u64 now_ns;

	if (unlikely(at < 0 || !pk_tsc_clock_quick(&here->clock, &now_ns)))
		return false;
	s = &t->sock[at];
	if (unlikely(now_ns - s->rtt_ns > PK_TCP_RTT_EVERY_NS))
		return false;
	if (s->who.role == PKPROF_NET_OPENED) {
		s->mark_ns = now_ns;
		s->asked = 1;
	} else if (s->asked) {
		x = &here->cells[s->cell];
		if (unlikely(!pk_tcp_can_book(x, PKPROF_NET_SERVICE, now_ns - s->mark_ns)))
			return false;
		x->last_ns = now_ns;
		pk_tcp_book_time(here, x, PKPROF_NET_SERVICE, now_ns - s->mark_ns);
		s->asked = 0;
	}
	s->sends++;
	return true;
}

static void pk_tcp_turn_out(struct pk_tcp *t, struct pk_tcp_sock *s, u64 now_ns)
{
	if (s->who.role == PKPROF_NET_OPENED) {
		s->mark_ns = now_ns;
		s->asked = 1;
	} else if (s->asked) {
		s->asked = 0;
		pk_tcp_dist(t, s, PKPROF_NET_SERVICE, s->mark_ns, now_ns);
	}
}

static noinline void pk_tcp_send_any(struct pk_tcp *t, const struct sock *sk, unsigned long irqs)
{
	struct pk_tcp_run run;
	struct pk_tcp_sock *s;
	u64 now_ns;

	if (unlikely(pk_tcp_enter_again(irqs, &run))) {
		pk_tcp_probe(t, sk, pk_tcp_send_quick, pk_tcp_send_any);
		pk_tcp_leave(&run);
		return;
	}
	now_ns = pk_tcp_now_ns();
	s = pk_tcp_find(t, sk) ?: pk_tcp_follow(t, sk, pk_tcp_role(sk), false, now_ns);
	if (s) {
		pk_tcp_own(t, s, sk, now_ns);
		s->sends++;
		pk_tcp_turn_out(t, s, now_ns);
		if (now_ns - s->rtt_ns > PK_TCP_RTT_EVERY_NS)
			pk_tcp_rtt(t, s, sk, now_ns);
	}
	pk_tcp_leave(&run);
}

static __always_inline void pk_tcp_send(void *data, pk_ftrace_regs *regs)
{
	pk_tcp_probe(data, (const struct sock *)pk_ftrace_arg(regs, 0), pk_tcp_send_quick,
		     pk_tcp_send_any);
}
PK_FTRACE_CALLBACK_SHARED(pk_tcp_send_callback, pk_tcp_send)

/* --- copies to a receiver --- */

/*
 * The kernel's stamp is that of the latest segment; unless one came since the last copy,
 * the request is the same.
 */
static __always_inline u64 pk_tcp_came_ns(const struct tcp_sock *tp)
{
	return tp->tcp_mstamp * NSEC_PER_USEC;
}

static __always_inline bool pk_tcp_copied_quick(struct pk_tcp *t, struct pk_tcp_here *here,
						const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	int at = pk_tcp_find_own(t, sk);
	struct pk_tcp_sock *s;
	u64 now_ns, waited_ns = 0, served_ns = 0;
	bool waited, turned, served;
	struct pk_net_cell *x;

	/* who reads in softirq reads for somebody else */
	if (unlikely(at < 0 || !in_task()))
		return false;
	s = &t->sock[at];
	turned = s->arrived != tp->rcv_nxt;
	waited = s->wait_tid == current->pid;
	served = turned && s->who.role == PKPROF_NET_OPENED && s->asked;
	if (waited || served) {
		x = &here->cells[s->cell];
		if (unlikely(!pk_tsc_clock_quick(&here->clock, &now_ns)))
			return false;
		if (waited)
			waited_ns = now_ns - s->wait_ns;
		if (served)
			served_ns = pk_tcp_came_ns(tp) - s->mark_ns;
		if (unlikely((waited && !pk_tcp_can_book(x, PKPROF_NET_RECV, waited_ns)) ||
			     (served && !pk_tcp_can_book(x, PKPROF_NET_SERVICE, served_ns))))
			return false;
		x->last_ns = now_ns;
		if (waited)
			pk_tcp_book_time(here, x, PKPROF_NET_RECV, waited_ns);
		if (served)
			pk_tcp_book_time(here, x, PKPROF_NET_SERVICE, served_ns);
	}
	if (turned) {
		s->arrived = tp->rcv_nxt;
		s->asked = s->who.role == PKPROF_NET_ACCEPTED;
		if (s->asked)
			s->mark_ns = pk_tcp_came_ns(tp);
	}
	s->wait_tid = 0;
	s->copied = tp->copied_seq;
	return true;
}

static void pk_tcp_turn_in(struct pk_tcp *t, struct pk_tcp_sock *s, const struct tcp_sock *tp)
{
	u64 came_ns = pk_tcp_came_ns(tp);

	if (s->arrived == tp->rcv_nxt)
		return;
	s->arrived = tp->rcv_nxt;
	if (s->who.role == PKPROF_NET_ACCEPTED) {
		s->mark_ns = came_ns;
		s->asked = 1;
	} else if (s->asked) {
		s->asked = 0;
		pk_net_dist(&t->sums.keys, pk_net_this_cpu(&t->sums), s->cell, PKPROF_NET_SERVICE,
			    came_ns > s->mark_ns ? came_ns - s->mark_ns : 0, pk_tcp_now_ns());
	}
}

static noinline void pk_tcp_copied_any(struct pk_tcp *t, const struct sock *sk, unsigned long irqs)
{
	struct pk_tcp_run run;
	struct pk_tcp_sock *s;
	u64 now_ns;

	if (unlikely(pk_tcp_enter_again(irqs, &run))) {
		pk_tcp_probe(t, sk, pk_tcp_copied_quick, pk_tcp_copied_any);
		pk_tcp_leave(&run);
		return;
	}
	now_ns = pk_tcp_now_ns();
	s = pk_tcp_find(t, sk) ?: pk_tcp_follow(t, sk, pk_tcp_role(sk), false, now_ns);
	if (s && in_task()) {
		pk_tcp_own(t, s, sk, now_ns);
		pk_tcp_turn_in(t, s, tcp_sk(sk));
		if (s->wait_tid == current->pid)
			pk_tcp_dist(t, s, PKPROF_NET_RECV, s->wait_ns, now_ns);
		s->wait_tid = 0;
	}
	if (s)
		s->copied = tcp_sk(sk)->copied_seq;
	pk_tcp_leave(&run);
}

PK_PROBE_CHECK(tcp_rcv_space_adjust, pk_tcp_space_probe)

void pk_tcp_space_probe(void *data, struct sock *sk)
{
	pk_tcp_probe(data, sk, pk_tcp_copied_quick, pk_tcp_copied_any);
}

/* --- a receiver that blocks --- */

/* Sockets of all kinds come here; only those of TCP are followed. */
static __always_inline bool pk_tcp_wait_quick(struct pk_tcp *t, struct pk_tcp_here *here,
					      const struct sock *sk)
{
	int at = pk_group_find(t->key, pk_group_of((u64)sk, PK_TCP_GROUPS, PK_TCP_GROUP),
			       PK_TCP_GROUP, (u64)sk);
	u64 now_ns;

	if (at < 0)
		return true;
	if (unlikely(!pk_tsc_clock_quick(&here->clock, &now_ns)))
		return false;
	t->sock[at].wait_ns = now_ns;
	t->sock[at].wait_tid = current->pid;
	return true;
}

static noinline void pk_tcp_wait_any(struct pk_tcp *t, const struct sock *sk, unsigned long irqs)
{
	struct pk_tcp_run run;
	struct pk_tcp_sock *s;

	if (unlikely(pk_tcp_enter_again(irqs, &run))) {
		pk_tcp_probe(t, sk, pk_tcp_wait_quick, pk_tcp_wait_any);
		pk_tcp_leave(&run);
		return;
	}
	s = pk_tcp_find(t, sk);
	if (s) {
		s->wait_ns = pk_tcp_now_ns();
		s->wait_tid = current->pid;
	}
	pk_tcp_leave(&run);
}

static __always_inline void pk_tcp_wait(void *data, pk_ftrace_regs *regs)
{
	pk_tcp_probe(data, (const struct sock *)pk_ftrace_arg(regs, 0), pk_tcp_wait_quick,
		     pk_tcp_wait_any);
}
PK_FTRACE_CALLBACK_SHARED(pk_tcp_wait_callback, pk_tcp_wait)
