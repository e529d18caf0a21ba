// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which samples count: by time, phase, process and comm. Phases are kept
 * sorted and disjoint. A comm pattern is tried once per thread and the verdict
 * kept, since there are far fewer threads than samples.
 */
#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "model/model.h"

/* So many phase names are listed when one was not found. */
#define MAX_LISTED 10

enum verdict { UNTRIED, MATCHES, DIFFERS };

struct pk_filter_memo {
	/* what the verdicts were made from */
	const struct pk_model *m;
	const char *comm;
	PK_VEC(uint8_t) of_thread;	/* enum verdict */
};

void pk_filter_init(struct pk_filter *f)
{
	*f = (struct pk_filter){ .to_ns = UINT64_MAX };
	/* without memory for it, patterns are tried each time */
	f->memo = calloc(1, sizeof(*f->memo));
}

void pk_filter_deinit(struct pk_filter *f)
{
	pk_vec_deinit(&f->phases);
	if (f->memo)
		pk_vec_deinit(&f->memo->of_thread);
	free(f->memo);
	f->memo = NULL;
}

static int compare_phases(const void *a, const void *b)
{
	const struct pk_phase *x = a, *y = b;

	return x->from_ns < y->from_ns ? -1 : x->from_ns > y->from_ns;
}

/* Last phase that begins at or before @time_ns, or NULL. */
static const struct pk_phase *phase_before(const struct pk_filter *f, uint64_t time_ns)
{
	size_t lo = 0, hi = f->phases.nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (f->phases.data[mid].from_ns <= time_ns)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? &f->phases.data[lo - 1] : NULL;
}

static int no_such_phase(const struct pk_profile *p, const char *name, struct pk_err *err)
{
	struct pk_strbuf list = { 0 };
	struct pk_map64 listed = { 0 };
	int ret;

	PK_VEC_FOREACH(&p->marks, mark) {
		if (pk_map64_get(&listed, mark->text) != PK_MAP64_NONE)
			continue;
		if (pk_map64_set(&listed, mark->text, 0))
			break;
		if (listed.nr > MAX_LISTED) {
			pk_strbuf_puts(&list, ", ...");
			break;
		}
		pk_strbuf_printf(&list, "%s\"%s\"", listed.nr > 1 ? ", " : "",
				 pk_strtab_get(&p->strings, mark->text));
	}
	if (list.len)
		ret = pk_err_set(err, -ENOENT, "no phase is called \"%s\"; there are: %s", name,
				 list.data);
	else
		ret = pk_err_set(err, -ENOENT,
				 "no phase is called \"%s\": nothing was marked in this recording",
				 name);
	pk_strbuf_deinit(&list);
	pk_map64_deinit(&listed);
	return ret;
}

int pk_filter_add_phase(struct pk_filter *f, const struct pk_profile *p, const char *name,
			struct pk_err *err)
{
	uint32_t text = pk_strtab_find(&p->strings, name, strlen(name));
	const struct pk_phase *before;
	size_t nr = f->phases.nr;
	bool found = false;

	for (size_t i = 0; i < p->marks.nr && text != PK_MAP64_NONE; i++) {
		struct pk_phase phase = { p->marks.data[i].time_ns, UINT64_MAX, text };

		if (p->marks.data[i].text != text)
			continue;
		if (i + 1 < p->marks.nr)
			phase.to_ns = p->marks.data[i + 1].time_ns;
		found = true;
		/* given twice it still counts once */
		before = nr ? bsearch(&phase, f->phases.data, nr, sizeof(phase), compare_phases) :
			      NULL;
		if ((!before || before->text != text) && pk_vec_add(&f->phases, phase))
			return pk_err_set(err, -ENOMEM, "not enough memory for phases");
	}
	if (!found)
		return no_such_phase(p, name, err);
	qsort(f->phases.data, f->phases.nr, sizeof(*f->phases.data), compare_phases);
	return 0;
}

static bool try_comm(const char *pattern, const struct pk_model *m, const struct pk_thread *t)
{
	const struct pk_process *p = &m->processes.data[t->process];

	return !fnmatch(pattern, pk_model_string(m, t->comm), 0) ||
	       !fnmatch(pattern, pk_model_string(m, p->comm), 0);
}

static bool match_comm(const struct pk_filter *f, const struct pk_model *m, uint32_t thread)
{
	struct pk_filter_memo *memo = f->memo;
	const struct pk_thread *t = &m->threads.data[thread];
	uint8_t *verdict;

	if (!memo)
		return try_comm(f->comm, m, t);
	if (memo->m != m || memo->comm != f->comm || memo->of_thread.nr != m->threads.nr) {
		memo->of_thread.nr = 0;
		if (pk_vec_reserve(&memo->of_thread, m->threads.nr))
			return try_comm(f->comm, m, t);
		memset(memo->of_thread.data, UNTRIED, m->threads.nr);
		memo->of_thread.nr = m->threads.nr;
		memo->m = m;
		memo->comm = f->comm;
	}
	verdict = &memo->of_thread.data[thread];
	if (*verdict == UNTRIED)
		*verdict = try_comm(f->comm, m, t) ? MATCHES : DIFFERS;
	return *verdict == MATCHES;
}

bool pk_filter_match(const struct pk_filter *f, const struct pk_model *m, size_t sample)
{
	const struct pk_samples *s = &m->profile->samples;
	uint64_t time_ns = s->time_ns[sample];
	const struct pk_phase *phase;

	/* a limit of UINT64_MAX is no limit */
	if (time_ns < f->from_ns || (time_ns >= f->to_ns && f->to_ns != UINT64_MAX))
		return false;
	if (f->tgid && s->tgid[sample] != f->tgid)
		return false;
	if (f->phases.nr) {
		phase = phase_before(f, time_ns);
		if (!phase || (time_ns >= phase->to_ns && phase->to_ns != UINT64_MAX))
			return false;
	}
	return !f->comm || match_comm(f, m, m->sample_thread[sample]);
}

bool pk_filter_match_thread(const struct pk_filter *f, const struct pk_model *m, uint32_t thread)
{
	const struct pk_thread *t = &m->threads.data[thread];

	if (f->tgid && m->processes.data[t->process].tgid != f->tgid)
		return false;
	return !f->comm || match_comm(f, m, thread);
}

/* Length of what two ranges share. */
static uint64_t common_ns(uint64_t from_ns, uint64_t to_ns, uint64_t from2_ns, uint64_t to2_ns)
{
	if (from_ns < from2_ns)
		from_ns = from2_ns;
	if (to_ns > to2_ns)
		to_ns = to2_ns;
	return to_ns > from_ns ? to_ns - from_ns : 0;
}

uint64_t pk_filter_clip_ns(const struct pk_filter *f, uint64_t from_ns, uint64_t to_ns)
{
	const struct pk_phase *phase;
	uint64_t sum = 0;

	if (from_ns < f->from_ns)
		from_ns = f->from_ns;
	if (to_ns > f->to_ns)
		to_ns = f->to_ns;
	if (!f->phases.nr || to_ns <= from_ns)
		return common_ns(from_ns, to_ns, 0, UINT64_MAX);
	phase = phase_before(f, from_ns);
	for (phase = phase ? phase : f->phases.data;
	     phase < f->phases.data + f->phases.nr && phase->from_ns < to_ns; phase++)
		sum += common_ns(from_ns, to_ns, phase->from_ns, phase->to_ns);
	return sum;
}

void pk_filter_hull(const struct pk_filter *f, uint64_t *from_ns, uint64_t *to_ns)
{
	uint64_t from = *from_ns > f->from_ns ? *from_ns : f->from_ns;
	uint64_t to = *to_ns < f->to_ns ? *to_ns : f->to_ns;
	const struct pk_phase *phase;

	*from_ns = *to_ns = from;
	if (!f->phases.nr || to <= from) {
		*to_ns = to > from ? to : from;
		return;
	}
	phase = phase_before(f, from);
	for (phase = phase ? phase : f->phases.data;
	     phase < f->phases.data + f->phases.nr && phase->from_ns < to; phase++) {
		if (!common_ns(from, to, phase->from_ns, phase->to_ns))
			continue;
		if (*to_ns == *from_ns && phase->from_ns > from)
			*from_ns = phase->from_ns;
		*to_ns = phase->to_ns < to ? phase->to_ns : to;
	}
	if (*to_ns < *from_ns)
		*to_ns = *from_ns;
}

uint64_t pk_filter_wall_ns(const struct pk_filter *f, const struct pk_profile *p)
{
	return pk_filter_clip_ns(f, p->start_ns, p->end_ns);
}
