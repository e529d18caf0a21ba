// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Slots of followed sockets, whose they are, and what they add to the sums; see tcp.h.
 *
 * In: a socket's own figures. Out: what they grew by, in the cell of its owner, each time
 * that it changes hands, ends or is read.
 */
#include <linux/irqflags.h>
#include <linux/sched.h>
#include <linux/tcp.h>
#include <linux/vmalloc.h>
#include <net/ipv6.h>
#include <net/tcp.h>
#include "compat/clock.h"
#include "tcp.h"

static raw_spinlock_t *pk_tcp_lock_of(struct pk_tcp *t, const struct pk_tcp_sock *s)
{
	return &t->locks[(s - t->sock) & (PK_TCP_LOCKS - 1)];
}

/* --- figures --- */

/*
 * Data that nobody read yet count for whoever will, so unless it is the @last time they
 * are left. The kernel takes the end of a stream for a byte of it.
 * What is sent again is counted before it is sent: read in between, less seems to be sent.
 */
static void pk_tcp_read(const struct pk_tcp_sock *s, const struct sock *sk, bool last,
			struct pk_tcp_figures *ret)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u64 again = READ_ONCE(tp->bytes_retrans), in = READ_ONCE(tp->bytes_received);
	u32 unread = last ? 0 : READ_ONCE(tp->rcv_nxt) - s->copied;

	ret->bytes_in = in - max_t(u32, unread, sock_flag(sk, SOCK_DONE));
	ret->bytes_out = READ_ONCE(tp->bytes_sent) - again;
	ret->segs_in = READ_ONCE(tp->segs_in);
	ret->segs_out = READ_ONCE(tp->segs_out);
	ret->retrans = READ_ONCE(tp->total_retrans);
}

/* By how much a figure grew since it was booked. One that went back was set to 0 by disconnect(). */
static u64 pk_tcp_grown(u64 now, u64 *booked)
{
	u64 more = now - *booked;

	if ((s64)more <= 0)
		return 0;
	*booked = now;
	return more;
}

static u64 pk_tcp_grown32(u32 now, u32 *booked)
{
	u32 more = now - *booked;

	if ((s32)more <= 0)
		return 0;
	*booked = now;
	return more;
}

/* Context: our lock. */
static void pk_tcp_book_locked(struct pk_tcp *t, struct pk_tcp_sock *s, const struct sock *sk,
			       bool last, u64 now_ns)
{
	u64 *counts = pk_net_this_cpu(&t->sums)->cells[s->cell].counts;
	struct pk_tcp_figures now;
	u64 sends = READ_ONCE(s->sends);

	pk_tcp_read(s, sk, last, &now);
	/* without a segment or a call nothing changed but what was read */
	if (now.segs_in == s->booked.segs_in && now.segs_out == s->booked.segs_out &&
	    now.bytes_in == s->booked.bytes_in && sends == s->sends_booked)
		return;
	counts[PKPROF_NET_SEGS_IN] += pk_tcp_grown32(now.segs_in, &s->booked.segs_in);
	counts[PKPROF_NET_SEGS_OUT] += pk_tcp_grown32(now.segs_out, &s->booked.segs_out);
	counts[PKPROF_NET_BYTES_IN] += pk_tcp_grown(now.bytes_in, &s->booked.bytes_in);
	counts[PKPROF_NET_BYTES_OUT] += pk_tcp_grown(now.bytes_out, &s->booked.bytes_out);
	counts[PKPROF_NET_RETRANS] += pk_tcp_grown32(now.retrans, &s->booked.retrans);
	counts[PKPROF_NET_SENDS] += sends - s->sends_booked;
	s->sends_booked = sends;
	pk_net_this_cpu(&t->sums)->cells[s->cell].last_ns = now_ns;
}

/* --- owners --- */

/* Context: our lock. */
static void pk_tcp_give_locked(struct pk_tcp *t, struct pk_tcp_sock *s, const struct sock *sk,
			       u32 tgid, u64 now_ns)
{
	if (s->cell != PK_NET_NO_CELL)
		pk_tcp_book_locked(t, s, sk, false, now_ns);
	s->who.tgid = tgid;
	s->cell = pk_net_cell_of(&t->sums.keys, &s->who);
	if (s->fresh)
		pk_net_count(pk_net_this_cpu(&t->sums), s->cell, PKPROF_NET_CONNECTED, 1, now_ns);
	s->fresh = 0;
}

void pk_tcp_give(struct pk_tcp *t, struct pk_tcp_sock *s, const struct sock *sk, u32 tgid, u64 now_ns)
{
	raw_spinlock_t *lock = pk_tcp_lock_of(t, s);

	raw_spin_lock(lock);
	pk_tcp_give_locked(t, s, sk, tgid, now_ns);
	raw_spin_unlock(lock);
}

void pk_tcp_book(struct pk_tcp *t, struct pk_tcp_sock *s, const struct sock *sk, u64 now_ns)
{
	raw_spinlock_t *lock = pk_tcp_lock_of(t, s);

	raw_spin_lock(lock);
	if (s->cell == PK_NET_NO_CELL)
		pk_tcp_give_locked(t, s, sk, 0, now_ns);
	pk_tcp_book_locked(t, s, sk, true, now_ns);
	raw_spin_unlock(lock);
}

/* --- slots --- */

/* Return: the family that the address is of; one of IPv4 in IPv6 is of IPv4. */
static u8 pk_tcp_address(const struct in6_addr *in6, __be32 in4, u8 ret[16])
{
	memset(ret, 0, 16);
	if (in6 && !ipv6_addr_v4mapped(in6)) {
		memcpy(ret, in6, 16);
		return 6;
	}
	if (in6)
		in4 = in6->s6_addr32[3];
	memcpy(ret, &in4, 4);
	return 4;
}

void pk_tcp_addresses(const struct sock *sk, struct pk_net_who *who)
{
	const struct in6_addr *remote = NULL, *local = NULL;

#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6) {
		remote = &sk->sk_v6_daddr;
		local = &sk->sk_v6_rcv_saddr;
	}
#endif
	who->family = pk_tcp_address(remote, sk->sk_daddr, who->remote);
	memset(who->local, 0, sizeof(who->local));
	if (who->role == PKPROF_NET_ACCEPTED)
		pk_tcp_address(local, sk->sk_rcv_saddr, who->local);
	who->port = who->role == PKPROF_NET_OPENED ? ntohs(sk->sk_dport) : sk->sk_num;
}

void pk_tcp_who_asks(const struct request_sock *req, struct pk_net_who *ret)
{
	const struct inet_request_sock *ireq = inet_rsk(req);
	const struct in6_addr *remote = NULL, *local = NULL;

#if IS_ENABLED(CONFIG_IPV6)
	if (ireq->ireq_family == AF_INET6) {
		remote = &ireq->ir_v6_rmt_addr;
		local = &ireq->ir_v6_loc_addr;
	}
#endif
	*ret = (struct pk_net_who){ .role = PKPROF_NET_ACCEPTED, .port = ireq->ir_num };
	ret->family = pk_tcp_address(remote, ireq->ir_rmt_addr, ret->remote);
	pk_tcp_address(local, ireq->ir_loc_addr, ret->local);
}

static noinline struct pk_tcp_sock *pk_tcp_no_room(struct pk_tcp *t, enum pkprof_net_role role,
						   u64 now_ns)
{
	pk_net_count(pk_net_this_cpu(&t->sums), t->sums.keys.nr + role, PKPROF_NET_UNFOLLOWED, 1, now_ns);
	return NULL;
}

struct pk_tcp_sock *pk_tcp_follow(struct pk_tcp *t, const struct sock *sk,
				  enum pkprof_net_role role, bool born, u64 now_ns)
{
	struct pk_tcp_sock *s;
	raw_spinlock_t *lock;
	bool known;
	int at = pk_group_get(t->key, pk_group_of((u64)sk, PK_TCP_GROUPS, PK_TCP_GROUP),
			      PK_TCP_GROUP, (u64)sk, &known);

	if (at < 0)
		return pk_tcp_no_room(t, role, now_ns);
	s = &t->sock[at];
	if (likely(known && !born))
		return s;
	if (!known)
		atomic_inc(&t->nr_used[at / PK_TCP_REGION]);
	lock = pk_tcp_lock_of(t, s);
	raw_spin_lock(lock);
	*s = (struct pk_tcp_sock){ .cell = PK_NET_NO_CELL, .who.role = role };
	pk_tcp_addresses(sk, &s->who);
	s->copied = tcp_sk(sk)->copied_seq;
	pk_tcp_read(s, sk, false, &s->booked);
	s->srtt = tcp_sk(sk)->srtt_us;
	if (born) {
		/* what the listener sent again on its behalf is counted already */
		s->booked = (struct pk_tcp_figures){ .retrans = s->booked.retrans };
		s->srtt = 0;
		s->since_ns = now_ns;
		s->up = s->queued = s->fresh = 1;
	}
	s->ready = 1;
	raw_spin_unlock(lock);
	return s;
}

void pk_tcp_drop(struct pk_tcp *t, struct pk_tcp_sock *s, const struct sock *sk, u64 now_ns)
{
	raw_spinlock_t *lock = pk_tcp_lock_of(t, s);

	raw_spin_lock(lock);
	if (s->cell == PK_NET_NO_CELL)
		pk_tcp_give_locked(t, s, sk, 0, now_ns);
	pk_tcp_book_locked(t, s, sk, true, now_ns);
	s->ready = 0;
	atomic_dec(&t->nr_used[(s - t->sock) / PK_TCP_REGION]);
	pk_group_drop(t->key, s - t->sock);
	raw_spin_unlock(lock);
}

void pk_tcp_restart(struct pk_tcp *t, struct pk_tcp_sock *s, const struct sock *sk, u64 now_ns)
{
	raw_spinlock_t *lock = pk_tcp_lock_of(t, s);

	raw_spin_lock(lock);
	if (s->cell != PK_NET_NO_CELL)
		pk_tcp_book_locked(t, s, sk, true, now_ns);
	s->who.role = PKPROF_NET_OPENED;
	pk_tcp_addresses(sk, &s->who);
	pk_tcp_read(s, sk, true, &s->booked);
	s->asked = s->up = s->queued = s->fresh = 0;
	s->srtt = 0;
	s->since_ns = now_ns;
	s->cell = PK_NET_NO_CELL;
	raw_spin_unlock(lock);
}

void pk_tcp_close(struct pk_tcp *t)
{
	unsigned int i;

	WRITE_ONCE(t->closed, true);
	/* who is reading is through after that */
	for (i = 0; i < PK_TCP_LOCKS; i++) {
		raw_spin_lock_irq(&t->locks[i]);
		raw_spin_unlock_irq(&t->locks[i]);
	}
}

/* --- reading --- */

/* A connection in the accept queue may yet find its owner. */
#define PK_TCP_ADOPT_NS NSEC_PER_SEC

static void pk_tcp_read_slot(struct pk_tcp *t, unsigned int at)
{
	struct pk_tcp_sock *s = &t->sock[at];
	raw_spinlock_t *lock = pk_tcp_lock_of(t, s);
	u64 now_ns = pk_clock_ns();
	unsigned long flags;
	const struct sock *sk;

	raw_spin_lock_irqsave(lock, flags);
	sk = (const struct sock *)atomic64_read(&t->key[at]);
	if (sk && s->ready && !t->closed) {
		if (s->cell == PK_NET_NO_CELL && !(s->fresh && now_ns - s->since_ns < PK_TCP_ADOPT_NS))
			pk_tcp_give_locked(t, s, sk, 0, now_ns);
		if (s->cell != PK_NET_NO_CELL)
			pk_tcp_book_locked(t, s, sk, false, now_ns);
	}
	raw_spin_unlock_irqrestore(lock, flags);
}

void pk_tcp_read_all(struct pk_tcp *t)
{
	unsigned int region, i;

	for (region = 0; region < PK_TCP_REGIONS; region++) {
		if (!atomic_read(&t->nr_used[region]))
			continue;
		for (i = region * PK_TCP_REGION; i < (region + 1) * PK_TCP_REGION; i++)
			if (atomic64_read(&t->key[i]))
				pk_tcp_read_slot(t, i);
		cond_resched();
	}
}

size_t pk_tcp_next_conns(struct pk_tcp *t, u64 *pos, u64 epoch_ns,
			 const struct pk_filter *filter, void *buf)
{
	if (!*pos)
		pk_tcp_read_all(t);
	return pk_net_store_next(&t->sums, pos, epoch_ns, filter, buf);
}

void pk_tcp_destroy(struct pk_tcp *t)
{
	if (!t)
		return;
	pk_net_store_deinit(&t->sums);
	vfree(t);
}
