/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a session with source unix knows: stream sockets that it follows, and the sums of
 * what they did. Made when the source is attached; stays until the session goes.
 *
 * A followed socket has a slot from its first event until it is released. Nobody's lock is
 * held in all calls on a Unix socket, so each group of slots has one of ours: what is in a
 * slot is touched under that, but for what another socket's probe leaves there. A reader
 * looks at sums only.
 */
#ifndef PK_UNIX_H
#define PK_UNIX_H

#include <linux/spinlock.h>
#include <linux/types.h>
#include "key_group.h"
#include "net_names.h"
#include "net_store.h"

struct pk_filter;
struct pk_session;
struct sock;
struct sockaddr_un;

#define PK_UNIX_GROUP	8	/* slots of a group */
#define PK_UNIX_GROUPS	4096	/* a power of two; 32768 sockets, 7 MB */
#define PK_UNIX_FIRST_ROW 65536	/* number of the first row: above those of tcp */

/* A call that is under way: by whom, since when, and how often that one had slept by then. */
struct pk_unix_call {
	u64 since_ns;
	unsigned long sleeps;
	u32 tid;
};

/**
 * struct pk_unix_sock - a followed socket
 * @came_ns:	the peer's last send began; written by its probe, without our lock
 * @mine:	@who and @cell are right; the peer's probe takes it back when the process
 *		that has the other end of a pair changes
 * @mark_ns:	last send of the request, by whoever asks
 * @arrived_ns:	@came_ns of the data that were received last
 * @since_ns:	connected, or until then when connecting began; 0: not known
 * @send:	the last call that sends
 * @recv:	the last call that receives
 * @cell:	where what it does is booked; PK_NET_NO_CELL: nobody has it yet
 * @depth:	connections in the accept queue when it came there, with it
 * @maker:	process that called socketpair()
 * @turn:	who asks
 * @asked:	of request and answer, the answer is due since @mark_ns
 * @connecting:	connect() was called and has not succeeded yet
 * @up:		connected since @since_ns
 * @queued:	not accepted yet, as far as we know
 * @fresh:	connected, but not counted yet, as nobody has it
 * @peeks:	@recv leaves the data where they are
 * @who:	tgid: the owner, 0: not known
 */
struct pk_unix_sock {
	u64 came_ns;
	u64 mark_ns, arrived_ns, since_ns;
	struct pk_unix_call send, recv;
	u32 mine;
	u16 cell, depth;
	u32 maker;
	u8 turn, asked, connecting, up, queued, fresh, peeks;
	struct pk_net_who who;
};

enum pk_unix_turn {
	PK_UNIX_UNDECIDED,	/* by the first call: who sends is who asks */
	PK_UNIX_ASKS,
	PK_UNIX_ANSWERS,
};

struct pk_unix {
	struct pk_session *session;
	struct pk_net_store sums;
	struct pk_net_names names;
	raw_spinlock_t locks[PK_UNIX_GROUPS];
	atomic64_t key[PK_UNIX_GROUPS * PK_UNIX_GROUP] __aligned(64);	/* address; 0: free */
	struct pk_unix_sock sock[PK_UNIX_GROUPS * PK_UNIX_GROUP];
};

/* --- slots; irqs off, the lock of the socket's group held ---------------------------- */

static __always_inline u32 pk_unix_group_of(const struct sock *sk)
{
	return pk_group_of((u64)sk, PK_UNIX_GROUPS, PK_UNIX_GROUP);
}

static __always_inline raw_spinlock_t *pk_unix_lock_of(struct pk_unix *u, const struct sock *sk)
{
	return &u->locks[pk_unix_group_of(sk) / PK_UNIX_GROUP];
}

/* Also without the lock, if only what the peer may touch is touched. */
static __always_inline struct pk_unix_sock *pk_unix_find(struct pk_unix *u, const struct sock *sk)
{
	int at = pk_group_find(u->key, pk_unix_group_of(sk), PK_UNIX_GROUP, (u64)sk);

	return likely(at >= 0) ? &u->sock[at] : NULL;
}

/*
 * The slot of a socket that begins now, or begins anew. @role: what it will be. NULL: no
 * room, which is counted.
 */
struct pk_unix_sock *pk_unix_begin(struct pk_unix *u, const struct sock *sk,
				   enum pkprof_net_role role, u64 now_ns);
/* Of a connected socket whose beginning was not seen. Context: a call on it, so it stays. */
struct pk_unix_sock *pk_unix_meet(struct pk_unix *u, const struct sock *sk, u64 now_ns);
/* The slot goes. */
void pk_unix_drop(struct pk_unix *u, struct pk_unix_sock *s);

/* What it does from now on is booked for @tgid; 0: nobody that is known. */
void pk_unix_give(struct pk_unix *u, struct pk_unix_sock *s, const struct sock *sk, u32 tgid,
		  u64 now_ns);
/* Its peer's name is that at which @listener listens; nobody has it then. */
void pk_unix_name_by(struct pk_unix *u, struct pk_unix_sock *s, const struct sock *listener);
/* Likewise that of an address of @bytes. */
void pk_unix_name(struct pk_unix *u, struct pk_unix_sock *s, const struct sockaddr_un *address,
		  int bytes);

/* --- reading -------------------------------------------------------------------------- */

/*
 * At any time in the session's life. May sleep. @pos: 0 at first, opaque. Return: bytes used
 * of @buf, which has PK_NET_MAX_BYTES, 0: no more.
 */
size_t pk_unix_next_conns(struct pk_unix *u, u64 *pos, u64 epoch_ns,
			  const struct pk_filter *filter, void *buf);

/* NULL without memory. */
struct pk_unix *pk_unix_create(struct pk_session *s);
/* Context: may sleep. NULL is fine. */
void pk_unix_destroy(struct pk_unix *u);

#endif
