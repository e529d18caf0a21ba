// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Net: what TCP and Unix stream connections did, by process and peer: how many there were,
 * what went through them, what was lost, and how long it all took.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/net_groups.h"
#include "analysis/ranking.h"
#include "base/cleanup.h"
#include "source/names.h"

/* Whom a row is about; the first cells of each table but the total. */
#define WHO_COLUMNS                                                                                \
	{ "pid", "pid", PK_COL_COUNT, PK_COL_KEY },                                                \
	{ "comm", "name", PK_COL_TEXT, PK_COL_WHOLE },                                             \
	{ "role", "role", PK_COL_TEXT, PK_COL_WHOLE },                                             \
	{ "over", "over", PK_COL_TEXT, PK_COL_WHOLE },                                             \
	{ "peer", "peer", PK_COL_TEXT, PK_COL_WHOLE | PK_COL_SCREEN },                             \
	{ "remote", "remote", PK_COL_TEXT, PK_COL_HIDDEN },                                        \
	{ "local", "local", PK_COL_TEXT, PK_COL_HIDDEN },                                          \
	{ "port", "port", PK_COL_COUNT, PK_COL_KEY | PK_COL_HIDDEN },                              \
	{ "peer_pid", "peer pid", PK_COL_COUNT, PK_COL_KEY | PK_COL_HIDDEN }

#define QUANTILE_COLUMNS                                                                           \
	{ "p50_ns", "p50", PK_COL_NS, PK_COL_OWN_UNIT },                                           \
	{ "p95_ns", "p95", PK_COL_NS, PK_COL_OWN_UNIT },                                           \
	{ "p99_ns", "p99", PK_COL_NS, PK_COL_OWN_UNIT },                                           \
	{ "p999_ns", "p99.9", PK_COL_NS, PK_COL_OWN_UNIT },                                        \
	{ "max_ns", "max", PK_COL_NS, PK_COL_OWN_UNIT }

#define COUNT_COLUMNS                                                                              \
	{ "connected", "connected", PK_COL_COUNT, 0 },                                             \
	{ "failed", "failed", PK_COL_COUNT, PK_COL_IF_ANY },                                       \
	{ "closed", "closed", PK_COL_COUNT, 0 },                                                   \
	{ "bytes_in", "in", PK_COL_BYTES, 0 },                                                     \
	{ "bytes_out", "out", PK_COL_BYTES, 0 },                                                   \
	{ "segments_in", "segs in", PK_COL_COUNT, PK_COL_SPARE },                                  \
	{ "segments_out", "segs out", PK_COL_COUNT, PK_COL_SPARE },                                \
	{ "retransmitted", "again", PK_COL_COUNT, 0 },                                             \
	{ "retransmitted_share", "of out", PK_COL_RATIO, PK_COL_HIDDEN },                          \
	{ "resets_in", "reset by peer", PK_COL_COUNT, PK_COL_IF_ANY | PK_COL_SPARE },              \
	{ "resets_out", "reset", PK_COL_COUNT, PK_COL_IF_ANY | PK_COL_SPARE },                     \
	{ "sends", "sends", PK_COL_COUNT, PK_COL_SPARE },                                          \
	{ "unfollowed", "unfollowed", PK_COL_COUNT, PK_COL_IF_ANY },                               \
	{ "untimed", "untimed", PK_COL_COUNT, PK_COL_IF_ANY }

static const struct pk_column total_columns[] = {
	{ "role", "role", PK_COL_TEXT, PK_COL_WHOLE },
	{ "over", "over", PK_COL_TEXT, PK_COL_WHOLE },
	COUNT_COLUMNS,
	{ 0 },
};

static const struct pk_column conn_columns[] = { WHO_COLUMNS, COUNT_COLUMNS, { 0 } };

static const struct pk_column time_columns[] = {
	WHO_COLUMNS,
	{ "time", "time", PK_COL_TEXT, PK_COL_WHOLE },
	{ "count", "times", PK_COL_COUNT, 0 },
	{ "sum_ns", "sum", PK_COL_NS, PK_COL_SPARE | PK_COL_OWN_UNIT },
	{ "mean_ns", "mean", PK_COL_NS, PK_COL_OWN_UNIT },
	QUANTILE_COLUMNS,
	{ 0 },
};

static const struct pk_column depth_columns[] = {
	WHO_COLUMNS,
	{ "count", "arrivals", PK_COL_COUNT, 0 },
	{ "mean", "mean", PK_COL_REAL, 0 },
	{ "p50", "p50", PK_COL_COUNT, 0 },
	{ "p95", "p95", PK_COL_COUNT, 0 },
	{ "p99", "p99", PK_COL_COUNT, 0 },
	{ "p999", "p99.9", PK_COL_COUNT, 0 },
	{ "max", "max", PK_COL_COUNT, 0 },
	{ 0 },
};

static const struct pk_column bucket_columns[] = {
	WHO_COLUMNS,
	{ "time", "time", PK_COL_TEXT, 0 },
	{ "from_ns", "from", PK_COL_NS, 0 },
	{ "to_ns", "to", PK_COL_NS, 0 },
	{ "count", "times", PK_COL_REAL, 0 },
	{ 0 },
};

static const char *const role_names[PKPROF_NR_NET_ROLES] = {
	[PKPROF_NET_OPENED] = "opened",
	[PKPROF_NET_ACCEPTED] = "accepted",
	[PKPROF_NET_PAIRED] = "paired",
};

/* In the order of a connection's life; the depth is no time. */
static const struct {
	enum pkprof_net_dist dist;
	const char *name;
} times[] = {
	{ PKPROF_NET_CONNECT, "connect" }, { PKPROF_NET_ACCEPT, "accept" },
	{ PKPROF_NET_RTT, "rtt" },	   { PKPROF_NET_SERVICE, "service" },
	{ PKPROF_NET_SEND, "send" },	   { PKPROF_NET_RECV, "receive" },
	{ PKPROF_NET_LIFE, "lifetime" },
};

/* One run of the analysis. */
struct net {
	const struct pk_scope *s;
	const struct pk_analysis_opts *o;
	struct pk_result *ret;
	unsigned int by;
	struct pk_net_groups groups;
	struct pk_ranking ranking;	/* of them, those with most bytes first */
};

/* A sum of what a file says, which may be beyond all sense. */
static uint64_t whole(double v)
{
	return v < 0x1p63 ? (uint64_t)(v + 0.5) : 1ULL << 63;
}

static union pk_cell quantile(const struct pk_dist *d, double q)
{
	double v = pk_dist_quantile(d, q);

	return PK_COUNT(isfinite(v) ? whole(v) : PK_CELL_NONE);
}

static union pk_cell max_of(const struct pk_dist *d)
{
	return PK_COUNT(d->count > 0 ? d->max_ns : PK_CELL_NONE);
}

/* --- whom a row is about --------------------------------------------------------------- */

#define NR_WHO	 9
#define NR_COUNT 14

static const char *over(const struct pk_net_group *g)
{
	return g->local_only ? "unix" : "tcp";
}

/* The process that has the other end of a pair; 0: not known. */
static uint32_t peer_pid(const struct net *x, const struct pk_net_group *g)
{
	if (g->role != PKPROF_NET_PAIRED || !(x->by & (PK_NET_BY_PEER | PK_NET_BY_PORT)))
		return 0;
	return strtoul(pk_model_string(x->s->model, g->local), NULL, 10);
}

static const char *unix_peer_of(const struct net *x, const struct pk_net_group *g)
{
	const char *name = pk_model_string(x->s->model, g->remote);
	uint32_t pid = peer_pid(x, g);

	if (pid)
		return pk_result_text(x->ret, "pair with %u", pid);
	return *name ? name : "(others)";
}

static const char *peer_of(const struct net *x, const struct pk_net_group *g)
{
	const struct pk_model *m = x->s->model;
	const char *remote = pk_model_string(m, g->remote), *local = pk_model_string(m, g->local);

	if (!(x->by & (PK_NET_BY_PEER | PK_NET_BY_PORT)))
		return "";
	if (g->local_only)
		return unix_peer_of(x, g);
	if (!g->family)
		return "(others)";
	if (!(x->by & PK_NET_BY_PEER))
		return pk_result_text(x->ret, ":%u", g->port);
	if (g->role == PKPROF_NET_ACCEPTED)
		return pk_result_text(x->ret, g->family == 6 ? "%s at [%s]:%u" : "%s at %s:%u", remote,
				      local, g->port);
	return pk_result_text(x->ret, g->family == 6 ? "[%s]:%u" : "%s:%u", remote, g->port);
}

/* 0 or -ENOMEM. */
static int put_who(const struct net *x, const struct pk_net_group *g, union pk_cell cells[NR_WHO])
{
	const struct pk_model *m = x->s->model;
	const char *peer = peer_of(x, g), *name = g->tgid ? "(not known)" : "(nobody known)";
	bool process = x->by & PK_NET_BY_PROCESS;
	bool address = g->family && (x->by & PK_NET_BY_PEER || (g->local_only && x->by & PK_NET_BY_PORT));
	bool port = g->family && !g->local_only && x->by & (PK_NET_BY_PEER | PK_NET_BY_PORT);
	uint32_t other = peer_pid(x, g);

	if (g->owner != PK_NO_OWNER)
		name = pk_model_string(m, m->processes.data[g->owner].comm);
	cells[0] = PK_COUNT(process && g->tgid ? g->tgid : PK_CELL_NONE);
	cells[1] = PK_TEXT(process ? name : NULL);
	cells[2] = PK_TEXT(role_names[g->role]);
	cells[3] = PK_TEXT(over(g));
	cells[4] = PK_TEXT(peer);
	cells[5] = PK_TEXT(address && g->role != PKPROF_NET_PAIRED ? pk_model_string(m, g->remote) : NULL);
	cells[6] = PK_TEXT(address && !g->local_only && g->role == PKPROF_NET_ACCEPTED ?
				   pk_model_string(m, g->local) : NULL);
	cells[7] = PK_COUNT(port ? g->port : PK_CELL_NONE);
	cells[8] = PK_COUNT(other ? other : PK_CELL_NONE);
	return peer ? 0 : -ENOMEM;
}

static void put_counts(const struct pk_net_group *g, union pk_cell cells[NR_COUNT])
{
	const double *c = g->counts;
	const union pk_cell all[NR_COUNT] = {
		PK_COUNT(whole(c[PKPROF_NET_CONNECTED])),
		PK_COUNT(whole(c[PKPROF_NET_FAILED])),
		PK_COUNT(whole(c[PKPROF_NET_CLOSED])),
		PK_COUNT(whole(c[PKPROF_NET_BYTES_IN])),
		PK_COUNT(whole(c[PKPROF_NET_BYTES_OUT])),
		PK_COUNT(whole(c[PKPROF_NET_SEGS_IN])),
		PK_COUNT(whole(c[PKPROF_NET_SEGS_OUT])),
		PK_COUNT(whole(c[PKPROF_NET_RETRANS])),
		PK_REAL(pk_ratio(c[PKPROF_NET_RETRANS], c[PKPROF_NET_SEGS_OUT])),
		PK_COUNT(whole(c[PKPROF_NET_RESETS_IN])),
		PK_COUNT(whole(c[PKPROF_NET_RESETS_OUT])),
		PK_COUNT(whole(c[PKPROF_NET_SENDS])),
		PK_COUNT(whole(c[PKPROF_NET_UNFOLLOWED])),
		PK_COUNT(whole(c[PKPROF_NET_UNTIMED])),
	};

	memcpy(cells, all, sizeof(all));
}

/* --- tables ------------------------------------------------------------------------------ */

static int add_totals(const struct net *x)
{
	struct pk_table *t = pk_result_table(x->ret, "totals", "Connections", total_columns, 0);
	struct pk_net_groups all;
	int rc = pk_net_groups_init(x->s, 0, &all);

	if (!t)
		rc = -ENOMEM;
	for (size_t i = 0; !rc && i < all.all.nr; i++) {
		const struct pk_net_group *g = all.all.data[i];
		union pk_cell cells[2 + NR_COUNT] = { PK_TEXT(role_names[g->role]), PK_TEXT(over(g)) };

		put_counts(g, cells + 2);
		rc = pk_table_add(t, cells, 2 + NR_COUNT);
	}
	pk_net_groups_deinit(&all);
	return rc;
}

static int put_conns(const struct net *x, struct pk_table *t, const struct pk_net_group *g)
{
	union pk_cell cells[NR_WHO + NR_COUNT];
	int rc = put_who(x, g, cells);

	put_counts(g, cells + NR_WHO);
	return rc ? rc : pk_table_add(t, cells, NR_WHO + NR_COUNT);
}

static int put_times(const struct net *x, struct pk_table *t, const struct pk_net_group *g)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < PK_ARRAY_SIZE(times); i++) {
		const struct pk_dist *d = &g->dists[times[i].dist];
		union pk_cell cells[NR_WHO + 9] = {
			[NR_WHO] = PK_TEXT(times[i].name),
			PK_COUNT(whole(d->count)),
			PK_COUNT(whole(d->sum_ns)),
			PK_COUNT(d->count > 0 ? whole(d->sum_ns / d->count) : 0),
			quantile(d, 0.5), quantile(d, 0.95), quantile(d, 0.99), quantile(d, 0.999),
			max_of(d),
		};

		if (!(d->count > 0))
			continue;
		rc = put_who(x, g, cells);
		rc = rc ? rc : pk_table_add(t, cells, NR_WHO + 9);
	}
	return rc;
}

/* A value of a bucket of whole numbers. */
static union pk_cell number(const struct pk_dist *d, double q)
{
	double v = pk_dist_quantile(d, q);

	return PK_COUNT(isfinite(v) ? (uint64_t)v : PK_CELL_NONE);
}

static int put_depth(const struct net *x, struct pk_table *t, const struct pk_net_group *g)
{
	const struct pk_dist *d = &g->dists[PKPROF_NET_DEPTH];
	union pk_cell cells[NR_WHO + 7] = {
		[NR_WHO] = PK_COUNT(whole(d->count)),
		PK_REAL(pk_ratio(d->sum_ns, d->count)),
		number(d, 0.5), number(d, 0.95), number(d, 0.99), number(d, 0.999),
		max_of(d),
	};
	int rc;

	if (!(d->count > 0))
		return 0;
	rc = put_who(x, g, cells);
	return rc ? rc : pk_table_add(t, cells, NR_WHO + 7);
}

static int put_buckets(const struct net *x, struct pk_table *t, const struct pk_net_group *g)
{
	int rc = 0;

	for (size_t i = 0; i < PK_ARRAY_SIZE(times); i++) {
		const struct pk_dist *d = &g->dists[times[i].dist];

		for (unsigned int b = 0; !rc && b < PKPROF_HIST_BUCKETS; b++) {
			union pk_cell cells[NR_WHO + 4] = { [NR_WHO] = PK_TEXT(times[i].name) };
			uint64_t low, high;

			if (!(d->nr[b] > 0))
				continue;
			pk_dist_bounds(b, &low, &high);
			cells[NR_WHO + 1] = PK_COUNT(low);
			cells[NR_WHO + 2] = PK_COUNT(high);
			cells[NR_WHO + 3] = PK_REAL(d->nr[b]);
			rc = put_who(x, g, cells);
			rc = rc ? rc : pk_table_add(t, cells, NR_WHO + 4);
		}
	}
	return rc;
}

typedef int (*put_fn)(const struct net *x, struct pk_table *t, const struct pk_net_group *g);

static int add_groups(const struct net *x, const char *key, const char *title,
		      const struct pk_column *columns, unsigned int flags, put_fn put)
{
	struct pk_table *t = pk_result_table(x->ret, key, title, columns, flags);
	int rc = t ? 0 : -ENOMEM;

	for (size_t i = 0; !rc && i < x->ranking.ranks.nr; i++)
		rc = put(x, t, x->groups.all.data[x->ranking.ranks.data[i].idx]);
	if (!rc)
		t->nr_left_out = x->ranking.nr_left_out;
	return rc;
}

static int rank(struct net *x)
{
	size_t nr = x->groups.all.nr;
	PK_AUTO_FREE uint64_t *weights = calloc(nr + 1, sizeof(*weights));
	PK_AUTO_FREE uint64_t *ties = calloc(nr + 1, sizeof(*ties));

	if (!weights || !ties)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++) {
		const struct pk_net_group *g = x->groups.all.data[i];
		const double *c = g->counts;

		weights[i] = whole(c[PKPROF_NET_BYTES_IN] + c[PKPROF_NET_BYTES_OUT]);
		ties[i] = whole(1 + c[PKPROF_NET_SEGS_IN] + c[PKPROF_NET_SEGS_OUT]);
	}
	return pk_ranking_init(weights, ties, nr, x->o->limit, &x->ranking);
}

/* --- what one must know --------------------------------------------------------------- */

static int add_notes(const struct net *x)
{
	const struct pk_profile *p = x->s->model->profile;
	const char *sources = pk_profile_fact(p, "record.sources");
	uint32_t mask = 0;
	int rc;

	if (sources && pk_sources_parse(sources, &mask, NULL))
		mask = 0;
	if (!p->net_conns.nr)
		return pk_result_note(x->ret, mask & (1u << PKPROF_SRC_TCP | 1u << PKPROF_SRC_UNIX) ?
					      "No connection did anything in the recording." :
					      "The recording has no connections: sources tcp and unix "
					      "were off.");
	rc = pk_result_note(x->ret, "Quantiles are from buckets: within 1/16 of the exact value. Round trip "
				    "times are the kernel's smoothed ones, at sends, one in a millisecond.");
	if (!rc)
		rc = pk_result_note(x->ret, "The service time of an accepted connection is from the last "
					    "segment of a request to the first send of the answer; of an "
					    "opened one, from the last send to the first segment.");
	if (!rc && (x->s->filter->tgid || x->s->filter->comm))
		rc = pk_result_note(x->ret, "Connections of no known process are left out.");
	return rc;
}

static unsigned int by_of(const char *by)
{
	if (!by)
		return PK_NET_BY_PROCESS | PK_NET_BY_PEER;
	if (!strcmp(by, "process"))
		return PK_NET_BY_PROCESS;
	return !strcmp(by, "port") ? PK_NET_BY_PORT : PK_NET_BY_PEER;
}

/* What fits in a report among others. */
static int figures(const struct net *x, struct pk_err *err)
{
	int rc = add_totals(x);

	if (!rc && pk_result_has_rows(x->ret))
		rc = pk_result_note(x->ret, "pkprof-user net has the same by process and peer, and round trip, "
					    "service and waiting times.");
	return rc ? pk_err_set(err, rc, "no memory for the connections") : 0;
}

static int run(const struct pk_scope *s, const struct pk_analysis_opts *o, struct pk_result *ret,
	       struct pk_err *err)
{
	struct net x = { .s = s, .o = o, .ret = ret, .by = by_of(o->by) };
	int rc;

	if (o->figures)
		return s->model->profile->net_conns.nr ? figures(&x, err) : 0;
	rc = pk_net_groups_init(s, x.by, &x.groups);
	if (!rc)
		rc = rank(&x);
	if (!rc)
		rc = add_totals(&x);
	if (!rc)
		rc = add_groups(&x, "connections", "What connections did", conn_columns, 0, put_conns);
	if (!rc)
		rc = add_groups(&x, "times", "How long it took", time_columns, 0, put_times);
	if (!rc)
		rc = add_groups(&x, "depths", "Accept queue, as each connection met it", depth_columns, 0,
				put_depth);
	if (!rc && !o->brief)
		rc = add_groups(&x, "buckets", "Buckets", bucket_columns, PK_TABLE_DETAIL, put_buckets);
	if (!rc)
		rc = add_notes(&x);
	pk_ranking_deinit(&x.ranking);
	pk_net_groups_deinit(&x.groups);
	return rc ? pk_err_set(err, rc, "no memory for the connections") : 0;
}

const struct pk_analysis pk_analysis_net = {
	.name = "net",
	.help = "TCP and Unix connections by process and peer: how many, how much, how long",
	.report = PK_REPORT_TEXT | PK_REPORT_FIGURES | PK_REPORT_BRIEF_JSON,
	.run = run,
};
