// SPDX-License-Identifier: GPL-2.0-or-later
/* From readings of connections to pieces; see nets.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/nets.h"

void pk_nets_init(struct pk_nets *n, struct pk_writer *w, uint64_t t0_ns)
{
	*n = (struct pk_nets){ .writer = w, .last_ns = t0_ns };
}

void pk_nets_deinit(struct pk_nets *n)
{
	PK_VEC_FOREACH(&n->known, s)
		free(s->buckets);
	pk_vec_deinit(&n->known);
	pk_vec_deinit(&n->diff);
	pk_map64_deinit(&n->where);
}

void pk_nets_begin(struct pk_nets *n, uint64_t now_ns)
{
	n->now_ns = now_ns;
}

void pk_nets_end(struct pk_nets *n, bool complete)
{
	if (complete)
		n->last_ns = n->now_ns;
}

static struct pk_net_state *state_of(struct pk_nets *n, const struct pkprof_net_conns *told)
{
	uint32_t *at = pk_map64_at(&n->where, told->id + 1ULL);

	if (!at)
		return NULL;
	if (*at == PK_MAP64_NONE) {
		if (!pk_vec_push(&n->known))
			return NULL;
		*at = n->known.nr - 1;
	}
	return &n->known.data[*at];
}

static uint32_t bucket_of(const struct pkprof_net_bucket *b)
{
	return b->dist * PKPROF_HIST_BUCKETS + b->bucket;
}

/* The buckets of @told, into n->diff: what they have more than those of @s. */
static int take_difference(struct pk_nets *n, const struct pk_net_state *s,
			   const struct pkprof_net_conns *told)
{
	uint32_t pos = 0;

	n->diff.nr = 0;
	for (uint32_t i = 0; i < told->nr_buckets; i++) {
		struct pk_hist_bucket x = { bucket_of(&told->buckets[i]), told->buckets[i].nr };

		while (pos < s->sums.nr_buckets && s->buckets[pos].bucket < x.bucket)
			pos++;
		if (pos < s->sums.nr_buckets && s->buckets[pos].bucket == x.bucket)
			x.nr -= s->buckets[pos].nr;
		if (x.nr && x.nr <= INT32_MAX && pk_vec_add(&n->diff, x))
			return -ENOMEM;
	}
	return 0;
}

static int remember(struct pk_nets *n, struct pk_net_state *s, const struct pkprof_net_conns *told)
{
	size_t bytes = told->nr_buckets * sizeof(*s->buckets);
	struct pk_hist_bucket *buckets = realloc(s->buckets, bytes ? bytes : 1);

	if (!buckets)
		return -ENOMEM;
	for (uint32_t i = 0; i < told->nr_buckets; i++)
		buckets[i] = (struct pk_hist_bucket){ bucket_of(&told->buckets[i]),
						      told->buckets[i].nr };
	s->buckets = buckets;
	memcpy(&s->sums, told, sizeof(*told));
	s->at_ns = n->now_ns;
	return 0;
}

static uint64_t more(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

/* An address as text; none: the empty one. */
static int put_address(struct pk_nets *n, uint8_t family, const uint8_t *address, uint32_t *id_ret)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (family)
		inet_ntop(family == 6 ? AF_INET6 : AF_INET, address, text, sizeof(text));
	return pk_writer_string(n->writer, text, strlen(text), id_ret);
}

static int write_piece(struct pk_nets *n, const struct pk_net_state *s,
		       const struct pkprof_net_conns *told)
{
	const struct pkprof_net_conns *was = &s->sums;
	struct pk_net_conns x = {
		.from_ns = s->at_ns > n->last_ns ? s->at_ns : n->last_ns,
		.to_ns = n->now_ns,
		.tgid = told->tgid,
		.port = told->port,
		.role = told->role,
		.family = told->family,
		.nr_buckets = n->diff.nr,
	};
	uint64_t any = n->diff.nr;
	int ret;

	for (unsigned int i = 0; i < PKPROF_NR_NET_COUNTS; i++) {
		x.counts[i] = more(told->counts[i], was->counts[i]);
		any |= x.counts[i];
	}
	for (unsigned int i = 0; i < PKPROF_NR_NET_DISTS; i++) {
		x.sums[i] = more(told->sums[i], was->sums[i]);
		x.maxes[i] = told->maxes[i];
	}
	if (x.from_ns >= x.to_ns)
		x.from_ns = x.to_ns - 1;
	if (!x.to_ns || !any)
		return 0;
	ret = put_address(n, told->family, told->remote, &x.remote);
	if (!ret)
		ret = put_address(n, told->role == PKPROF_NET_ACCEPTED ? told->family : 0, told->local,
				  &x.local);
	n->nr_pieces++;
	return ret ? ret : pk_writer_net_conns(n->writer, &x, n->diff.data);
}

int pk_nets_conns(struct pk_nets *n, const struct pkprof_net_conns *told)
{
	struct pk_net_state *s = state_of(n, told);
	int ret = s ? take_difference(n, s, told) : -ENOMEM;

	if (!ret)
		ret = write_piece(n, s, told);
	return ret ? ret : remember(n, s, told);
}
