// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Statements of a profile script about connections; mkprofile.c has the rest.
 *
 *	net FROM TO opened|accepted|paired PEER [pid=PID] [COUNT=N...] [TIME/DURATION=N...]
 *
 * PEER: REMOTE:PORT, accepted REMOTE@LOCAL:PORT, or "others"; a Unix socket's unix=NAME, or
 * unix=PID of the process with a pair's other end, or unix= alone. COUNT: connected, failed,
 * closed, in, out, segs_in, segs_out, again, resets_in, resets_out, sends, unfollowed,
 * untimed. TIME: connect, accept, rtt, send, receive, service, lifetime, each so many
 * times that long; depth/DEPTH=N.
 */
#include <stdlib.h>
#include <string.h>

#include "model/distribution.h"
#include "script.h"

struct conns_item {
	struct pk_net_conns conns;
	struct pk_hist_bucket buckets[MAX_WORDS];
};

static PK_VEC(struct conns_item) conns;

static const char *const count_names[PKPROF_NR_NET_COUNTS] = {
	[PKPROF_NET_CONNECTED] = "connected", [PKPROF_NET_FAILED] = "failed",
	[PKPROF_NET_CLOSED] = "closed",	      [PKPROF_NET_BYTES_IN] = "in",
	[PKPROF_NET_BYTES_OUT] = "out",	      [PKPROF_NET_SEGS_IN] = "segs_in",
	[PKPROF_NET_SEGS_OUT] = "segs_out",   [PKPROF_NET_RETRANS] = "again",
	[PKPROF_NET_RESETS_IN] = "resets_in", [PKPROF_NET_RESETS_OUT] = "resets_out",
	[PKPROF_NET_SENDS] = "sends",	      [PKPROF_NET_UNFOLLOWED] = "unfollowed",
	[PKPROF_NET_UNTIMED] = "untimed",
};

static const char *const dist_names[PKPROF_NR_NET_DISTS] = {
	[PKPROF_NET_CONNECT] = "connect", [PKPROF_NET_ACCEPT] = "accept",
	[PKPROF_NET_DEPTH] = "depth",	  [PKPROF_NET_RTT] = "rtt",
	[PKPROF_NET_SEND] = "send",	  [PKPROF_NET_RECV] = "receive",
	[PKPROF_NET_SERVICE] = "service", [PKPROF_NET_LIFE] = "lifetime",
};

static void add_bucket(struct conns_item *item, uint32_t bucket, uint32_t nr)
{
	uint32_t i = item->conns.nr_buckets;

	while (i && item->buckets[i - 1].bucket >= bucket)
		i--;
	if (i == item->conns.nr_buckets || item->buckets[i].bucket != bucket) {
		memmove(&item->buckets[i + 1], &item->buckets[i],
			(item->conns.nr_buckets - i) * sizeof(item->buckets[0]));
		item->buckets[i] = (struct pk_hist_bucket){ .bucket = bucket };
		item->conns.nr_buckets++;
	}
	item->buckets[i].nr += nr;
}

static void add_times(struct conns_item *item, const char *name, const char *value, uint32_t nr)
{
	for (unsigned int i = 0; i < PKPROF_NR_NET_DISTS; i++) {
		uint64_t ns;

		if (strcmp(name, dist_names[i]))
			continue;
		ns = i == PKPROF_NET_DEPTH ? number(value) : duration(value);
		item->conns.sums[i] += ns * nr;
		if (ns > item->conns.maxes[i])
			item->conns.maxes[i] = ns;
		add_bucket(item, i * PKPROF_HIST_BUCKETS + pk_dist_bucket(ns), nr);
	}
}

static void take_peer(struct pk_net_conns *x, char *text)
{
	char *port = strrchr(text, ':'), *local = strchr(text, '@');

	x->remote = x->local = intern("");
	if (!strcmp(text, "others"))
		return;
	if (!strncmp(text, "unix=", 5)) {
		x->family = PKPROF_NET_FAMILY_UNIX;
		*(x->role == PKPROF_NET_PAIRED ? &x->local : &x->remote) = intern(text + 5);
		return;
	}
	*port = '\0';
	if (local)
		*local++ = '\0';
	x->port = number(port + 1);
	x->family = strchr(text, ':') ? 6 : 4;
	x->remote = intern(text);
	if (local)
		x->local = intern(local);
}

static void do_net(const struct words *w)
{
	struct conns_item *item = pk_vec_push(&conns);
	struct pk_net_conns *x = &item->conns;

	x->from_ns = instant(word(w, 1));
	x->to_ns = instant(word(w, 2));
	x->role = !strcmp(word(w, 3), "accepted") ? PKPROF_NET_ACCEPTED :
		  !strcmp(word(w, 3), "paired")	  ? PKPROF_NET_PAIRED :
						    PKPROF_NET_OPENED;
	x->tgid = number_or(w, "pid", 0);
	for (unsigned int i = 0; i < PKPROF_NR_NET_COUNTS; i++)
		x->counts[i] = number_or(w, count_names[i], 0);
	take_peer(x, w->word[4]);
	for (unsigned int i = 5; i < w->nr; i++) {
		char *slash = strchr(w->word[i], '/'), *equals = strchr(w->word[i], '=');

		if (!slash)
			continue;
		*slash = *equals = '\0';
		add_times(item, w->word[i], slash + 1, number(equals + 1));
	}
}

BY_TIME(conns_by_time, struct conns_item, conns.to_ns)

void write_nets(void)
{
	sort(conns, conns_by_time);
	PK_VEC_FOREACH(&conns, x)
		check(pk_writer_net_conns(writer, &x->conns, x->buckets));
}

const struct statement net_statements[] = { { "net", do_net }, { 0 } };
