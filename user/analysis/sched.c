// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sched: how long runnable threads waited for a CPU, and how long they then ran at a
 * stretch, as distributions of CPUs, processes and threads; and the longest of
 * these waits, with who ran instead.
 */
#include "analysis/analysis.h"
#include "analysis/hist_groups.h"
#include "analysis/ranking.h"
#include "analysis/worst_waits.h"
#include "base/cleanup.h"
#include "base/unit.h"

static const struct pk_column dist_columns[] = {
	{ "key", "key", PK_COL_TEXT, PK_COL_HIDDEN },
	{ "cpu", "CPU", PK_COL_COUNT, PK_COL_KEY | PK_COL_HIDDEN },
	{ "pid", "pid", PK_COL_COUNT, PK_COL_KEY | PK_COL_HIDDEN },
	{ "tid", "tid", PK_COL_COUNT, PK_COL_KEY | PK_COL_HIDDEN },
	{ "shown", "shown", PK_COL_BOOL, PK_COL_HIDDEN | PK_COL_SCREEN | PK_COL_ROW_IF },
	{ "of", "of", PK_COL_TEXT, PK_COL_SCREEN },
	{ "count", "times", PK_COL_COUNT, PK_COL_SPARE },
	{ "sum_ns", "sum", PK_COL_NS, 0 },
	{ "mean_ns", "mean", PK_COL_NS, PK_COL_HIDDEN },
	{ "p50_ns", "p50", PK_COL_NS, PK_COL_OWN_UNIT },
	{ "p95_ns", "p95", PK_COL_NS, PK_COL_OWN_UNIT },
	{ "p99_ns", "p99", PK_COL_NS, PK_COL_OWN_UNIT },
	{ "p999_ns", "p99.9", PK_COL_NS, PK_COL_OWN_UNIT },
	{ "max_ns", "max", PK_COL_NS, PK_COL_OWN_UNIT },
	{ "coarse", "coarse", PK_COL_BOOL, PK_COL_HIDDEN },
	{ "comm", "name", PK_COL_TEXT, PK_COL_ELASTIC },
	{ 0 },
};

static const struct pk_column histogram_columns[] = {
	{ "from_ns", "from", PK_COL_NS, PK_COL_OWN_UNIT },
	{ "to_ns", "to", PK_COL_NS, PK_COL_OWN_UNIT },
	{ "runq_count", "waits", PK_COL_COUNT, 0 },
	{ "runq_share", "of them", PK_COL_RATIO, PK_COL_BAR },
	{ "slice_count", "slices", PK_COL_COUNT, 0 },
	{ "slice_share", "of them", PK_COL_RATIO, PK_COL_BAR },
	{ 0 },
};

static const struct pk_column bucket_columns[] = {
	{ "what", "what", PK_COL_TEXT, 0 },
	{ "key", "key", PK_COL_TEXT, 0 },
	{ "cpu", "CPU", PK_COL_COUNT, PK_COL_KEY },
	{ "pid", "pid", PK_COL_COUNT, PK_COL_KEY },
	{ "tid", "tid", PK_COL_COUNT, PK_COL_KEY },
	{ "from_ns", "from", PK_COL_NS, 0 },
	{ "to_ns", "to", PK_COL_NS, 0 },
	{ "count", "times", PK_COL_REAL, 0 },
	{ 0 },
};

static const struct {
	const char *key, *title;
} whats[PKPROF_NR_HISTS] = {
	[PKPROF_HIST_RUNQ] = { "runq", "Run-queue latency: runnable until it ran" },
	[PKPROF_HIST_SLICE] = { "slices", "Time slices: switched in until switched out" },
};

static const char *const key_names[PKPROF_NR_HIST_KEYS] = {
	[PKPROF_HIST_CPU] = "cpu",
	[PKPROF_HIST_PROCESS] = "process",
	[PKPROF_HIST_THREAD] = "thread",
};

/* One run of the analysis. */
struct sched {
	const struct pk_scope *s;
	const struct pk_analysis_opts *o;
	struct pk_result *ret;
	struct pk_hist_groups groups[PKPROF_NR_HISTS];
	struct pk_table *buckets;	/* NULL: not wanted */
};

/* Whose distribution a row is of. */
struct subject {
	const char *key, *comm;
	uint64_t cpu, pid, tid;
};

static struct subject subject_of(const struct sched *x, const struct pk_hist_group *g)
{
	const struct pk_model *m = x->s->model;
	struct subject ret = { key_names[g->key], NULL, PK_CELL_NONE, PK_CELL_NONE, PK_CELL_NONE };
	const struct pk_thread *t;

	switch (g->key) {
	case PKPROF_HIST_CPU:
		ret.cpu = g->owner;
		break;
	case PKPROF_HIST_PROCESS:
		ret.comm = "(no room of their own)";
		if (g->owner == PK_NO_OWNER)
			break;
		ret.pid = m->processes.data[g->owner].tgid;
		ret.comm = pk_model_string(m, m->processes.data[g->owner].comm);
		break;
	default:
		ret.comm = "(not known)";
		if (g->owner == PK_NO_OWNER)
			break;
		t = &m->threads.data[g->owner];
		ret.tid = t->tid;
		ret.pid = m->processes.data[t->process].tgid;
		ret.comm = pk_model_string(m, t->comm);
	}
	return ret;
}

static const char *label_of(const struct subject *of, struct pk_result *ret)
{
	if (of->cpu != PK_CELL_NONE)
		return pk_result_text(ret, "CPU %llu", (unsigned long long)of->cpu);
	if (of->tid != PK_CELL_NONE)
		return pk_result_text(ret, "tid %llu", (unsigned long long)of->tid);
	if (of->pid != PK_CELL_NONE)
		return pk_result_text(ret, "pid %llu", (unsigned long long)of->pid);
	return strcmp(of->key, "all") ? "others" : "all";
}

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

static int put_buckets(const struct sched *x, enum pkprof_hist_what what,
		       const struct subject *of, const struct pk_dist *d)
{
	int rc = 0;

	for (unsigned int b = 0; !rc && x->buckets && b < pk_dist_nr_buckets(d); b++) {
		uint64_t low, high;

		if (!(d->nr[b] > 0))
			continue;
		pk_dist_bounds_of(d, b, &low, &high);
		rc = pk_table_row(x->buckets, PK_TEXT(whats[what].key), PK_TEXT(of->key),
				  PK_COUNT(of->cpu), PK_COUNT(of->pid), PK_COUNT(of->tid),
				  PK_COUNT(low), PK_COUNT(high), PK_REAL(d->nr[b]));
	}
	return rc;
}

static int put_dist(const struct sched *x, enum pkprof_hist_what what, struct pk_table *t,
		    const struct subject *of, const struct pk_dist *d, bool shown)
{
	const char *label = label_of(of, x->ret);
	int rc;

	if (!label)
		return -ENOMEM;
	rc = pk_table_row(t, PK_TEXT(of->key), PK_COUNT(of->cpu), PK_COUNT(of->pid),
			  PK_COUNT(of->tid), PK_COUNT(shown), PK_TEXT(label),
			  PK_COUNT(whole(d->count)),
			  PK_COUNT(whole(d->sum_ns)),
			  PK_COUNT(d->count > 0 ? whole(d->sum_ns / d->count) : PK_CELL_NONE),
			  quantile(d, 0.5), quantile(d, 0.95), quantile(d, 0.99),
			  quantile(d, 0.999), PK_COUNT(d->max_ns), PK_COUNT(d->coarse),
			  PK_TEXT(of->comm));
	return rc ? rc : put_buckets(x, what, of, d);
}

/* --- distributions ------------------------------------------------------------------------ */

/* Groups of a key, those with the longest times in all first; CPUs in their order. */
static int rank(const struct pk_hist_groups *g, enum pkprof_hist_key key, size_t limit,
		struct pk_ranking *ret)
{
	PK_AUTO_FREE uint64_t *weights = calloc(g->groups.nr + 1, sizeof(*weights));
	PK_AUTO_FREE uint64_t *ties = calloc(g->groups.nr + 1, sizeof(*ties));

	if (!weights || !ties)
		return -ENOMEM;
	for (size_t i = 0; i < g->groups.nr; i++) {
		if (g->groups.data[i].key != key)
			continue;
		weights[i] = key == PKPROF_HIST_CPU ? 1 : whole(g->groups.data[i].sum_ns);
		ties[i] = key == PKPROF_HIST_CPU ? 0 : whole(g->groups.data[i].count + 1);
	}
	return pk_ranking_init(weights, ties, g->groups.nr, limit, ret);
}

static int add_key(const struct sched *x, enum pkprof_hist_what what, enum pkprof_hist_key key,
		   struct pk_table *t)
{
	const struct pk_hist_groups *g = &x->groups[what];
	/* threads are many: people see them when they ask */
	bool shown = x->o->by || key != PKPROF_HIST_THREAD;
	struct pk_ranking ranking = { 0 };
	int rc = 0;

	if (x->o->by && strcmp(x->o->by, key_names[key]))
		return 0;
	rc = rank(g, key, x->o->limit, &ranking);
	for (size_t i = 0; !rc && i < ranking.ranks.nr; i++) {
		const struct pk_hist_group *group = &g->groups.data[ranking.ranks.data[i].idx];
		struct subject of = subject_of(x, group);
		struct pk_dist d;

		pk_hist_group_dist(g, group, &d);
		rc = put_dist(x, what, t, &of, &d, shown);
	}
	t->nr_left_out += ranking.nr_left_out;
	if (!shown)
		t->nr_hidden_out += ranking.nr_left_out;
	pk_ranking_deinit(&ranking);
	return rc;
}

static int add_dists(const struct sched *x, enum pkprof_hist_what what)
{
	struct subject all = { "all", NULL, PK_CELL_NONE, PK_CELL_NONE, PK_CELL_NONE };
	struct pk_table *t =
		pk_result_table(x->ret, whats[what].key, whats[what].title, dist_columns, 0);
	struct pk_dist d;
	int rc = 0;

	if (!t)
		return -ENOMEM;
	pk_hist_groups_all(&x->groups[what], &d);
	if (d.count > 0)
		rc = put_dist(x, what, t, &all, &d, true);
	for (unsigned int key = 0; !rc && key < PKPROF_NR_HIST_KEYS; key++)
		rc = add_key(x, what, key, t);
	return rc;
}

/* --- histogram ---------------------------------------------------------------------------- */

/* Values by the power of two that they are from. */
static void by_octave(const struct pk_dist *d, double ret[64])
{
	for (unsigned int b = 0; b < pk_dist_nr_buckets(d); b++) {
		uint64_t low, high;

		pk_dist_bounds_of(d, b, &low, &high);
		ret[low ? 63 - __builtin_clzll(low) : 0] += d->nr[b];
	}
}

static int put_octave(struct pk_table *t, unsigned int e, const double *nr, const double *all)
{
	return pk_table_row(t, PK_COUNT(e ? 1ULL << e : 0), PK_COUNT(2ULL << e),
			    PK_COUNT(whole(nr[PKPROF_HIST_RUNQ])),
			    PK_REAL(pk_ratio(nr[PKPROF_HIST_RUNQ], all[PKPROF_HIST_RUNQ])),
			    PK_COUNT(whole(nr[PKPROF_HIST_SLICE])),
			    PK_REAL(pk_ratio(nr[PKPROF_HIST_SLICE], all[PKPROF_HIST_SLICE])));
}

/* From the first power of two that has values to the last one, without gaps. */
static int add_histogram(const struct sched *x)
{
	struct pk_table *t = pk_result_table(x->ret, "histogram", "How often how long",
					     histogram_columns, 0);
	double octaves[PKPROF_NR_HISTS][64] = { 0 }, all[PKPROF_NR_HISTS];
	unsigned int first = 64, last = 0;
	int rc = t ? 0 : -ENOMEM;

	for (unsigned int what = 0; what < PKPROF_NR_HISTS; what++) {
		struct pk_dist d;

		pk_hist_groups_all(&x->groups[what], &d);
		all[what] = d.count;
		by_octave(&d, octaves[what]);
		for (unsigned int e = 0; e < 63; e++) {
			if (!(octaves[what][e] > 0))
				continue;
			first = e < first ? e : first;
			last = e > last ? e : last;
		}
	}
	for (unsigned int e = first; !rc && e <= last && e < 63; e++) {
		const double nr[PKPROF_NR_HISTS] = { octaves[0][e], octaves[1][e] };

		rc = put_octave(t, e, nr, all);
	}
	return rc;
}

_Static_assert(PKPROF_NR_HISTS == 2, "a new distribution needs columns in the histogram");

/* --- what one must know ------------------------------------------------------------------- */

static bool has_key(const struct sched *x, enum pkprof_hist_key key)
{
	for (unsigned int what = 0; what < PKPROF_NR_HISTS; what++)
		PK_VEC_FOREACH(&x->groups[what].groups, g)
			if (g->key == key)
				return true;
	return false;
}

/* A name that only threads have leaves no process, and so nothing for "all". */
static int note_threads_only(const struct sched *x)
{
	if (!x->s->filter->comm || has_key(x, PKPROF_HIST_PROCESS) ||
	    !has_key(x, PKPROF_HIST_THREAD))
		return 0;
	return pk_result_note(x->ret, "Only threads have such a name, no process: their own "
				      "distributions (--by thread) are all there is.");
}

static int add_notes(const struct sched *x)
{
	const struct pk_profile *p = x->s->model->profile;
	uint64_t nr_other = pk_profile_fact_u64(p, "ledger.nr_overflow_hist", 0);
	int rc = 0;

	if (!p->hists.nr)
		return pk_result_note(x->ret, "The recording has no latencies: source sched was "
					      "off.");
	rc = pk_result_note(x->ret,
			    "Quantiles are from buckets: within 1/16 of the exact value, those of "
			    "threads within a factor of 1.4. Time throttled is not in them.");
	if (!rc && !x->groups[0].of_all)
		rc = pk_result_note(x->ret, "CPUs are left out: what they know is not told apart by "
					    "process.");
	if (!rc)
		rc = note_threads_only(x);
	if (!rc && nr_other)
		rc = pk_result_note(x->ret,
				    "%llu processes found no room for distributions of their own: they "
				    "are under \"others\".",
				    (unsigned long long)nr_other);
	return rc;
}

static int run(const struct pk_scope *s, const struct pk_analysis_opts *o, struct pk_result *ret,
	       struct pk_err *err)
{
	struct sched x = { .s = s, .o = o, .ret = ret };
	int rc = 0;

	for (unsigned int what = 0; !rc && what < PKPROF_NR_HISTS; what++)
		rc = pk_hist_groups_init(s, what, &x.groups[what]);
	if (!rc && !o->brief) {
		x.buckets = pk_result_table(ret, "buckets", "Buckets", bucket_columns,
					    PK_TABLE_DETAIL);
		rc = x.buckets ? 0 : -ENOMEM;
	}
	for (unsigned int what = 0; !rc && what < PKPROF_NR_HISTS; what++)
		rc = add_dists(&x, what);
	if (!rc)
		rc = add_histogram(&x);
	if (!rc)
		rc = pk_worst_waits_add(s, o->limit, ret);
	if (!rc)
		rc = add_notes(&x);
	for (unsigned int what = 0; what < PKPROF_NR_HISTS; what++)
		pk_hist_groups_deinit(&x.groups[what]);
	return rc ? pk_err_set(err, rc, "no memory for the distributions") : 0;
}

const struct pk_analysis pk_analysis_sched = {
	.name = "sched",
	.help = "run-queue latencies and time slices: distributions and the longest waits",
	.report = PK_REPORT_BRIEF_JSON,
	.run = run,
};
