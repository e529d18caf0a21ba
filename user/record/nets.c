// SPDX-License-Identifier: GPL-2.0-or-later
/* From readings of connections to pieces; see nets.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "record/nets.h"

void pk_nets_init(struct pk_nets *n, struct pk_writer *w, const struct pk_reading_times *times)
{
	*n = (struct pk_nets){ .writer = w, .times = times };
}

void pk_nets_deinit(struct pk_nets *n)
{
	PK_VEC_FOREACH(&n->known, s)
		pk_kept_buckets_deinit(&s->buckets);
	pk_vec_deinit(&n->known);
	pk_vec_deinit(&n->told);
	pk_vec_deinit(&n->diff);
	pk_map64_deinit(&n->where);
}

static struct pk_net_state *state_of(struct pk_nets *n, const struct pkprof_net_conns *told)
{
	uint32_t *at = pk_map64_at(&n->where, told->id + 1ULL);

	if (at && *at == PK_MAP64_NONE && pk_vec_push(&n->known))
		*at = n->known.nr - 1;
	return at && *at != PK_MAP64_NONE ? &n->known.data[*at] : NULL;
}

/* The buckets of @told, into n->told, and what they have more than those of @s into n->diff. */
static int take_buckets(struct pk_nets *n, const struct pk_net_state *s,
			const struct pkprof_net_conns *told)
{
	n->told.nr = 0;
	for (uint32_t i = 0; i < told->nr_buckets; i++) {
		const struct pkprof_net_bucket *x = &told->buckets[i];
		uint32_t bucket = x->dist * PKPROF_HIST_BUCKETS + x->bucket;

		if (pk_vec_add(&n->told, ((struct pk_hist_bucket){ bucket, x->nr })))
			return -ENOMEM;
	}
	return pk_buckets_difference(&n->told, &s->buckets, &n->diff);
}

/* An address as text; none: the empty one. */
static int put_address(struct pk_nets *n, uint8_t family, const uint8_t *address, uint32_t *id_ret)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (family)
		inet_ntop(family == 6 ? AF_INET6 : AF_INET, address, text, sizeof(text));
	return pk_writer_string(n->writer, text, strlen(text), id_ret);
}

/*
 * A Unix socket's peer: its name, in which a byte of 0 is written as @, as the kernel does in
 * /proc/net/unix; of a pair without one, the number of the process that has the other end.
 */
static int put_unix_peer(struct pk_nets *n, const struct pkprof_net_conns *told,
			 struct pk_net_conns *x)
{
	char text[PKPROF_NET_MAX_NAME], number[16] = "";
	uint32_t peer;
	int ret;

	memcpy(text, &told->buckets[told->nr_buckets], told->port);
	for (unsigned int i = 0; i < told->port; i++)
		if (!text[i])
			text[i] = '@';
	memcpy(&peer, told->remote, sizeof(peer));
	if (peer)
		snprintf(number, sizeof(number), "%u", peer);
	x->port = 0;
	ret = pk_writer_string(n->writer, text, told->port, &x->remote);
	return ret ? ret : pk_writer_string(n->writer, number, strlen(number), &x->local);
}

static int put_peer(struct pk_nets *n, const struct pkprof_net_conns *told, struct pk_net_conns *x)
{
	int ret;

	if (told->family == PKPROF_NET_FAMILY_UNIX)
		return put_unix_peer(n, told, x);
	ret = put_address(n, told->family, told->remote, &x->remote);
	return ret ? ret : put_address(n, told->role == PKPROF_NET_ACCEPTED ? told->family : 0,
				       told->local, &x->local);
}

static int write_piece(struct pk_nets *n, const struct pk_net_state *s,
		       const struct pkprof_net_conns *told)
{
	const struct pkprof_net_conns *was = &s->sums;
	struct pk_net_conns x = {
		.from_ns = pk_reading_times_from_ns(n->times, s->at_ns),
		.to_ns = n->times->now_ns,
		.tgid = told->tgid,
		.port = told->port,
		.role = told->role,
		.family = told->family,
		.nr_buckets = n->diff.nr,
	};
	uint64_t any = n->diff.nr;
	int ret;

	for (unsigned int i = 0; i < PKPROF_NR_NET_COUNTS; i++) {
		x.counts[i] = pk_sum_growth(told->counts[i], was->counts[i]);
		any |= x.counts[i];
	}
	for (unsigned int i = 0; i < PKPROF_NR_NET_DISTS; i++) {
		x.sums[i] = pk_sum_growth(told->sums[i], was->sums[i]);
		x.maxes[i] = told->maxes[i];
	}
	if (!x.to_ns || !any)
		return 0;
	ret = put_peer(n, told, &x);
	n->nr_pieces++;
	return ret ? ret : pk_writer_net_conns(n->writer, &x, n->diff.data);
}

int pk_nets_conns(struct pk_nets *n, const struct pkprof_net_conns *told)
{
	struct pk_net_state *s = state_of(n, told);
	int ret = s ? take_buckets(n, s, told) : -ENOMEM;

	if (!ret)
		ret = write_piece(n, s, told);
	if (!ret)
		ret = pk_kept_buckets_set(&s->buckets, &n->told);
	if (ret)
		return ret;
	memcpy(&s->sums, told, sizeof(*told));
	s->at_ns = n->times->now_ns;
	return 0;
}
