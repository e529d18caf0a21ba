/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What probes of source unix share: their beginning and end, and the socket they are on.
 * Each turns irqs off, so that its CPU's sums are its own, and takes the lock of the
 * socket's slot. Those of what is sent and received are in unix_data.c.
 */
#ifndef PK_UNIX_PROBE_H
#define PK_UNIX_PROBE_H

#include <linux/irqflags.h>
#include <linux/net.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <net/af_unix.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "compat/ftrace.h"
#include "session.h"
#include "tsc_clock.h"
#include "unix.h"

/* Probes of what is sent and received, for the tables of source_unix.c. */
PK_FTRACE_DECLARE(pk_unix_send_callback);
PK_FTRACE_DECLARE(pk_unix_recv_callback);
PK_FTRACE_DECLARE(pk_unix_queue_callback);
PK_FTRACE_DECLARE(pk_unix_copy_callback);
void pk_unix_sent_probe(void *data, struct sock *sk, int ret, int flags);
void pk_unix_received_probe(void *data, struct sock *sk, int ret, int flags);

/* Bytes of splice() and sendfile(), as far as this kernel has functions of their own for them. May sleep. */
void pk_unix_pass_attach(struct pk_unix *u);
void pk_unix_pass_detach(void);

/* --- probes: irqs off, timed --- */

/* Of each CPU; its irqs are off. */
DECLARE_PER_CPU(struct pk_tsc_clock, pk_unix_clock);

#define PK_UNIX_TIME_EVERY 61	/* hits for one that is timed; see PK_BOOKS_TIME_EVERY */

/* A probe's run: on one socket at a time, whose group is locked. */
struct pk_unix_run {
	unsigned long irqs;
	struct pk_unix *u;
	struct pk_books *books;
	u64 entered_ns, now_ns;
	raw_spinlock_t *lock;
};

static __always_inline void pk_unix_enter(struct pk_unix_run *r, struct pk_unix *u)
{
	local_irq_save(r->irqs);
	r->u = u;
	r->books = &pk_session_this_cpu(u->session)->books[PKPROF_SRC_UNIX];
	r->entered_ns = pk_books_enter(r->books, PK_UNIX_TIME_EVERY);
	r->now_ns = pk_tsc_clock_ns(this_cpu_ptr(&pk_unix_clock));
}

static __always_inline void pk_unix_leave(struct pk_unix_run *r)
{
	pk_books_leave(r->books, r->entered_ns);
	local_irq_restore(r->irqs);
}

static __always_inline void pk_unix_lock(struct pk_unix_run *r, const struct sock *sk)
{
	r->lock = pk_unix_lock_of(r->u, sk);
	raw_spin_lock(r->lock);
}

static __always_inline void pk_unix_unlock(struct pk_unix_run *r)
{
	raw_spin_unlock(r->lock);
}

static __always_inline bool pk_unix_is(const struct sock *sk)
{
	return sk->sk_family == AF_UNIX && sk->sk_type == SOCK_STREAM;
}

static __always_inline void pk_unix_count(const struct pk_unix_run *r, const struct pk_unix_sock *s,
					  enum pkprof_net_count what, u64 nr)
{
	pk_net_count(pk_net_this_cpu(&r->u->sums), s->cell, what, nr, r->now_ns);
}

/* Clocks of two CPUs may differ a bit. */
static __always_inline void pk_unix_dist(const struct pk_unix_run *r, const struct pk_unix_sock *s,
					 enum pkprof_net_dist what, u64 from_ns)
{
	pk_net_dist(&r->u->sums.keys, pk_net_this_cpu(&r->u->sums), s->cell, what,
		    r->now_ns > from_ns ? r->now_ns - from_ns : 0, r->now_ns);
}

/* Locks it. A socket without a connection has nothing to tell: NULL. */
static __always_inline struct pk_unix_sock *pk_unix_seen(struct pk_unix_run *r, const struct sock *sk)
{
	struct pk_unix_sock *s;

	pk_unix_lock(r, sk);
	s = pk_unix_find(r->u, sk);
	if (likely(s))
		return s;
	return READ_ONCE(sk->sk_state) == TCP_ESTABLISHED ? pk_unix_meet(r->u, sk, r->now_ns) : NULL;
}

/* Who runs has it. */
static __always_inline void pk_unix_own(struct pk_unix_run *r, struct pk_unix_sock *s,
					const struct sock *sk)
{
	if (unlikely(s->who.tgid != current->tgid || !READ_ONCE(s->mine)))
		pk_unix_give(r->u, s, sk, current->tgid, r->now_ns);
}

#endif
