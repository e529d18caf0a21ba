// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Summary: what was recorded where, how busy the CPUs were, and how far the
 * figures can be trusted: losses, named frames, unfinished stacks, cost.
 */
#include <stdio.h>

#include "analysis/analysis.h"
#include "analysis/books.h"
#include "analysis/ranking.h"
#include "analysis/runtimes.h"
#include "base/cleanup.h"

static const struct pk_column recording_columns[] = {
	{ "host", "host", PK_COL_TEXT, 0 },
	{ "kernel", "kernel", PK_COL_TEXT, 0 },
	{ "cpu_model", "processor", PK_COL_TEXT, 0 },
	{ "started", "started", PK_COL_TEXT, 0 },
	{ "sampler", "sampled by", PK_COL_TEXT, 0 },
	{ "command", "command", PK_COL_TEXT, PK_COL_ELASTIC },
	{ 0 },
};

static const struct pk_column totals_columns[] = {
	{ "duration_ns", "duration", PK_COL_NS, 0 },
	{ "recording_ns", "recording", PK_COL_NS, PK_COL_HIDDEN },
	{ "samples", "samples", PK_COL_COUNT, 0 },
	{ "recording_samples", "of all", PK_COL_COUNT, PK_COL_HIDDEN },
	{ "rate_hz", "rate", PK_COL_HZ, 0 },
	{ "nr_cpus", "CPUs", PK_COL_COUNT, 0 },
	{ "cpu_ns", "CPU time", PK_COL_NS, 0 },
	{ "busy", "busy", PK_COL_RATIO, 0 },
	{ "busy_error", "±", PK_COL_RATIO, PK_COL_ERROR },
	{ "named", "frames named", PK_COL_RATIO, 0 },
	{ "complete", "stacks whole", PK_COL_RATIO, 0 },
	{ "lost", "samples lost", PK_COL_COUNT, 0 },
	{ "lost_share", "of all samples", PK_COL_RATIO, PK_COL_HIDDEN },
	{ "cost_share", "cost of CPUs", PK_COL_RATIO, 0 },
	{ 0 },
};

static const struct pk_column cpu_columns[] = {
	{ "cpu", "CPU", PK_COL_COUNT, PK_COL_KEY },
	{ "samples", "samples", PK_COL_COUNT, 0 },
	{ "cpu_ns", "CPU time", PK_COL_NS, 0 },
	{ "busy", "busy", PK_COL_RATIO, PK_COL_BAR },
	{ "busy_error", "±", PK_COL_RATIO, PK_COL_ERROR },
	{ "user", "user", PK_COL_RATIO, 0 },
	{ "kernel", "kernel", PK_COL_RATIO, 0 },
	{ "softirq", "softirq", PK_COL_RATIO, 0 },
	{ 0 },
};

static const struct pk_column stack_columns[] = {
	{ "half", "stack", PK_COL_TEXT, 0 },
	{ "end", "end", PK_COL_TEXT, PK_COL_HIDDEN },
	{ "samples", "samples", PK_COL_COUNT, 0 },
	{ "share", "share", PK_COL_RATIO, PK_COL_BAR },
	{ "meaning", "where it ends", PK_COL_TEXT, PK_COL_ELASTIC },
	{ 0 },
};

#define NOTABLE_LOSS 0.01	/* share of samples */
#define END_NONE PKPROF_NR_STACK_ENDS	/* no stack of that half at all */
#define NR_ENDS	 (END_NONE + 1)

static const struct {
	const char *name, *meaning;
} ends[NR_ENDS] = {
	[PKPROF_END_ROOT] = { "root", "whole: reaches the entry of thread or kernel" },
	[PKPROF_END_DEPTH] = { "depth", "cut: deeper than the limit of frames" },
	[PKPROF_END_FAULT] = { "fault", "cut: a page of the stack was not in memory" },
	[PKPROF_END_BAD_FRAME] = { "bad_frame", "cut: code with neither unwind rows nor frame pointers" },
	[PKPROF_END_UNWIND] = { "unwind", "cut: the kernel's unwinder does not know the code" },
	[PKPROF_END_NO_TABLE] = { "no_table", "cut: the file's unwind rows were not there (yet)" },
	[PKPROF_END_NO_RULE] = { "no_rule", "cut: the code's unwind row cannot be followed" },
	[PKPROF_END_JIT] = { "jit", "cut: code made at run time without frame pointers" },
	[PKPROF_END_LOOP] = { "loop", "cut: signal handlers without end" },
	[END_NONE] = { "none", "no stack was taken" },
};

static const char *const half_names[] = { "kernel", "user" };

/* Samples by CPU and mode, and by how their stacks end. */
struct counts {
	uint64_t *cpu, *cpu_user, *cpu_softirq;	/* by position in scope->cpus */
	uint64_t end[2][NR_ENDS];		/* by half */
	uint64_t half[2];			/* samples that have this half */
	uint64_t whole;				/* all halves reach their root */
	struct pk_frame_counts frames;		/* in all stacks */
};

static void count_half(struct counts *c, unsigned int half, uint32_t stack, unsigned int end,
		       bool *whole)
{
	if (!stack || end >= PKPROF_NR_STACK_ENDS)
		end = END_NONE;
	c->half[half]++;
	c->end[half][end]++;
	*whole &= end == PKPROF_END_ROOT;
}

/* @entry: the user half's outermost frame is where a program or thread starts. */
static void count_stacks(const struct pk_samples *samples, size_t i, bool entry, struct counts *c)
{
	unsigned int flags = samples->flags[i];
	unsigned int user_end = entry ? PKPROF_END_ROOT : flags >> PK_SAMPLE_UEND_SHIFT & 15;
	bool whole = true;

	if (!(flags & PKPROF_SAMPLE_USER))
		count_half(c, 0, samples->kstack[i], flags >> PK_SAMPLE_KEND_SHIFT & 15, &whole);
	if (!(flags & (PKPROF_SAMPLE_KTHREAD | PKPROF_SAMPLE_NO_MM)))
		count_half(c, 1, samples->ustack[i], user_end, &whole);
	c->whole += whole;
}

/* Of a CPU that is one of the scope's. */
static size_t cpu_position(const struct pk_scope *s, uint32_t cpu)
{
	size_t low = 0, high = s->cpus.nr;

	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (s->cpus.data[mid] <= cpu)
			low = mid;
		else
			high = mid;
	}
	return low;
}

/* By stack node: is its outermost frame an entry? NULL: no memory. */
static bool *find_entries(const struct pk_model *m)
{
	bool *entry = calloc(m->nodes.nr + 1, sizeof(*entry));

	for (size_t i = 1; entry && i < m->nodes.nr; i++) {
		const struct pk_stack_node *node = &m->nodes.data[i];

		entry[i] = node->parent ? entry[node->parent] : m->frames.data[node->frame].entry;
	}
	return entry;
}

static int counts_init(const struct pk_scope *s, struct counts *ret)
{
	const struct pk_samples *samples = &s->model->profile->samples;
	PK_AUTO_FREE bool *entry = find_entries(s->model);

	*ret = (struct counts){
		.cpu = calloc(s->cpus.nr + 1, sizeof(uint64_t)),
		.cpu_user = calloc(s->cpus.nr + 1, sizeof(uint64_t)),
		.cpu_softirq = calloc(s->cpus.nr + 1, sizeof(uint64_t)),
	};
	if (!entry || !ret->cpu || !ret->cpu_user || !ret->cpu_softirq)
		return -ENOMEM;
	for (size_t n = 0, at = 0; n < s->nr_samples; n++) {
		size_t i = s->samples[n];
		uint32_t weight = pk_scope_weight(s, i);

		if (s->cpus.data[at] != samples->cpu[i])
			at = cpu_position(s, samples->cpu[i]);
		ret->cpu[at] += weight;
		ret->cpu_user[at] += samples->flags[i] & PKPROF_SAMPLE_USER ? weight : 0;
		ret->cpu_softirq[at] += samples->flags[i] & PKPROF_SAMPLE_SOFTIRQ ? weight : 0;
		count_stacks(samples, i, entry[s->model->sample_stack[i]], ret);
	}
	return 0;
}

static void counts_deinit(struct counts *c)
{
	free(c->cpu);
	free(c->cpu_user);
	free(c->cpu_softirq);
}

/* Wall clock at the recording's start, or NULL when the file does not say. */
static const char *start_text(const struct pk_profile *p, struct pk_result *ret)
{
	char text[PK_WALL_TIME_LEN];

	return pk_profile_wall_time(p, p->start_ns, text) ? pk_result_text(ret, "%s", text) : NULL;
}

/* How the samples were taken, and what that cannot see. NULL: the file has no books. */
static const char *sampler_text(const struct pk_books_sum *sums)
{
	enum pkprof_source sampler = pk_books_sampler(sums);

	if (!sums[sampler].nr_cpus)
		return NULL;
	if (sampler == PKPROF_SRC_PMU)
		return "cycle counter (NMI); the counter's own skid remains";
	return "timer; code with interrupts off shows where they come on again";
}

static int add_recording(const struct pk_profile *p, const struct pk_books_sum *sums,
			 struct pk_result *ret)
{
	struct pk_table *t = pk_result_table(ret, "recording", "Recording", recording_columns,
					     PK_TABLE_RECORD);

	if (!t)
		return -ENOMEM;
	return pk_table_row(t, PK_TEXT(pk_profile_fact(p, "host.name")),
			    PK_TEXT(pk_profile_fact(p, "kernel.release")),
			    PK_TEXT(pk_profile_fact(p, "cpu.model")), PK_TEXT(start_text(p, ret)),
			    PK_TEXT(sampler_text(sums)),
			    PK_TEXT(pk_profile_fact(p, "record.command")));
}

static int add_totals(const struct pk_scope *s, const struct counts *c,
		      const struct pk_books_sum *sums, struct pk_result *ret)
{
	const struct pk_profile *p = s->model->profile;
	struct pk_table *t = pk_result_table(ret, "totals", "Totals", totals_columns,
					     PK_TABLE_RECORD);
	double instants = pk_scope_instants(s, s->nr_cpus, s->wall_ns);
	double busy = pk_ratio(s->weight, instants), cost = pk_books_recorder_ns(p);
	const struct pk_books_sum *cpu = &sums[pk_books_sampler(sums)];
	double all_ns = (double)(p->end_ns - p->start_ns) * s->nr_online;

	if (!t)
		return -ENOMEM;
	for (unsigned int i = 0; i < PKPROF_NR_SOURCES; i++)
		if (isfinite(pk_books_cost_ns(&sums[i])))
			cost += pk_books_cost_ns(&sums[i]);
	return pk_table_row(
		t, PK_COUNT(s->wall_ns), PK_COUNT(p->end_ns - p->start_ns),
		PK_COUNT(s->nr_samples), PK_COUNT(p->samples.nr),
		PK_REAL(s->period_ns ? 1e9 / s->period_ns : NAN), PK_COUNT(s->nr_cpus),
		PK_COUNT(pk_scope_ns(s, s->weight)), PK_REAL(busy),
		PK_REAL(pk_share_error(busy, pk_scope_effective(s, instants))),
		PK_REAL(pk_ratio(c->frames.nr_named, c->frames.nr)),
		PK_REAL(pk_ratio(c->whole, s->nr_samples)),
		PK_COUNT(cpu->nr_cpus ? pk_books_lost(cpu) : PK_CELL_NONE),
		PK_REAL(pk_ratio(pk_books_lost(cpu), cpu->generated)),
		PK_REAL(cpu->nr_cpus ? pk_ratio(cost, all_ns) : NAN));
}

static int add_cpu(const struct pk_scope *s, const struct counts *c, size_t i, struct pk_table *t)
{
	double instants = pk_scope_instants(s, 1, s->wall_ns);
	double busy = pk_ratio(c->cpu[i], instants);

	return pk_table_row(t, PK_COUNT(s->cpus.data[i]), PK_COUNT(c->cpu[i]),
			    PK_COUNT(pk_scope_ns(s, c->cpu[i])), PK_REAL(busy),
			    PK_REAL(pk_share_error(busy, pk_scope_effective(s, instants))),
			    PK_REAL(pk_ratio(c->cpu_user[i], instants)),
			    PK_REAL(pk_ratio(c->cpu[i] - c->cpu_user[i], instants)),
			    PK_REAL(pk_ratio(c->cpu_softirq[i], instants)));
}

/* All CPUs in order, or the busiest ones where there are more than the limit. */
static int add_cpus(const struct pk_scope *s, const struct counts *c, size_t limit,
		    struct pk_result *ret)
{
	struct pk_table *t = pk_result_table(ret, "cpus", "CPUs", cpu_columns, 0);
	struct pk_ranking busiest;
	int rc = t ? 0 : -ENOMEM;

	if (!limit || s->cpus.nr <= limit) {
		for (size_t i = 0; !rc && i < s->cpus.nr; i++)
			rc = add_cpu(s, c, i, t);
		return rc;
	}
	if (!rc)
		rc = pk_ranking_init(c->cpu, NULL, s->cpus.nr, limit, &busiest);
	if (rc)
		return rc;
	for (size_t i = 0; !rc && i < busiest.ranks.nr; i++)
		rc = add_cpu(s, c, busiest.ranks.data[i].idx, t);
	t->nr_left_out = s->cpus.nr - busiest.ranks.nr;
	pk_ranking_deinit(&busiest);
	return rc;
}

static int add_stacks(const struct counts *c, struct pk_result *ret)
{
	struct pk_table *t = pk_result_table(ret, "stacks", "Stacks", stack_columns, 0);
	int rc = t ? 0 : -ENOMEM;

	for (unsigned int half = 0; !rc && half < 2; half++)
		for (unsigned int end = 0; !rc && end < NR_ENDS; end++)
			if (c->end[half][end])
				rc = pk_table_row(t, PK_TEXT(half_names[half]),
						  PK_TEXT(ends[end].name),
						  PK_COUNT(c->end[half][end]),
						  PK_REAL(pk_ratio(c->end[half][end],
								   c->half[half])),
						  PK_TEXT(ends[end].meaning));
	return rc;
}

static uint64_t samples_weight(const struct pk_samples *samples)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < samples->nr; i++)
		sum += pk_sample_weight(samples, i);
	return sum;
}

/* Lost samples are in no share; where they are many, the reader must know. */
static int note_losses(const struct pk_scope *s, const struct pk_books_sum *cpu,
		       struct pk_result *ret)
{
	double lost = pk_ratio(pk_books_lost(cpu), cpu->generated);
	double busy = pk_ratio(samples_weight(&s->model->profile->samples) / (1 - lost),
			       pk_scope_instants(s, s->nr_cpus, s->model->profile->end_ns -
									s->model->profile->start_ns));

	if (!(lost >= NOTABLE_LOSS))
		return 0;
	return pk_result_note(ret,
			      "%.1f %% of the sampled instants were lost (see Losses) and are in no "
			      "share here; counted as busy, they make it %.1f %% of the CPUs over the "
			      "whole recording.",
			      lost * 100, busy * 100);
}

static int run(const struct pk_scope *s, const struct pk_analysis_opts *o, struct pk_result *ret,
	       struct pk_err *err)
{
	struct pk_books_sum sums[PKPROF_NR_SOURCES];
	struct counts counts;
	int rc = counts_init(s, &counts);

	if (!rc)
		rc = pk_model_count_frames(s->model, s->samples, s->nr_samples, &counts.frames);
	if (!rc)
		rc = pk_books_sum(s->model->profile, sums);
	if (!rc)
		rc = add_recording(s->model->profile, sums, ret);
	if (!rc)
		rc = pk_runtimes_add(s->model->profile, ret);
	if (!rc)
		rc = add_totals(s, &counts, sums, ret);
	if (!rc)
		rc = add_cpus(s, &counts, o->limit, ret);
	if (!rc)
		rc = add_stacks(&counts, ret);
	if (!rc && !s->period_ns)
		rc = pk_result_note(ret, "The file does not say its sampling period: CPU time "
					 "cannot be derived from samples.");
	if (!rc)
		rc = note_losses(s, &sums[pk_books_sampler(sums)], ret);
	counts_deinit(&counts);
	return rc ? pk_err_set(err, rc, "no memory for the summary") : 0;
}

const struct pk_analysis pk_analysis_summary = {
	.name = "summary",
	.help = "duration, samples, busy CPUs, and how complete the recording is",
	.report = PK_REPORT_TEXT,
	.run = run,
};
