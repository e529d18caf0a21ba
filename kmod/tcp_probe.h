/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What probes of source tcp share: their beginning and end, their CPU's clock and sums,
 * and whose a socket is. Each probe turns irqs off, so that its CPU's sums are its own.
 */
#ifndef PK_TCP_PROBE_H
#define PK_TCP_PROBE_H

#include <linux/irqflags.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/tcp.h>

#include "books.h"
#include "ftrace_hook.h"
#include "tcp.h"
#include "tracepoint.h"
#include "tsc_clock.h"

/* Probes of data that are sent and received: a tracepoint's, and callbacks of ftrace. */
void pk_tcp_space_probe(void *data, struct sock *sk);
PK_FTRACE_DECLARE(pk_tcp_send_callback);
PK_FTRACE_DECLARE(pk_tcp_wait_callback);

/* --- a run of a probe: irqs off, timed --- */

/* Reading the kernel's clock twice takes as long as a probe: few runs are timed; a prime. */
#define PK_TCP_TIME_EVERY 251

/* A child that is on the way to its listener's accept queue, and how deep that then is. */
struct pk_tcp_arrival {
	const struct sock *child;
	u32 depth;
};

/**
 * struct pk_tcp_here - what probes on one CPU need, together; irqs off
 * @left:	runs until one is timed; those since are not in the books yet
 * @cells:	of @sums, once more
 * @dists:	likewise
 */
struct pk_tcp_here {
	u32 left;
	struct pk_books *books;
	struct pk_tsc_clock clock;
	struct pk_net_cell *cells;
	struct pk_hist *dists;
	struct pk_net_cpu *sums;
	struct pk_tcp_arrival arrival;
};
DECLARE_PER_CPU(struct pk_tcp_here, pk_tcp_here);

struct pk_tcp_run {
	unsigned long irqs;
	struct pk_tcp_here *here;
	u64 entered_ns;
};

/*
 * The usual course of a frequent probe makes no call, so that hardly a register has to be
 * saved: it goes only as far as nothing has changed yet, and else begins anew with
 * pk_tcp_enter_again(). Context: irqs off. True: this run is not timed.
 */
static __always_inline bool pk_tcp_enter_quick(struct pk_tcp_here *here)
{
	return likely(--here->left);
}

/*
 * After a quick beginning, with irqs as they were before it: its run is counted. True: it is to
 * be timed, and the whole probe runs once more before pk_tcp_leave().
 */
static inline bool pk_tcp_enter_again(unsigned long irqs, struct pk_tcp_run *r)
{
	r->irqs = irqs;
	r->here = this_cpu_ptr(&pk_tcp_here);
	r->entered_ns = 0;
	if (likely(r->here->left))
		return false;
	r->entered_ns = pk_books_enter_due(r->here->books, &r->here->left, PK_TCP_TIME_EVERY);
	return true;
}

static inline void pk_tcp_enter(struct pk_tcp_run *r)
{
	unsigned long irqs;

	local_irq_save(irqs);
	this_cpu_ptr(&pk_tcp_here)->left--;
	if (pk_tcp_enter_again(irqs, r))
		r->here->left--;
}

static inline void pk_tcp_leave(struct pk_tcp_run *r)
{
	pk_books_leave(r->here->books, r->entered_ns);
	local_irq_restore(r->irqs);
}

static inline u64 pk_tcp_now_ns(void)
{
	return pk_tsc_clock_ns(&this_cpu_ptr(&pk_tcp_here)->clock);
}

/* --- sums --- */

/* Clocks of two CPUs may differ a bit. */
static inline void pk_tcp_dist(struct pk_tcp *t, const struct pk_tcp_sock *s, enum pkprof_net_dist what,
			       u64 from_ns, u64 now_ns)
{
	pk_net_dist(&t->sums.keys, pk_net_this_cpu(&t->sums), s->cell, what,
		    now_ns > from_ns ? now_ns - from_ns : 0, now_ns);
}

static inline void pk_tcp_count(struct pk_tcp *t, const struct pk_tcp_sock *s,
				enum pkprof_net_count what, u64 now_ns)
{
	pk_net_count(pk_net_this_cpu(&t->sums), s->cell, what, 1, now_ns);
}

/*
 * Of one socket. What the kernel keeps is an average already, which moves by an eighth with each
 * measurement, and a send that reads it takes some 60 instructions more.
 */
#define PK_TCP_RTT_EVERY_NS (10 * NSEC_PER_MSEC)

/* The kernel's has 3 binary places below 1 us. */
static inline void pk_tcp_rtt(struct pk_tcp *t, struct pk_tcp_sock *s, const struct sock *sk, u64 now_ns)
{
	u32 srtt = tcp_sk(sk)->srtt_us;

	/* also where it is as before: else each send would come here */
	s->rtt_ns = now_ns;
	if (srtt == s->srtt || s->cell == PK_NET_NO_CELL)
		return;
	s->srtt = srtt;
	if (srtt)
		pk_net_dist(&t->sums.keys, pk_net_this_cpu(&t->sums), s->cell, PKPROF_NET_RTT,
			    (u64)srtt * (NSEC_PER_USEC / 8), now_ns);
}

/* --- sockets --- */

/* A listener's backlog stays with its children. Of a socket whose beginning was not seen. */
static inline enum pkprof_net_role pk_tcp_role(const struct sock *sk)
{
	return sk->sk_max_ack_backlog ? PKPROF_NET_ACCEPTED : PKPROF_NET_OPENED;
}

static __always_inline bool pk_tcp_is_own(const struct pk_tcp_sock *s)
{
	return s->who.tgid == current->tgid && s->cell != PK_NET_NO_CELL;
}

/* Who runs has it. */
static inline void pk_tcp_own(struct pk_tcp *t, struct pk_tcp_sock *s, const struct sock *sk, u64 now_ns)
{
	if (unlikely(!pk_tcp_is_own(s)))
		pk_tcp_give(t, s, sk, current->tgid, now_ns);
}

#endif
