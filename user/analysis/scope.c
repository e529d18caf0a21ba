// SPDX-License-Identifier: GPL-2.0-or-later
/* Scope of an analysis; see scope.h. */
#include <fnmatch.h>
#include "analysis/scope.h"
#include "analysis/table.h"
#include "base/cleanup.h"

static int select_samples(struct pk_scope *s)
{
	const struct pk_samples *samples = &s->model->profile->samples;
	uint64_t squares = 0;

	s->samples = malloc((samples->nr ? samples->nr : 1) * sizeof(*s->samples));
	if (!s->samples)
		return -ENOMEM;
	for (size_t i = 0; i < samples->nr; i++) {
		uint64_t weight = pk_sample_weight(samples, i);

		if (s->filtered && !pk_filter_match(s->filter, s->model, i))
			continue;
		s->samples[s->nr_samples++] = i;
		s->weight += weight;
		squares += weight * weight;
	}
	s->spread = s->weight ? (double)squares / s->weight : 1;
	return 0;
}

/* Sets of CPUs have a byte for each number that samples can have. */
#define MAX_CPUS 65536

/* A list like "0-3,8"; stops at the first senseless character. */
static void add_list(bool *set, const char *list)
{
	while (*list >= '0' && *list <= '9') {
		char *end;
		unsigned long from = strtoul(list, &end, 10), to = from;

		if (*end == '-')
			to = strtoul(end + 1, &end, 10);
		if (to >= MAX_CPUS)
			to = MAX_CPUS - 1;
		if (from <= to)
			memset(set + from, true, to - from + 1);
		list = *end == ',' ? end + 1 : end;
	}
}

/* Fact "cpu.online": a list, or just how many there are. */
static void add_online(bool *set, const char *online)
{
	unsigned long nr = strtoul(online, NULL, 10);

	if (strpbrk(online, "-,") || !nr)
		add_list(set, online);
	else
		memset(set, true, nr < MAX_CPUS ? nr : MAX_CPUS);
}

/* The CPUs that were asked for or else online, and any that samples are from. */
static int find_cpus(struct pk_scope *s)
{
	const struct pk_profile *p = s->model->profile;
	const char *asked = pk_profile_fact(p, "record.cpus");
	const char *online = pk_profile_fact(p, "cpu.online");
	PK_AUTO_FREE bool *there = calloc(MAX_CPUS, sizeof(*there));
	PK_AUTO_FREE bool *wanted = calloc(MAX_CPUS, sizeof(*wanted));

	if (!there || !wanted)
		return -ENOMEM;
	if (online)
		add_online(there, online);
	if (asked && *asked)
		add_list(wanted, asked);
	else
		memcpy(wanted, there, MAX_CPUS * sizeof(*wanted));
	for (size_t i = 0; i < p->samples.nr; i++)
		there[p->samples.cpu[i]] = wanted[p->samples.cpu[i]] = true;
	for (uint32_t cpu = 0; cpu < MAX_CPUS; cpu++) {
		if (wanted[cpu] && pk_vec_add(&s->cpus, cpu))
			return -ENOMEM;
		s->nr_online += there[cpu];
	}
	s->nr_cpus = s->cpus.nr ? s->cpus.nr : 1;
	if (!online || !s->nr_online)
		s->nr_online = s->nr_cpus;
	return 0;
}

int pk_scope_init(const struct pk_model *m, const struct pk_filter *f, struct pk_scope *ret,
		  struct pk_err *err)
{
	*ret = (struct pk_scope){ .model = m, .filter = f };
	ret->filtered = f->from_ns || f->to_ns != UINT64_MAX || f->tgid || f->comm || f->phases.nr;
	ret->period_ns = pk_profile_fact_u64(m->profile, "record.period_ns", 0);
	ret->wall_ns = pk_filter_wall_ns(f, m->profile);
	if (select_samples(ret) || find_cpus(ret)) {
		pk_scope_deinit(ret);
		return pk_err_set(err, -ENOMEM, "no memory for %zu samples",
				  m->profile->samples.nr);
	}
	return 0;
}

void pk_scope_deinit(struct pk_scope *s)
{
	free(s->samples);
	s->samples = NULL;
	pk_vec_deinit(&s->cpus);
}

uint64_t pk_scope_ns(const struct pk_scope *s, uint64_t n)
{
	return s->period_ns ? n * s->period_ns : PK_CELL_NONE;
}

double pk_scope_instants(const struct pk_scope *s, uint32_t nr_cpus, uint64_t wall_ns)
{
	return s->period_ns ? (double)wall_ns / s->period_ns * nr_cpus : 0;
}

double pk_scope_share(const struct pk_scope *s, uint64_t n, uint32_t nr_cpus)
{
	return pk_ratio(n, pk_scope_instants(s, nr_cpus, s->wall_ns));
}

double pk_ratio(double a, double b)
{
	return b > 0 ? a / b : NAN;
}

double pk_share_error(double p, double n)
{
	if (!(n > 0))
		return NAN;
	p = p < 0 ? 0 : p > 1 ? 1 : p;
	return sqrt(p * (1 - p) / n);
}

bool pk_scope_has_process(const struct pk_scope *s, uint32_t process)
{
	const struct pk_process *p = &s->model->processes.data[process];

	if (s->filter->tgid && p->tgid != s->filter->tgid)
		return false;
	return !s->filter->comm ||
	       !fnmatch(s->filter->comm, pk_model_string(s->model, p->comm), 0);
}

bool pk_scope_has_owner(const struct pk_scope *s, uint32_t owner)
{
	if (!s->filter->tgid && !s->filter->comm)
		return true;
	return owner != PK_NO_OWNER && pk_scope_has_process(s, owner);
}

double pk_scope_part(const struct pk_scope *s, uint64_t from_ns, uint64_t to_ns)
{
	uint64_t length = to_ns - from_ns;

	if (!s->filtered)
		return 1;
	return length ? (double)pk_filter_clip_ns(s->filter, from_ns, to_ns) / length : 0;
}
