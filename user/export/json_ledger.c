// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The wait ledger in the JSON export: by phase, what each thread and each CPU spent
 * where, and what processes waited for; and for the whole scope the distributions and
 * the long waits for a CPU.
 */
#include "analysis/hist_groups.h"
#include "analysis/ledger_sums.h"
#include "analysis/ledger_waited.h"
#include "export/json_ledger.h"
#include "export/json_values.h"
#include "model/ledger.h"
#include "source/names.h"

#define NO_PHASE SIZE_MAX

/* One span of time, what of it the filter leaves, and where it goes. */
struct span {
	const struct pk_scope *s;
	struct pk_ledger_kept kept;	/* of the whole ledger */
	uint64_t from_ns, to_ns;
	size_t phase;		/* index, NO_PHASE: nothing was marked */
	struct pk_lines *thread;	/* sums by thread, of this span */
	struct pk_cpu_piece *cpu;	/* by number; to_ns: what it covers */
	uint32_t nr_cpus;
};

static uint64_t inside_ns(const struct span *x, uint64_t from_ns, uint64_t to_ns)
{
	if (from_ns < x->from_ns)
		from_ns = x->from_ns;
	if (to_ns > x->to_ns)
		to_ns = x->to_ns;
	return pk_ledger_kept_ns(&x->kept, x->s, from_ns, to_ns);
}

static void put_phase(struct pk_json *j, const struct span *x)
{
	if (x->phase == NO_PHASE)
		pk_json_null(j, "phase");
	else
		pk_json_u64(j, "phase", x->phase);
}

static int put_threads(struct pk_json *j, const struct span *x, struct pk_sink *out)
{
	const struct pk_model *m = x->s->model;
	const struct pk_profile *p = m->profile;

	for (size_t i = 0; i < p->ledger.nr; i++) {
		uint64_t ns = inside_ns(x, p->ledger.data[i].from_ns, p->ledger.data[i].to_ns);

		if (ns && pk_filter_match_thread(x->s->filter, m, m->ledger_thread[i]))
			pk_lines_add_piece(&x->thread[m->ledger_thread[i]], p, &p->ledger.data[i],
					   ns);
	}
	for (size_t i = 0; i < m->threads.nr; i++) {
		struct pk_lines *lines = &x->thread[i];

		if (!pk_lines_sum_ns(lines->ns))
			continue;
		pk_json_object(j, NULL);
		put_phase(j, x);
		pk_json_u64(j, "thread", i);
		pk_json_object(j, "lines");
		for (unsigned int line = 0; line < PKPROF_NR_LINES; line++)
			if (lines->ns[line])
				pk_json_u64(j, pk_line_name(line), lines->ns[line]);
		pk_json_end(j);
		pk_json_end(j);
		pk_sink_drain(out);
		*lines = (struct pk_lines){ 0 };
	}
	return 0;
}

static int put_cpus(struct pk_json *j, const struct span *x, struct pk_sink *out)
{
	const struct pk_profile *p = x->s->model->profile;

	PK_VEC_FOREACH(&p->cpus, c) {
		uint64_t ns = inside_ns(x, c->from_ns, c->to_ns);

		if (c->cpu >= x->nr_cpus)
			continue;
		pk_cpu_add_piece(&x->cpu[c->cpu], c, ns);
		x->cpu[c->cpu].to_ns += ns;
	}
	for (uint32_t cpu = 0; cpu < x->nr_cpus; cpu++) {
		struct pk_cpu_piece *c = &x->cpu[cpu];

		if (!c->to_ns)
			continue;
		pk_json_object(j, NULL);
		put_phase(j, x);
		pk_json_u64(j, "cpu", cpu);
		pk_json_u64(j, "busy_ns", c->busy_ns);
		pk_json_u64(j, "idle_ns", c->idle_ns);
		pk_json_u64(j, "offline_ns", c->offline_ns);
		pk_json_u64(j, "switches", c->nr_switches);
		pk_json_u64(j, "steal_ns", c->steal_ns);
		pk_json_u64(j, "softirq_ns", c->softirq_ns);
		pk_json_u64(j, "irq_ns", c->irq_ns);
		pk_json_u64(j, "iowait_ns", c->iowait_ns);
		pk_json_end(j);
		pk_sink_drain(out);
		*c = (struct pk_cpu_piece){ 0 };
	}
	return 0;
}

static void put_target(struct pk_json *j, const struct span *x, const struct pk_waited_group *g)
{
	const char *kind = pk_waited_kind(g);

	pk_json_object(j, NULL);
	put_phase(j, x);
	pk_json_put_index(j, "process", g->owner);
	pk_json_u64(j, "pid", g->tgid);
	pk_json_string(j, "line", pk_line_name(g->line));
	pk_json_string(j, "kind", *kind ? kind : NULL);
	pk_json_put_text(j, x->s, "name", g->name);
	pk_json_put_text(j, x->s, "local", g->local);
	/* of a socket of another kind it is the number of the family */
	if (g->port && g->kind != PKPROF_ON_SOCKET)
		pk_json_u64(j, "port", g->port);
	else
		pk_json_null(j, "port");
	pk_json_bool(j, "others", g->flags & PKPROF_ON_OTHERS);
	pk_json_double(j, "count", g->nr);
	pk_json_double(j, "ns", g->ns);
	pk_json_end(j);
}

static int put_targets(struct pk_json *j, const struct span *x, struct pk_sink *out)
{
	struct pk_waited_groups groups;
	int rc = pk_waited_groups_init(x->s, PK_WAITED_BY_PROCESS, x->from_ns, x->to_ns, &groups);

	for (size_t i = 0; !rc && i < groups.all.nr; i++) {
		put_target(j, x, &groups.all.data[i]);
		pk_sink_drain(out);
	}
	pk_waited_groups_deinit(&groups);
	return rc;
}

/* A member that @put fills, for each phase, or once where nothing was marked. 0 or -ENOMEM. */
static int put_spans(struct pk_json *j, const char *member, struct span *x,
		     const struct pk_phase_times *phases, struct pk_sink *out,
		     int (*put)(struct pk_json *j, const struct span *x, struct pk_sink *out))
{
	int rc = 0;

	pk_json_array(j, member);
	for (size_t i = 0; !rc && (i < phases->spans.nr || !i); i++) {
		const struct pk_phase *phase = i < phases->spans.nr ? &phases->spans.data[i] : NULL;

		x->phase = phase ? i : NO_PHASE;
		x->from_ns = phase && i ? phase->from_ns : 0;
		/* what was read around the recording's ends is its first or last phase's */
		x->to_ns = phase && i + 1 < phases->spans.nr ? phase->to_ns : UINT64_MAX;
		rc = put(j, x, out);
	}
	pk_json_end(j);
	return rc;
}

static int put_accounts(struct pk_json *j, const struct pk_scope *s,
			const struct pk_phase_times *phases, struct pk_sink *out)
{
	struct span x = { .s = s, .kept = pk_ledger_kept_of(s) };
	int rc = -ENOMEM;

	PK_VEC_FOREACH(&s->model->profile->cpus, c)
		if (c->cpu < PK_LEDGER_MAX_CPUS && c->cpu >= x.nr_cpus)
			x.nr_cpus = c->cpu + 1;
	x.thread = calloc(s->model->threads.nr + 1, sizeof(*x.thread));
	x.cpu = calloc((size_t)x.nr_cpus + 1, sizeof(*x.cpu));
	if (x.thread && x.cpu)
		rc = put_spans(j, "ledger", &x, phases, out, put_threads);
	if (!rc)
		rc = put_spans(j, "ledger_cpus", &x, phases, out, put_cpus);
	if (!rc)
		rc = put_spans(j, "waited_for", &x, phases, out, put_targets);
	free(x.thread);
	free(x.cpu);
	return rc;
}

/* --- latencies and distributions ----------------------------------------------------------- */

static void put_latency(struct pk_json *j, const struct pk_scope *s, size_t i)
{
	const struct pk_profile *p = s->model->profile;
	const struct pk_latency *l = &p->latencies.data[i];

	pk_json_object(j, NULL);
	pk_json_put_time(j, s, "time_ns", l->time_ns);
	pk_json_u64(j, "wait_ns", l->time_ns - l->queued_ns);
	pk_json_u64(j, "threshold_ns", l->threshold_ns);
	pk_json_u64(j, "cpu", l->cpu);
	pk_json_u64(j, "thread", s->model->latency_thread[i]);
	pk_json_string(j, "line", pk_line_name(l->line));
	pk_json_u64(j, "prev_tid", l->prev_tid);
	pk_json_u64(j, "prev_pid", l->prev_tgid);
	pk_json_string(j, "prev_comm", pk_model_string(s->model, l->prev_comm));
	pk_json_u64(j, "prev_ns", l->prev_ns);
	pk_json_end(j);
}

static void put_latencies(struct pk_json *j, const struct pk_scope *s, struct pk_sink *out)
{
	const struct pk_profile *p = s->model->profile;

	pk_json_array(j, "latencies");
	for (size_t i = 0; i < p->latencies.nr; i++) {
		uint64_t time_ns = p->latencies.data[i].time_ns;

		if (!pk_filter_clip_ns(s->filter, time_ns, time_ns + 1) ||
		    !pk_filter_match_thread(s->filter, s->model, s->model->latency_thread[i]))
			continue;
		put_latency(j, s, i);
		pk_sink_drain(out);
	}
	pk_json_end(j);
}

static void put_dist(struct pk_json *j, const struct pk_dist *d)
{
	pk_json_double(j, "count", d->count);
	pk_json_double(j, "sum_ns", d->sum_ns);
	pk_json_u64(j, "max_ns", d->max_ns);
	pk_json_array(j, "buckets");
	for (unsigned int b = 0; b < pk_dist_nr_buckets(d); b++) {
		uint64_t low, high;

		if (!(d->nr[b] > 0))
			continue;
		pk_dist_bounds_of(d, b, &low, &high);
		pk_json_array(j, NULL);
		pk_json_u64(j, NULL, low);
		pk_json_u64(j, NULL, high);
		pk_json_double(j, NULL, d->nr[b]);
		pk_json_end(j);
	}
	pk_json_end(j);
}

static void put_groups(struct pk_json *j, const struct pk_hist_groups *g, const char *what,
		       struct pk_sink *out)
{
	static const char *const keys[PKPROF_NR_HIST_KEYS] = { "cpu", "process", "thread" };

	PK_VEC_FOREACH(&g->groups, group) {
		struct pk_dist d;

		pk_hist_group_dist(g, group, &d);
		pk_json_object(j, NULL);
		pk_json_string(j, "what", what);
		pk_json_string(j, "key", keys[group->key]);
		pk_json_put_index(j, "of", group->owner);
		put_dist(j, &d);
		pk_json_end(j);
		pk_sink_drain(out);
	}
}

static int put_distributions(struct pk_json *j, const struct pk_scope *s, struct pk_sink *out)
{
	static const char *const whats[PKPROF_NR_HISTS] = { "runq", "slice" };
	int rc = 0;

	pk_json_array(j, "distributions");
	for (unsigned int what = 0; !rc && what < PKPROF_NR_HISTS; what++) {
		struct pk_hist_groups g;

		rc = pk_hist_groups_init(s, what, &g);
		if (!rc)
			put_groups(j, &g, whats[what], out);
		pk_hist_groups_deinit(&g);
	}
	pk_json_end(j);
	return rc;
}

int pk_json_put_ledger(struct pk_json *j, const struct pk_scope *s,
		       const struct pk_phase_times *phases, struct pk_sink *out)
{
	int rc = put_accounts(j, s, phases, out);

	if (rc)
		return rc;
	put_latencies(j, s, out);
	return put_distributions(j, s, out);
}
