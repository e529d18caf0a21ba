/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a session with source tcp knows: sockets that it follows, and the sums of what
 * they did. Made when the source is attached; stays until the session goes, so a reader
 * with a reference to that needs no lock.
 *
 * A followed socket has a slot, from its first event to its end (tracepoint
 * tcp_destroy_sock, which comes before its memory goes). The fields of a slot belong to
 * whoever holds the socket's own lock. Where figures are booked and where the slot is
 * taken or given back, one of our locks is held as well: under that lock a reader, who
 * has no right to the socket, finds in a slot only sockets that are there.
 */
#ifndef PK_TCP_H
#define PK_TCP_H

#include <linux/spinlock.h>
#include <linux/types.h>
#include "key_group.h"
#include "net_store.h"

struct pk_filter;
struct pk_session;
struct request_sock;
struct sock;

#define PK_TCP_GROUP	8	/* slots of a group */
#define PK_TCP_GROUPS	4096	/* a power of two; 32768 sockets, 6 MB */
#define PK_TCP_REGION	128	/* slots */
#define PK_TCP_REGIONS	(PK_TCP_GROUPS * PK_TCP_GROUP / PK_TCP_REGION)
#define PK_TCP_LOCKS	64	/* a power of two */

/* A socket's figures of its own, as the kernel counts them. */
struct pk_tcp_figures {
	u64 bytes_in, bytes_out;	/* payload; out without what was sent again */
	u32 segs_in, segs_out, retrans;
};

/**
 * struct pk_tcp_sock - a followed socket
 * @mark_ns:	last segment of the request, or last send of it
 * @rtt_ns:	when a round trip was booked last
 * @arrived:	up to where data had come when they were read last
 * @srtt:	smoothed round trip time that was booked last, as the kernel has it
 * @asked:	of request and answer, the answer is due since @mark_ns
 * @up:		connected, at @since_ns
 * @queued:	not accepted yet, as far as we know
 * @ready:	the slot is filled; under our lock
 * @fresh:	connected, but not counted yet, as nobody has it; under our lock
 * @cell:	where what it does is booked; PK_NET_NO_CELL: nobody has it yet
 * @depth:	connections in the accept queue when it came there, with it; 0: not known
 * @wait_tid:	who is blocked in a receive since @wait_ns; 0: nobody
 * @since_ns:	connected, or until then when connecting began; 0: not known
 * @copied:	up to where data were read, as the kernel numbers bytes
 * @sends:	calls that sent
 * @sends_booked: of them
 * @booked:	figures that are booked, or were there before the socket was followed
 * @who:	tgid: the owner, 0: not known
 */
struct pk_tcp_sock {
	u64 mark_ns, rtt_ns;
	u32 srtt, copied, arrived;
	u8 asked, up, queued, ready, fresh;
	u16 cell, depth;
	u32 wait_tid;
	u64 wait_ns;
	u64 since_ns;
	u64 sends, sends_booked;
	struct pk_tcp_figures booked;
	struct pk_net_who who;
};

struct pk_tcp {
	struct pk_session *session;
	atomic_t nr_used[PK_TCP_REGIONS];	/* slots of each region; so most need no look */
	bool closed;			/* the ends of sockets are told no more; under any lock */
	raw_spinlock_t locks[PK_TCP_LOCKS];
	atomic64_t key[PK_TCP_GROUPS * PK_TCP_GROUP] __aligned(64);	/* address; 0: free */
	struct pk_tcp_sock sock[PK_TCP_GROUPS * PK_TCP_GROUP];
	struct pk_net_store sums;
};

/* --- a socket's slot; irqs off, @sk with the caller's right to it --- */

static __always_inline struct pk_tcp_sock *pk_tcp_find(struct pk_tcp *t, const struct sock *sk)
{
	int at = pk_group_find(t->key, pk_group_of((u64)sk, PK_TCP_GROUPS, PK_TCP_GROUP),
			       PK_TCP_GROUP, (u64)sk);

	return likely(at >= 0) ? &t->sock[at] : NULL;
}

/*
 * The slot of a socket, which is taken if there is none: figures that the socket has by
 * then do not count. @born: it is connected this moment, all of them count. NULL: no room.
 */
struct pk_tcp_sock *pk_tcp_follow(struct pk_tcp *t, const struct sock *sk,
				  enum pkprof_net_role role, bool born, u64 now_ns);
/* The socket is going. */
void pk_tcp_drop(struct pk_tcp *t, struct pk_tcp_sock *s, const struct sock *sk, u64 now_ns);
/* What it did so far is booked for who had it; from now on it is @tgid's. 0: nobody's that is known. */
void pk_tcp_give(struct pk_tcp *t, struct pk_tcp_sock *s, const struct sock *sk, u32 tgid, u64 now_ns);
/* Book what it did, all of it: the connection is over. */
void pk_tcp_book(struct pk_tcp *t, struct pk_tcp_sock *s, const struct sock *sk, u64 now_ns);
/* It begins to connect, maybe once more: to whom is told by the socket. */
void pk_tcp_restart(struct pk_tcp *t, struct pk_tcp_sock *s, const struct sock *sk, u64 now_ns);
/* Whose a connection is that a listener answers, but for the process. */
void pk_tcp_who_asks(const struct request_sock *req, struct pk_net_who *ret);
/* The addresses of a socket of an Internet protocol, as who->role has them. */
void pk_tcp_addresses(const struct sock *sk, struct pk_net_who *who);
/* No socket is looked at any more that its own probe does not bring along. */
void pk_tcp_close(struct pk_tcp *t);
/* Book what all sockets did up to now. Context: may sleep. */
void pk_tcp_read_all(struct pk_tcp *t);

/* --- reading --- */

/*
 * At any time in the session's life. @pos: 0 at first, opaque. May reschedule between
 * pieces. Return: bytes used of @buf, which has PK_NET_MAX_BYTES, 0: no more.
 */
size_t pk_tcp_next_conns(struct pk_tcp *t, u64 *pos, u64 epoch_ns,
			 const struct pk_filter *filter, void *buf);

/* Context: may sleep. NULL is fine. */
void pk_tcp_destroy(struct pk_tcp *t);

#endif
