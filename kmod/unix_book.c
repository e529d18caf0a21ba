// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Slots of followed Unix sockets, whose they are and how they are told; see unix.h.
 *
 * In: sockets, names that they are bound to. Out: the cell of the sums that a socket's
 * owner and peer have, and rows of it with the peer's name.
 */
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/un.h>
#include <linux/vmalloc.h>
#include <net/af_unix.h>
#include "unix.h"

/* --- who -------------------------------------------------------------------------------- */

/* A key's address is made of two numbers: whoever has the other end of a pair, and a name. */
static void pk_unix_put(u8 address[16], u32 number)
{
	memcpy(address, &number, sizeof(number));
}

static u32 pk_unix_number(const u8 address[16])
{
	u32 number;

	memcpy(&number, address, sizeof(number));
	return number;
}

void pk_unix_name(struct pk_unix *u, struct pk_unix_sock *s, const struct sockaddr_un *address,
		  int bytes)
{
	int head = offsetof(struct sockaddr_un, sun_path);

	bytes = clamp_t(int, bytes - head, 0, PKPROF_NET_MAX_NAME);
	/* a path ends where it ends, whatever length was given; an abstract name begins with 0 */
	if (bytes && address->sun_path[0])
		bytes = strnlen(address->sun_path, bytes);
	pk_unix_put(s->who.local, pk_net_name_of(&u->names, address->sun_path, bytes));
	s->mine = 0;
}

/* An address is set once and stays as long as its socket. */
static const struct unix_address *pk_unix_address(const struct sock *sk)
{
	return smp_load_acquire(&((const struct unix_sock *)sk)->addr);
}

void pk_unix_name_by(struct pk_unix *u, struct pk_unix_sock *s, const struct sock *listener)
{
	const struct unix_address *a = pk_unix_address(listener);

	if (a)
		pk_unix_name(u, s, a->name, a->len);
}

/* Who has the other end of a pair: as far as it was seen, else who made it. */
static u32 pk_unix_other(struct pk_unix *u, struct pk_unix_sock *s, const struct sock *sk,
			 bool changed)
{
	const struct sock *peer = READ_ONCE(((const struct unix_sock *)sk)->peer);
	struct pk_unix_sock *p = peer ? pk_unix_find(u, peer) : NULL;
	u32 tgid = p ? READ_ONCE(p->who.tgid) : 0;

	if (p && changed)
		WRITE_ONCE(p->mine, 0);
	return tgid ? tgid : s->maker;
}

void pk_unix_give(struct pk_unix *u, struct pk_unix_sock *s, const struct sock *sk, u32 tgid,
		  u64 now_ns)
{
	bool changed = s->who.tgid != tgid;

	WRITE_ONCE(s->who.tgid, tgid);
	WRITE_ONCE(s->mine, 1);
	if (s->who.role == PKPROF_NET_PAIRED)
		pk_unix_put(s->who.remote, pk_unix_other(u, s, sk, changed));
	s->cell = pk_net_cell_of(&u->sums.keys, &s->who);
	if (s->fresh)
		pk_net_count(pk_net_this_cpu(&u->sums), s->cell, PKPROF_NET_CONNECTED, 1, now_ns);
	s->fresh = 0;
}

/* --- slots ------------------------------------------------------------------------------ */

struct pk_unix_sock *pk_unix_begin(struct pk_unix *u, const struct sock *sk,
				   enum pkprof_net_role role, u64 now_ns)
{
	static const u8 turns[PKPROF_NR_NET_ROLES] = {
		[PKPROF_NET_OPENED] = PK_UNIX_ASKS,
		[PKPROF_NET_ACCEPTED] = PK_UNIX_ANSWERS,
	};
	bool known;
	int at = pk_group_get(u->key, pk_unix_group_of(sk), PK_UNIX_GROUP, (u64)sk, &known);

	if (at < 0) {
		pk_net_count(pk_net_this_cpu(&u->sums), u->sums.keys.nr + role,
			     PKPROF_NET_UNFOLLOWED, 1, now_ns);
		return NULL;
	}
	u->sock[at] = (struct pk_unix_sock){
		.cell = PK_NET_NO_CELL,
		.turn = turns[role],
		.who = { .role = role, .family = PKPROF_NET_FAMILY_UNIX },
	};
	return &u->sock[at];
}

/*
 * Who was accepted has the listener's name, who opened has a peer with one. The peer stays
 * as long as a call on the socket lasts.
 */
struct pk_unix_sock *pk_unix_meet(struct pk_unix *u, const struct sock *sk, u64 now_ns)
{
	const struct sock *peer = READ_ONCE(((const struct unix_sock *)sk)->peer);
	enum pkprof_net_role role = PKPROF_NET_PAIRED;
	struct pk_unix_sock *s;

	if (peer && pk_unix_address(peer))
		role = PKPROF_NET_OPENED;
	else if (pk_unix_address(sk))
		role = PKPROF_NET_ACCEPTED;
	s = pk_unix_begin(u, sk, role, now_ns);
	if (s && role != PKPROF_NET_PAIRED)
		pk_unix_name_by(u, s, role == PKPROF_NET_OPENED ? peer : sk);
	return s;
}

void pk_unix_drop(struct pk_unix *u, struct pk_unix_sock *s)
{
	pk_group_drop(u->key, s - u->sock);
}

/* --- reading ---------------------------------------------------------------------------- */

size_t pk_unix_next_conns(struct pk_unix *u, u64 *pos, u64 epoch_ns,
			  const struct pk_filter *filter, void *buf)
{
	struct pkprof_net_conns *ret = buf;
	size_t bytes = pk_net_store_next(&u->sums, pos, epoch_ns, filter, ret);
	const struct pk_net_name *name;

	if (!bytes)
		return 0;
	name = pk_net_name_at(&u->names, pk_unix_number(ret->local));
	memset(ret->local, 0, sizeof(ret->local));
	ret->id += PK_UNIX_FIRST_ROW;
	ret->family = PKPROF_NET_FAMILY_UNIX;
	if (!name)
		return bytes;
	ret->port = name->bytes;
	memcpy(&ret->buckets[ret->nr_buckets], name->text, PKPROF_NET_NAME_ROOM(name->bytes));
	return bytes + PKPROF_NET_NAME_ROOM(name->bytes);
}

struct pk_unix *pk_unix_create(struct pk_session *s)
{
	struct pk_unix *u = vzalloc(sizeof(*u));
	unsigned int i;

	if (!u)
		return NULL;
	u->session = s;
	for (i = 0; i < PK_UNIX_GROUPS; i++)
		raw_spin_lock_init(&u->locks[i]);
	if (!pk_net_store_init(&u->sums))
		return u;
	pk_unix_destroy(u);
	return NULL;
}

void pk_unix_destroy(struct pk_unix *u)
{
	if (!u)
		return;
	pk_net_store_deinit(&u->sums);
	vfree(u);
}
