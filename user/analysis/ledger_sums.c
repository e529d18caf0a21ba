// SPDX-License-Identifier: GPL-2.0-or-later
/* The wait ledger of a scope; see ledger_sums.h. */
#include "analysis/ledger_sums.h"

bool pk_ledger_is_in(const struct pk_profile *p)
{
	return p->ledger.nr || p->cpus.nr;
}

void pk_account_add(struct pk_account *sum, const struct pk_account *more)
{
	for (unsigned int i = 0; i < PKPROF_NR_LINES; i++)
		sum->ns[i] += more->ns[i];
	sum->life_ns += more->life_ns;
	sum->nr_threads += more->nr_threads;
	sum->nr_samples += more->nr_samples;
	sum->nr_user += more->nr_user;
	sum->nr_softirq += more->nr_softirq;
}

double pk_account_user(const struct pk_account *a)
{
	return pk_ratio(a->nr_user, a->nr_samples);
}

double pk_account_softirq(const struct pk_account *a)
{
	return pk_ratio(a->nr_softirq, a->nr_samples);
}

uint64_t pk_ledger_kept_ns(const struct pk_ledger_kept *kept, const struct pk_scope *s,
			   uint64_t from_ns, uint64_t to_ns)
{
	if (from_ns < kept->from_ns)
		from_ns = kept->from_ns;
	if (to_ns > kept->to_ns)
		to_ns = kept->to_ns;
	if (to_ns <= from_ns)
		return 0;
	return s->filtered ? pk_filter_clip_ns(s->filter, from_ns, to_ns) : to_ns - from_ns;
}

/* Without the facts, as in a file that was cut off, it is taken for all of the recording. */
struct pk_ledger_kept pk_ledger_kept_of(const struct pk_scope *s)
{
	const struct pk_profile *p = s->model->profile;
	uint64_t from_ns = pk_profile_fact_u64(p, "ledger.from_ns", p->start_ns);
	uint64_t to_ns = pk_profile_fact_u64(p, "ledger.to_ns", p->end_ns);
	struct pk_ledger_kept kept = { .from_ns = from_ns };

	/* it may be much older than the recording */
	if (from_ns < p->start_ns && p->start_ns - from_ns > PK_LEDGER_LEAD_NS)
		kept.from_ns = p->start_ns;
	kept.to_ns = to_ns < p->end_ns ? to_ns : p->end_ns;
	if (kept.to_ns < kept.from_ns)
		kept.to_ns = kept.from_ns;
	kept.ns = pk_ledger_kept_ns(&kept, s, kept.from_ns, kept.to_ns);
	return kept;
}

static bool is_wanted(const struct pk_scope *s, uint32_t thread)
{
	return !s->filtered || pk_filter_match_thread(s->filter, s->model, thread);
}

static void add_pieces(const struct pk_scope *s, struct pk_ledger_sums *l)
{
	const struct pk_profile *p = s->model->profile;

	for (size_t i = 0; i < p->ledger.nr; i++) {
		const struct pk_ledger_piece *piece = &p->ledger.data[i];
		uint32_t thread = s->model->ledger_thread[i];
		struct pk_account *a = &l->thread[thread];
		uint64_t inside = pk_ledger_kept_ns(&l->kept, s, piece->from_ns, piece->to_ns);
		struct pk_lines lines = { 0 };

		if (!inside)
			continue;
		pk_lines_add_piece(&lines, p, piece, inside);
		if (!is_wanted(s, thread))
			continue;
		a->nr_threads = 1;
		for (unsigned int line = 0; line < PKPROF_NR_LINES; line++) {
			a->ns[line] += lines.ns[line];
			l->intervals[line] += lines.nr[line];
		}
	}
}

static void add_samples(const struct pk_scope *s, struct pk_ledger_sums *l)
{
	for (size_t n = 0; n < s->nr_samples; n++) {
		size_t i = s->samples[n];
		struct pk_account *a = &l->thread[s->model->sample_thread[i]];
		uint16_t flags = s->model->profile->samples.flags[i];
		uint32_t weight = pk_scope_weight(s, i);

		a->nr_samples += weight;
		a->nr_user += flags & PKPROF_SAMPLE_USER ? weight : 0;
		a->nr_softirq += flags & PKPROF_SAMPLE_SOFTIRQ ? weight : 0;
	}
}

/* Idle tasks have no account; of a life that was made up nothing is known but its account. */
static void add_threads(const struct pk_scope *s, struct pk_ledger_sums *l)
{
	for (size_t i = 0; i < s->model->threads.nr; i++) {
		const struct pk_thread *t = &s->model->threads.data[i];
		struct pk_account *a = &l->thread[i];

		if (!t->tid || !is_wanted(s, i))
			continue;
		if (t->told || a->nr_threads)
			a->life_ns = pk_ledger_kept_ns(&l->kept, s, t->start_ns, t->end_ns);
		for (unsigned int line = 0; line < PKPROF_NR_LINES; line++)
			l->nr_in[line] += a->ns[line] > 0;
		l->nr_accounts += a->nr_threads;
		l->nr_missing += !a->nr_threads && a->life_ns;
		pk_account_add(&l->process[t->process], a);
		pk_account_add(&l->all, a);
	}
}

static void widen(struct pk_cpu_piece *sum, const struct pk_cpu_piece *c, uint64_t inside)
{
	pk_cpu_add_piece(sum, c, inside);
	sum->to_ns += inside;
}

static void add_cpu_sum(struct pk_cpu_piece *sum, const struct pk_cpu_piece *c)
{
	sum->to_ns += c->to_ns;
	sum->busy_ns += c->busy_ns;
	sum->idle_ns += c->idle_ns;
	sum->offline_ns += c->offline_ns;
	sum->nr_switches += c->nr_switches;
	sum->steal_ns += c->steal_ns;
	sum->softirq_ns += c->softirq_ns;
	sum->irq_ns += c->irq_ns;
	sum->iowait_ns += c->iowait_ns;
}

/* From the latest first to the earliest last reading of a CPU. */
static void find_common(const struct pk_profile *p, struct pk_ledger_sums *l)
{
	l->common.to_ns = UINT64_MAX;
	for (uint32_t cpu = 0; cpu < l->nr_cpus; cpu++) {
		const struct pk_cpu_piece *c = &l->cpu[cpu];

		if (!c->to_ns)
			continue;
		if (c->from_ns > l->common.from_ns)
			l->common.from_ns = c->from_ns;
		if (c->to_ns < l->common.to_ns)
			l->common.to_ns = c->to_ns;
	}
	if (!p->cpus.nr)
		l->common.to_ns = 0;
}

static uint64_t common_ns(const struct pk_scope *s, const struct pk_ledger_sums *l,
			  uint64_t from_ns, uint64_t to_ns)
{
	if (from_ns < l->common.from_ns)
		from_ns = l->common.from_ns;
	if (to_ns > l->common.to_ns)
		to_ns = l->common.to_ns;
	return pk_ledger_kept_ns(&l->kept, s, from_ns, to_ns);
}

/* The kernel counts it since the ledger was attached, and only for all of that time. */
static uint64_t overflow_ns(const struct pk_scope *s, const struct pk_ledger_sums *l)
{
	const struct pk_profile *p = s->model->profile;
	uint64_t from_ns = pk_profile_fact_u64(p, "ledger.from_ns", 0);

	if (s->wall_ns != p->end_ns - p->start_ns || from_ns != l->kept.from_ns)
		return 0;
	return pk_profile_fact_u64(p, "ledger.overflow_cpu_ns", 0);
}

static void add_common(const struct pk_scope *s, struct pk_ledger_sums *l)
{
	const struct pk_profile *p = s->model->profile;

	l->common.overflow_cpu_ns = overflow_ns(s, l);
	PK_VEC_FOREACH(&p->cpus, c)
		if (c->cpu < l->nr_cpus && pk_ledger_cpu_was_there(&l->cpu[c->cpu]))
			widen(&l->common.cpus, c, common_ns(s, l, c->from_ns, c->to_ns));
	PK_VEC_FOREACH(&p->ledger, piece) {
		struct pk_lines lines = { 0 };
		uint64_t ns = common_ns(s, l, piece->from_ns, piece->to_ns);

		if (!ns)
			continue;
		pk_lines_add_piece(&lines, p, piece, ns);
		l->common.tasks_cpu_ns += lines.ns[PKPROF_LINE_CPU];
	}
}

/* Where the pieces of each CPU begin and end; then their sums. */
static int add_cpus(const struct pk_scope *s, struct pk_ledger_sums *l)
{
	const struct pk_profile *p = s->model->profile;

	PK_VEC_FOREACH(&p->cpus, c)
		if (c->cpu < PK_LEDGER_MAX_CPUS && c->cpu >= l->nr_cpus)
			l->nr_cpus = c->cpu + 1;
	l->cpu = calloc(l->nr_cpus + 1, sizeof(*l->cpu));
	if (!l->cpu)
		return -ENOMEM;
	PK_VEC_FOREACH(&p->cpus, c) {
		struct pk_cpu_piece *sum = c->cpu < l->nr_cpus ? &l->cpu[c->cpu] : NULL;

		if (!sum)
			continue;
		if (!sum->to_ns || c->from_ns < sum->from_ns)
			sum->from_ns = c->from_ns;
		if (c->to_ns > sum->to_ns)
			sum->to_ns = c->to_ns;
	}
	find_common(p, l);
	for (uint32_t cpu = 0; cpu < l->nr_cpus; cpu++)
		l->cpu[cpu] = (struct pk_cpu_piece){ .cpu = cpu };
	PK_VEC_FOREACH(&p->cpus, c) {
		uint64_t inside = pk_ledger_kept_ns(&l->kept, s, c->from_ns, c->to_ns);

		if (c->cpu < l->nr_cpus)
			widen(&l->cpu[c->cpu], c, inside);
	}
	for (uint32_t cpu = 0; cpu < l->nr_cpus; cpu++)
		if (pk_ledger_cpu_was_there(&l->cpu[cpu]))
			add_cpu_sum(&l->machine, &l->cpu[cpu]);
	add_common(s, l);
	return 0;
}

int pk_ledger_sums_init(const struct pk_scope *s, struct pk_ledger_sums *ret)
{
	*ret = (struct pk_ledger_sums){
		.kept = pk_ledger_kept_of(s),
		.thread = calloc(s->model->threads.nr + 1, sizeof(struct pk_account)),
		.process = calloc(s->model->processes.nr + 1, sizeof(struct pk_account)),
	};
	if (!ret->thread || !ret->process)
		return -ENOMEM;
	add_pieces(s, ret);
	add_samples(s, ret);
	add_threads(s, ret);
	return add_cpus(s, ret);
}

void pk_ledger_sums_deinit(struct pk_ledger_sums *l)
{
	free(l->thread);
	free(l->process);
	free(l->cpu);
	*l = (struct pk_ledger_sums){ 0 };
}
