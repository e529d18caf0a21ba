// SPDX-License-Identifier: GPL-2.0-or-later
/* The governor's decisions; see governor.h. */
#include "governor.h"

/* A rung that spares less than this part of the excess is passed over; the first never is. */
#define PK_GOVERN_WORTH 8

void pk_governor_init(struct pk_governor *g, u32 budget_ppm, u32 sources, u64 period_ns)
{
	*g = (struct pk_governor){
		.budget = budget_ppm,
		.sources = sources & PK_GOVERN_DETACHABLE,
		.hold = PK_GOVERN_HOLD,
		.since_up = PK_GOVERN_RELAPSE,
	};
	if (!(sources & (1u << PKPROF_SRC_CPU | 1u << PKPROF_SRC_PMU)))
		return;
	while (g->max_rate < PKPROF_SAMPLE_MAX_SHIFT &&
	       period_ns << (g->max_rate + 1) <= PK_GOVERN_MAX_PERIOD_NS)
		g->max_rate++;
}

u32 pk_govern_share(const struct pk_govern_books *before, const struct pk_govern_books *now,
		    u64 entry_ns, u64 all_ns)
{
	u64 hits = now->hits - before->hits, timed = now->timed_hits - before->timed_hits;
	u64 ns = now->timed_ns - before->timed_ns, per_million = all_ns / 1000000 + 1;

	/* in sixteenths of a ns, as some handlers take only few; without timed hits @ns is of no hit */
	if (timed)
		ns = ((ns << 4) / timed * hits) >> 4;
	else if (now->timed_hits)
		ns += ((now->timed_ns << 4) / now->timed_hits * hits) >> 4;
	ns += hits * entry_ns;
	return min(ns / per_million, (u64)1000000);
}

/* --- what a window says --- */

unsigned int pk_govern_dearest(const struct pk_govern_window *w, u32 of)
{
	unsigned int src, found = PKPROF_SRC_CORE;

	for (src = 0; src < PKPROF_NR_SOURCES; src++) {
		if (of & 1u << src && w->source[src] > w->source[found])
			found = src;
	}
	return found;
}

static void pk_governor_add_up(struct pk_governor *g, const struct pk_govern_window *w)
{
	unsigned int src;

	g->share = w->recorder;
	g->kept = 0;
	for (src = 0; src < PKPROF_NR_SOURCES; src++) {
		g->share += w->source[src];
		if (PK_GOVERN_KEPT & 1u << src)
			g->kept += w->source[src];
	}
}

static u32 pk_govern_samplers(const struct pk_govern_window *w)
{
	return w->source[PKPROF_SRC_CPU] + w->source[PKPROF_SRC_PMU];
}

/* --- down --- */

/* What is left of the window as steps are decided. */
struct pk_descent {
	struct pk_governor *g;
	struct pk_govern_window w;
	struct pk_govern_step *steps;
	unsigned int nr;
	u32 share, target;
	bool all;	/* nothing else is left: no rung is passed over */
};

static bool pk_descent_is_over(const struct pk_descent *d)
{
	return d->share > d->target;
}

static void pk_descent_add(struct pk_descent *d, enum pkprof_step step, u8 level,
			   unsigned int source, u32 source_ppm)
{
	d->steps[d->nr++] = (struct pk_govern_step){
		.step = step,
		.level = level,
		.source = source,
		.source_ppm = source_ppm,
	};
}

/* The source's cost becomes @left. */
static void pk_descent_spare(struct pk_descent *d, unsigned int source, u32 left)
{
	d->share -= d->w.source[source] - left;
	d->w.source[source] = left;
}

static bool pk_descent_is_worth(const struct pk_descent *d, u32 spared)
{
	return spared && (d->all || (u64)spared * PK_GOVERN_WORTH >= d->share - d->target);
}

/* Stacks of waits are what gets rarer with certainty; the rest of the rung is not foreseen. */
static void pk_descend_coarse(struct pk_descent *d)
{
	struct pk_governor *g = d->g;

	while (pk_descent_is_over(d) && g->coarse < PK_GOVERN_MAX_COARSE &&
	       (!g->coarse || pk_descent_is_worth(d, d->w.source[PKPROF_SRC_OFFCPU] / 2))) {
		unsigned int dearest = pk_govern_dearest(&d->w, ~0u);

		pk_descent_add(d, PKPROF_STEP_COARSE, ++g->coarse, dearest, d->w.source[dearest]);
		pk_descent_spare(d, PKPROF_SRC_OFFCPU, d->w.source[PKPROF_SRC_OFFCPU] / 2);
	}
}

static void pk_descend_rate(struct pk_descent *d)
{
	unsigned int sampler = d->w.source[PKPROF_SRC_PMU] ? PKPROF_SRC_PMU : PKPROF_SRC_CPU;
	struct pk_governor *g = d->g;

	while (pk_descent_is_over(d) && g->rate < g->max_rate &&
	       pk_descent_is_worth(d, d->w.source[sampler] / 2)) {
		unsigned int dearest = pk_govern_dearest(&d->w, ~0u);

		pk_descent_add(d, PKPROF_STEP_RATE, ++g->rate, dearest, d->w.source[dearest]);
		pk_descent_spare(d, sampler, d->w.source[sampler] / 2);
	}
}

static void pk_descend_sources(struct pk_descent *d)
{
	struct pk_governor *g = d->g;

	while (pk_descent_is_over(d)) {
		unsigned int source = pk_govern_dearest(&d->w, g->sources & ~g->detached);
		u32 ppm = d->w.source[source];

		if (source == PKPROF_SRC_CORE || !ppm)
			return;
		pk_descent_add(d, PKPROF_STEP_SOURCE, 1, source, ppm);
		pk_descent_spare(d, source, 0);
		g->detached |= 1u << source;
		g->order[g->nr_detached++] = source;
		g->was[source] = ppm;
	}
}

static unsigned int pk_governor_down(struct pk_governor *g, const struct pk_govern_window *w,
				     struct pk_govern_step *ret)
{
	struct pk_descent d = {
		.g = g,
		.w = *w,
		.steps = ret,
		.share = g->share,
		.target = g->budget - g->budget / 8,
	};
	unsigned int dearest;

	pk_descend_coarse(&d);
	pk_descend_rate(&d);
	/* what rarer samples and stacks spare is seen before a source is given up for it */
	if (!d.nr)
		pk_descend_sources(&d);
	if (!d.nr) {
		d.all = true;
		pk_descend_coarse(&d);
		pk_descend_rate(&d);
	}
	if (!d.nr && !g->floor) {
		dearest = pk_govern_dearest(w, ~0u);
		g->floor = 1;
		pk_descent_add(&d, PKPROF_STEP_FLOOR, 1, dearest, w->source[dearest]);
	} else if (d.nr && g->since_up < PK_GOVERN_RELAPSE) {
		g->hold = min(g->hold * 2, (u32)PK_GOVERN_MAX_HOLD);
		g->since_up = PK_GOVERN_RELAPSE;
	}
	return d.nr;
}

/* --- up --- */

/* The share that the next step up would lead to. */
static u32 pk_governor_foresee(const struct pk_governor *g, const struct pk_govern_window *w)
{
	if (g->nr_detached)
		return g->share + g->was[g->order[g->nr_detached - 1]];
	if (g->rate)
		return g->share + pk_govern_samplers(w);
	return g->share + w->source[PKPROF_SRC_OFFCPU];
}

static struct pk_govern_step pk_governor_climb(struct pk_governor *g,
					       const struct pk_govern_window *w)
{
	struct pk_govern_step step = { .source = pk_govern_dearest(w, ~0u) };

	step.source_ppm = w->source[step.source];
	if (g->nr_detached) {
		step.step = PKPROF_STEP_SOURCE;
		step.source = g->order[--g->nr_detached];
		step.source_ppm = g->was[step.source];
		g->detached &= ~(1u << step.source);
	} else if (g->rate) {
		step.step = PKPROF_STEP_RATE;
		step.level = --g->rate;
	} else {
		step.step = PKPROF_STEP_COARSE;
		step.level = --g->coarse;
	}
	return step;
}

static bool pk_governor_is_full(const struct pk_governor *g)
{
	return !g->nr_detached && !g->rate && !g->coarse;
}

/* What a detached source would cost is known less and less; halves in 11 s. */
static void pk_governor_fade(struct pk_governor *g)
{
	unsigned int i;

	for (i = 0; i < g->nr_detached; i++) {
		u32 *was = &g->was[g->order[i]];

		*was -= min(*was, *was / 64 + 1);
	}
}

static unsigned int pk_governor_up(struct pk_governor *g, const struct pk_govern_window *w,
				   struct pk_govern_step *ret)
{
	unsigned int dearest = pk_govern_dearest(w, ~0u);

	pk_governor_fade(g);
	if (g->floor) {
		if (++g->quiet < g->hold)
			return 0;
		g->quiet = 0;
		g->floor = 0;
		ret[0] = (struct pk_govern_step){
			PKPROF_STEP_FLOOR, 0, dearest, w->source[dearest],
		};
		return 1;
	}
	if (pk_governor_is_full(g) || pk_governor_foresee(g, w) > g->budget - g->budget / 4) {
		g->quiet = 0;
		return 0;
	}
	if (++g->quiet < g->hold)
		return 0;
	g->quiet = 0;
	g->since_up = 0;
	ret[0] = pk_governor_climb(g, w);
	return 1;
}

unsigned int pk_governor_decide(struct pk_governor *g, const struct pk_govern_window *w,
				struct pk_govern_step ret[PK_GOVERN_MAX_STEPS])
{
	pk_governor_add_up(g, w);
	if (g->since_up < PK_GOVERN_RELAPSE && ++g->since_up == PK_GOVERN_RELAPSE)
		g->hold = max(g->hold / 2, (u32)PK_GOVERN_HOLD);
	if (g->share <= g->budget) {
		g->over = 0;
		return pk_governor_up(g, w, ret);
	}
	g->quiet = 0;
	/* one window alone is a burst, unless it is a large one */
	if (++g->over < 2 && g->share / 2 <= g->budget)
		return 0;
	return pk_governor_down(g, w, ret);
}

void pk_governor_refused(struct pk_governor *g, unsigned int source)
{
	g->detached |= 1u << source;
	g->order[g->nr_detached++] = source;
	g->hold = PK_GOVERN_MAX_HOLD;
}
