/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scope: the samples that a filter leaves of a model, found once and used by
 * every analysis and export, with what is needed to turn counts into time and
 * shares: a sample stands for one period of its CPU's time, or for as many as its weight says
 * where the rate was lowered. So what is added up are weights; a number of samples is
 * only told as such.
 */
#ifndef PK_SCOPE_H
#define PK_SCOPE_H

#include "base/err.h"
#include "model/model.h"

struct pk_scope {
	const struct pk_model *model;
	const struct pk_filter *filter;
	uint32_t *samples;	/* indices into the model's samples, ascending */
	size_t nr_samples;
	uint64_t weight;	/* periods that they stand for, all together */
	double spread;		/* sum of the squares of weights / weight: 1 if all are alike */
	bool filtered;		/* some condition is set */
	uint64_t period_ns;	/* of CPU time, that a weight of 1 stands for; 0: not known */
	uint64_t wall_ns;	/* of the recording, after the filter's time conditions */
	uint32_t nr_cpus;	/* that were sampled, at least 1 */
	PK_VEC(uint32_t) cpus;	/* their numbers, ascending */
	/*
	 * CPUs that there were, sampled or not: sources other than the sampling ones work
	 * on all of them. nr_cpus where the file does not say.
	 */
	uint32_t nr_online;
};

int pk_scope_init(const struct pk_model *m, const struct pk_filter *f, struct pk_scope *ret,
		  struct pk_err *err);
void pk_scope_deinit(struct pk_scope *s);

/* Whether a process, by its index, passes the filter's pid and name. */
bool pk_scope_has_process(const struct pk_scope *s, uint32_t process);
/* Likewise of an owner, which may be PK_NO_OWNER: that passes if neither was asked for. */
bool pk_scope_has_owner(const struct pk_scope *s, uint32_t owner);
/* The share of [from, to) that passes the filter's time conditions. Of no time: 0, unfiltered 1. */
double pk_scope_part(const struct pk_scope *s, uint64_t from_ns, uint64_t to_ns);

/* CPU time of a weight @n in ns, PK_CELL_NONE if the period is not known. */
uint64_t pk_scope_ns(const struct pk_scope *s, uint64_t n);
/* Instants at which the CPUs were looked at, busy or not; 0: not known. */
double pk_scope_instants(const struct pk_scope *s, uint32_t nr_cpus, uint64_t wall_ns);
/* That CPU time as share of @nr_cpus CPUs' time over the scope; NAN: not known. */
double pk_scope_share(const struct pk_scope *s, uint64_t n, uint32_t nr_cpus);

static inline uint32_t pk_scope_weight(const struct pk_scope *s, uint32_t sample)
{
	return pk_sample_weight(&s->model->profile->samples, sample);
}

/*
 * Samples of equal weight that would tell as much as those of a weight @n do (Kish,
 * Survey Sampling, section 11.7): what standard errors are calculated from.
 */
static inline double pk_scope_effective(const struct pk_scope *s, double n)
{
	return n / s->spread;
}

/* a / b, NAN for b = 0. */
double pk_ratio(double a, double b);
/*
 * Standard error of a share p of n samples: sqrt(p (1 - p) / n), the binomial
 * one (Cochran, Sampling Techniques, 3rd ed., section 3.2). It takes the
 * samples for independent, so it is an estimate: on a program whose steps are
 * long against the period a grid of instants does better. p is cut to 0..1;
 * n = 0 gives NAN.
 */
double pk_share_error(double p, double n);

#endif
