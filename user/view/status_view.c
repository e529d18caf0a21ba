// SPDX-License-Identifier: GPL-2.0-or-later
/* The module's status as tables; see status_view.h. */
#include <errno.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "source/names.h"
#include "view/status_view.h"

static const struct pk_column session_columns[] = {
	{ "state", "state", PK_COL_TEXT, 0 },
	{ "module", "module version", PK_COL_TEXT, 0 },
	{ "session", "session", PK_COL_COUNT, PK_COL_KEY },
	{ "running_ns", "since", PK_COL_NS, 0 },
	{ "owner_pid", "owner's pid", PK_COL_COUNT, PK_COL_KEY },
	{ "owner_comm", "owner", PK_COL_TEXT, 0 },
	{ "rate_hz", "rate per CPU", PK_COL_HZ, 0 },
	{ "sources", "sources", PK_COL_TEXT, 0 },
	{ "ring_bytes", "ring per CPU", PK_COL_BYTES, 0 },
	{ "cpus", "possible CPUs", PK_COL_COUNT, 0 },
	{ 0 },
};

static const struct pk_column books_columns[] = {
	{ "source", "source", PK_COL_TEXT, 0 },
	{ "generated", "generated", PK_COL_COUNT, 0 },
	{ "lost", "lost", PK_COL_COUNT, 0 },
	{ "ring_full", "ring full", PK_COL_COUNT, PK_COL_IF_ANY },
	{ "overrun", "overrun", PK_COL_COUNT, PK_COL_IF_ANY },
	{ "nested", "nested", PK_COL_COUNT, PK_COL_IF_ANY },
	{ "no_mem", "no mem", PK_COL_COUNT, PK_COL_IF_ANY },
	{ "exiting", "exiting", PK_COL_COUNT, PK_COL_IF_ANY },
	{ "definition", "definition", PK_COL_COUNT, PK_COL_IF_ANY },
	{ "hits", "hits", PK_COL_COUNT, 0 },
	{ "hit_ns", "ns per hit", PK_COL_REAL, 0 },
	{ "cost_share", "of all CPU time", PK_COL_RATIO, 0 },
	{ 0 },
};

_Static_assert(PKPROF_NR_LOSSES == 6, "a new loss reason needs a column");

static const struct pk_column governor_columns[] = {
	{ "budget", "budget", PK_COL_RATIO, 0 },
	{ "cost_share", "cost", PK_COL_RATIO, 0 },
	{ "kept_share", "ledger", PK_COL_RATIO, 0 },
	{ "recorder_share", "recorder", PK_COL_RATIO, 0 },
	{ "detail_divisor", "detail 1 :", PK_COL_COUNT, 0 },
	{ "rate_hz", "rate", PK_COL_HZ, 0 },
	{ "detached", "not recorded", PK_COL_TEXT, 0 },
	{ "steps", "steps so far", PK_COL_COUNT, 0 },
	{ "state", "state", PK_COL_TEXT, PK_COL_ELASTIC },
	{ 0 },
};

static const char *const state_names[] = {
	[PKPROF_STATE_IDLE] = "idle",
	[PKPROF_STATE_RUNNING] = "running",
	[PKPROF_STATE_STOPPED] = "stopped",
};

static const char *state_name(uint32_t state)
{
	return state < PK_ARRAY_SIZE(state_names) ? state_names[state] : "unknown";
}

static int add_session(const struct pk_status *s, struct pk_result *ret)
{
	struct pk_table *t =
		pk_result_table(ret, "session", "Status", session_columns, PK_TABLE_RECORD);
	const struct pk_nl_status *n = &s->session;
	bool any = n->state != PKPROF_STATE_IDLE;
	struct pk_strbuf names = { 0 };
	const char *sources;

	pk_sources_format(any ? n->sources : 0, &names);
	sources = names.data ? pk_result_text(ret, "%s", names.data) : NULL;
	pk_strbuf_deinit(&names);
	if (!t)
		return -ENOMEM;
	if (!any)
		return pk_table_row(t, PK_TEXT(state_name(n->state)), PK_TEXT(n->version),
				    PK_COUNT(PK_CELL_NONE), PK_COUNT(PK_CELL_NONE),
				    PK_COUNT(PK_CELL_NONE), PK_TEXT(NULL), PK_REAL(NAN),
				    PK_TEXT(NULL), PK_COUNT(PK_CELL_NONE),
				    PK_COUNT(s->info.nr_cpus));
	return pk_table_row(t, PK_TEXT(state_name(n->state)), PK_TEXT(n->version),
			    PK_COUNT(n->session), PK_COUNT(n->now_ns - n->t0_ns),
			    PK_COUNT(n->owner_pid), PK_TEXT(n->owner_comm),
			    PK_REAL(n->period_ns ? 1e9 / n->period_ns : NAN), PK_TEXT(sources),
			    PK_COUNT(n->ring_bytes), PK_COUNT(s->info.nr_cpus));
}

static int add_books(const struct pk_status *s, struct pk_result *ret)
{
	struct pk_table *t = pk_result_table(ret, "books", "Books so far", books_columns, 0);
	double all_ns = (double)(s->session.now_ns - s->session.t0_ns) * s->info.nr_cpus;
	int code = t ? 0 : -ENOMEM;

	for (unsigned int i = 0; !code && i < PKPROF_NR_SOURCES; i++) {
		const struct pkprof_counters *c = &s->books[i];
		double per_hit = c->timed_hits ? (double)c->timed_ns / c->timed_hits + c->entry_ns
					       : NAN;
		uint64_t lost = 0;

		if (!s->nr_cpus[i])
			continue;
		for (unsigned int why = 0; why < PKPROF_NR_LOSSES; why++)
			lost += c->lost[why];
		code = pk_table_row(t, PK_TEXT(pk_source_name(i)), PK_COUNT(c->generated),
				    PK_COUNT(lost), PK_COUNT(c->lost[PKPROF_LOSS_RING_FULL]),
				    PK_COUNT(c->lost[PKPROF_LOSS_OVERRUN]),
				    PK_COUNT(c->lost[PKPROF_LOSS_NESTED]),
				    PK_COUNT(c->lost[PKPROF_LOSS_NO_MEM]),
				    PK_COUNT(c->lost[PKPROF_LOSS_EXITING]),
				    PK_COUNT(c->lost[PKPROF_LOSS_DEFINITION]), PK_COUNT(c->hits),
				    PK_REAL(per_hit), PK_REAL(per_hit * c->hits / all_ns));
	}
	return code;
}

static const char *governor_state(const struct pkprof_governor *g)
{
	if (g->floor)
		return "over the budget, with nothing left to give up";
	if (g->share_ppm > g->budget_ppm)
		return "over the budget";
	return g->coarse || g->rate || g->detached ? "kept within the budget" : "all is recorded";
}

/* What the budget leaves, as of the last quarter of a second. */
static int add_governor(const struct pk_status *s, struct pk_result *ret)
{
	const struct pkprof_governor *g = &s->session.governor;
	struct pk_strbuf names = { 0 };
	struct pk_table *t;
	const char *detached;

	if (!g->budget_ppm)
		return 0;
	t = pk_result_table(ret, "governor", "Budget", governor_columns, PK_TABLE_RECORD);
	pk_sources_format(g->detached, &names);
	detached = g->detached && names.data ? pk_result_text(ret, "%s", names.data) : NULL;
	pk_strbuf_deinit(&names);
	if (!t)
		return -ENOMEM;
	return pk_table_row(t, PK_REAL(g->budget_ppm / 1e6), PK_REAL(g->share_ppm / 1e6),
			    PK_REAL(g->kept_ppm / 1e6), PK_REAL(g->recorder_ppm / 1e6),
			    PK_COUNT(1u << (g->coarse & 31)),
			    PK_REAL(s->session.period_ns ? 1e9 / s->session.period_ns /
								   (1u << (g->rate & 31))
							 : NAN),
			    PK_TEXT(detached), PK_COUNT(g->nr_steps), PK_TEXT(governor_state(g)));
}

int pk_status_result(const struct pk_status *s, struct pk_result *ret)
{
	int code = add_session(s, ret);

	if (code || s->session.state == PKPROF_STATE_IDLE)
		return code;
	code = add_governor(s, ret);
	return code ? code : add_books(s, ret);
}
